"""Mistakes in what a configuration says: money, addresses, ports, logins. Each has one line of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config_dir import (
    MAIN_ADDRESS,
    OTHER_REGTEST_ADDRESS,
    POOL_FILE,
    PORTAL_FILE,
    REGTEST_ADDRESS,
    ConfigDir,
    problems_of,
)
from tests.unit.config_edits import INTERNAL, Edit, in_turn, pool, portal, second_pool, without

MONEY = {
    "a fee in percent": (
        pool(*INTERNAL, "feePercent", value=2),
        "pool_configs/litecoin.json: shareProcessing.internal.feePercent: "
        "expected a fraction from 0 to below 1 (0.02 means 2 percent), found 2",
    ),
    "a negative fee": (
        pool(*INTERNAL, "feePercent", value=-0.02),
        "pool_configs/litecoin.json: shareProcessing.internal.feePercent: "
        "expected a fraction from 0 to below 1 (0.02 means 2 percent), found -0.02",
    ),
    "a fee with too many decimals": (
        pool(*INTERNAL, "feePercent", value=0.0200001),
        "pool_configs/litecoin.json: shareProcessing.internal.feePercent: more than 6 decimals: 0.0200001",
    ),
    "a part of a satoshi": (
        pool(*INTERNAL, "minimumPayment", value=0.000000001),
        "pool_configs/litecoin.json: shareProcessing.internal.minimumPayment: more than 8 decimals: 1E-9",
    ),
    "a negative amount": (
        pool(*INTERNAL, "minimumReserve", value=-1),
        "pool_configs/litecoin.json: shareProcessing.internal.minimumReserve: "
        "expected an amount of coins, 0 or more, found -1",
    ),
    "recipients of everything": (
        pool("rewardRecipients", value={REGTEST_ADDRESS: 60, OTHER_REGTEST_ADDRESS: 40}),
        "pool_configs/litecoin.json: rewardRecipients: "
        "the percentages add up to 100 or more: nothing is left for the pool",
    ),
    "a recipient of 100 percent": (
        pool("rewardRecipients", value={REGTEST_ADDRESS: 100}),
        f"pool_configs/litecoin.json: rewardRecipients.{REGTEST_ADDRESS}: "
        "expected a percentage above 0 and below 100, found 100",
    ),
    "payments without a daemon": (
        without(POOL_FILE, *INTERNAL, "daemon"),
        "pool_configs/litecoin.json: shareProcessing.internal.daemon: "
        "required: the daemon whose wallet owns the pool's address",
    ),
}

COINS = {
    "an address of another network": (
        pool("address", value=MAIN_ADDRESS),
        f'pool_configs/litecoin.json: address: "{MAIN_ADDRESS}" is no Litecoin address of network regtest: '
        "the address is of another coin or network (version 48)",
    ),
    "a fee address with a slip": (
        pool(*INTERNAL, "feeReceiveAddress", value="mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJd"),
        "pool_configs/litecoin.json: shareProcessing.internal.feeReceiveAddress: "
        '"mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJd" is no Litecoin address of network regtest: '
        "the address has a wrong checksum",
    ),
    "a recipient of another coin": (
        pool("rewardRecipients", value={MAIN_ADDRESS: 1.5}),
        f"pool_configs/litecoin.json: rewardRecipients.{MAIN_ADDRESS}: "
        f'"{MAIN_ADDRESS}" is no Litecoin address of network regtest: '
        "the address is of another coin or network (version 48)",
    ),
    "a network that is none": (
        pool("network", value="signet"),
        'pool_configs/litecoin.json: network: expected "main", "test" or "regtest", found "signet"',
    ),
    "a coin file out of the directory": (
        pool("coin", value="../config.json"),
        "pool_configs/litecoin.json: coin: "
        'expected the name of a file in the coins directory, found "../config.json"',
    ),
    "two pools of one coin": (
        second_pool(coin="litecoin.json"),
        "pool_configs/second.json: coin: "
        "litecoin.json is already mined by pool_configs/litecoin.json: coin; a coin has one pool",
    ),
}

PORTS = {
    "a port of two pools": (
        second_pool(ports={"3032": {"diff": 8}}),
        "pool_configs/second.json: ports.3032: "
        "port 3032 is already used by pool_configs/litecoin.json: ports.3032",
    ),
    "a port of a pool and the listener": (
        portal("blockNotifyListener", "port", value=3256),
        "pool_configs/litecoin.json: ports.3256: "
        "port 3256 is already used by config.json: blockNotifyListener.port",
    ),
    "a port of a pool and a proxy": (
        portal("proxy", "scrypt", value={"enabled": True, "port": "3032"}),
        "pool_configs/litecoin.json: ports.3032: port 3032 is already used by config.json: proxy.scrypt.port",
    ),
    "a port of a pool and a switching port": (
        in_turn(
            without(PORTAL_FILE, "proxy"),
            portal("switching", value={"s": {"enabled": True, "algorithm": "scrypt", "ports": {"3032": {}}}}),
        ),
        "pool_configs/litecoin.json: ports.3032: "
        "port 3032 is already used by config.json: switching.s.ports.3032",
    ),
    "a port of both listeners": (
        portal("coinSwitchListener", value={"enabled": True, "port": 8117, "password": "own"}),
        "config.json: coinSwitchListener.port: "
        "port 8117 is already used by config.json: blockNotifyListener.port",
    ),
    "a port of a pool and the api": (
        lambda config: config.environ.update(API_PORT="3032"),
        "pool_configs/litecoin.json: ports.3032: port 3032 is already used by environment: API_PORT",
    ),
    "a port of a pool and the admin center": (
        lambda config: config.environ.update(ADMIN_PORT="3032"),
        "pool_configs/litecoin.json: ports.3032: port 3032 is already used by environment: ADMIN_PORT",
    ),
    "one port of the api and the admin center": (
        lambda config: config.environ.update(API_PORT="8080", ADMIN_PORT="8080"),
        "environment: ADMIN_PORT: port 8080 is already used by environment: API_PORT",
    ),
    "no port": (pool("ports", value={}), "pool_configs/litecoin.json: ports: at least one is required"),
    "limits in the wrong order": (
        pool("ports", "3032", "varDiff", value={"minDiff": 512, "maxDiff": 8}),
        "pool_configs/litecoin.json: ports.3032.varDiff: minDiff 512 is above maxDiff 8",
    ),
}

LOGINS = {
    "no daemon": (pool("daemons", value=[]), "pool_configs/litecoin.json: daemons: at least one is required"),
    "a daemon without login": (
        pool("daemons", 1, value={"port": 19344}),
        "pool_configs/litecoin.json: daemons[1]: needs user and password, or cookieFile",
    ),
    "a daemon with two logins": (
        pool("daemons", 1, "cookieFile", value="/tmp/.cookie"),
        "pool_configs/litecoin.json: daemons[1]: give either user and password or cookieFile, not both",
    ),
    "a user without password": (
        without(POOL_FILE, "daemons", 0, "password"),
        "pool_configs/litecoin.json: daemons[0].password: "
        'no password is set; give one, best as "${LITECOIN_RPC_PASSWORD}"',
    ),
    "the README's daemon password": (
        pool(*INTERNAL, "daemon", "password", value="testnet"),
        "pool_configs/litecoin.json: shareProcessing.internal.daemon.password: "
        'is an example password everybody knows; give your own, best as "${LITECOIN_RPC_PASSWORD}"',
    ),
    "the README's listener password": (
        portal("blockNotifyListener", "password", value="test"),
        "config.json: blockNotifyListener.password: "
        'is an example password everybody knows; give your own, best as "${NOMP_BLOCKNOTIFY_PASSWORD}"',
    ),
    "the README's switch password": (
        portal("coinSwitchListener", value={"enabled": True, "password": "test"}),
        "config.json: coinSwitchListener.password: "
        'is an example password everybody knows; give your own, best as "${NOMP_COINSWITCH_PASSWORD}"',
    ),
    "a password of the admin center": (
        portal("website", "adminCenter", "enabled", value=True),
        "config.json: website.adminCenter.password: "
        "passwords of the admin center stand in no file of the configuration; remove it, make a line with "
        "`python -m services.api.admin.password <name>` and give that as ADMIN_USERS or ADMIN_USERS_FILE",
    ),
    "the README's MPOS password": (
        in_turn(
            pool(*INTERNAL, "enabled", value=False),
            pool("shareProcessing", "mpos", "enabled", value=True),
            pool("shareProcessing", "mpos", "database", value="ltc"),
        ),
        "pool_configs/litecoin.json: shareProcessing.mpos.password: "
        'is an example password everybody knows; give your own, best as "${LITECOIN_MPOS_PASSWORD}"',
    ),
    "an empty listener password": (
        portal("blockNotifyListener", "password", value=""),
        "config.json: blockNotifyListener.password: "
        'no password is set; give one, best as "${NOMP_BLOCKNOTIFY_PASSWORD}"',
    ),
}

SPELLINGS = {
    "payments in both spellings": (
        pool("paymentProcessing", value={"enabled": False}),
        "pool_configs/litecoin.json: paymentProcessing: "
        "is another spelling of shareProcessing.internal; give only one of them",
    ),
    "MPOS in both spellings": (
        pool("mposMode", value={"enabled": False}),
        "pool_configs/litecoin.json: mposMode: "
        "is another spelling of shareProcessing.mpos; give only one of them",
    ),
    "address check in both spellings": (
        pool("validateWorkerUsername", value=True),
        "pool_configs/litecoin.json: validateWorkerUsername: "
        "is another spelling of shareProcessing.internal.validateWorkerAddress; give only one of them",
    ),
    "switching in both spellings": (
        portal("switching", value={"s": {"algorithm": "scrypt"}}),
        "config.json: switching: is another spelling of proxy; give only one of them",
    ),
}

CASES: dict[str, tuple[Edit, str]] = {**MONEY, **COINS, **PORTS, **LOGINS, **SPELLINGS}


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES.keys())
def test_one_mistake_gives_exactly_its_line(tmp_path: Path, edit: Edit, expected: str) -> None:
    config = ConfigDir()
    edit(config)
    config.write(tmp_path)
    assert problems_of(tmp_path, config.environ) == [expected]


def test_every_mistake_has_a_line_of_its_own() -> None:
    assert len({expected for _, expected in CASES.values()}) == len(CASES)
