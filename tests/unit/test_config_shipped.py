"""The files people start from load: those in deploy/ and NOMP's examples. The page about them is current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import json5

from nompcore.config import load_config
from nompcore.config.reference import main, renewed
from tests.unit.config_dir import COINS_DIR, REGTEST_ADDRESS, problems_of

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = ROOT / "docs" / "configuration.md"

ENVIRON = {
    "NOMP_BLOCKNOTIFY_PASSWORD": "one",
    "LITECOIN_POOL_ADDRESS": REGTEST_ADDRESS,
    "LITECOIN_RPC_PASSWORD": "two",
}

SEED_VARDIFF = {"minDiff": 8, "maxDiff": 512, "targetTime": 15, "retargetTime": 90, "variancePercent": 30}
SEED_PROXY_VARDIFF = {**SEED_VARDIFF, "minDiff": 16}
SEED_REDIS = {"host": "localhost", "port": 6379}

# the keys and values of the three examples in NOMP's first README
SEED_PORTAL: dict[str, Any] = {
    "logLevel": "debug",
    "clustering": {"enabled": True, "forks": "auto"},
    "website": {
        "enabled": True,
        "port": 80,
        "stratumHost": "cryppit.com",
        "stats": {
            "updateInterval": 15,
            "historicalRetention": 43200,
            "hashrateWindow": 300,
            "redis": SEED_REDIS,
        },
        "adminCenter": {"enabled": True, "password": "password"},
    },
    "blockNotifyListener": {"enabled": True, "port": 8117, "password": "test"},
    "coinSwitchListener": {"enabled": False, "port": 8118, "password": "test"},
    "proxy": {
        "sha256": {"enabled": False, "port": "3333", "diff": 10, "varDiff": SEED_PROXY_VARDIFF},
        "scrypt": {"enabled": False, "port": "4444", "diff": 10, "varDiff": SEED_PROXY_VARDIFF},
        "scrypt-n": {"enabled": False, "port": "5555"},
    },
}
SEED_COIN: dict[str, Any] = {
    "name": "Litecoin",
    "symbol": "ltc",
    "algorithm": "scrypt",
    "txMessages": False,
    "mposDiffMultiplier": 256,
}
SEED_DAEMON = {"host": "localhost", "port": 19332, "user": "litecoinrpc", "password": "testnet"}
SEED_POOL: dict[str, Any] = {
    "enabled": True,
    "coin": "litecoin.json",
    "address": "mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJc",
    "blockRefreshInterval": 1000,
    "txRefreshInterval": 20000,
    "jobRebroadcastTimeout": 55,
    "instanceId": 37,
    "connectionTimeout": 600,
    "emitInvalidBlockHashes": False,
    "shareVariancePercent": 10,
    "shareProcessing": {
        "internal": {
            "enabled": True,
            "validateWorkerAddress": True,
            "paymentInterval": 30,
            "minimumPayment": 0.001,
            "minimumReserve": 10,
            "feePercent": 0.02,
            "feeCollectAccount": "feesCollected",
            "feeReceiveAddress": "LZz44iyF4zLCXJTU8RxztyyJZBntdS6fvv",
            "feeWithdrawalThreshold": 5,
            "daemon": SEED_DAEMON,
            "redis": SEED_REDIS,
        },
        "mpos": {
            "enabled": False,
            "host": "localhost",
            "port": 3306,
            "user": "me",
            "password": "mypass",
            "database": "ltc",
            "stratumAuth": "password",
        },
    },
    "banning": {
        "enabled": True,
        "time": 600,
        "invalidPercent": 50,
        "checkThreshold": 500,
        "purgeInterval": 300,
    },
    "ports": {"3032": {"diff": 32, "varDiff": SEED_VARDIFF}, "3256": {"diff": 256}},
    "daemons": [SEED_DAEMON, {**SEED_DAEMON, "port": 19344}],
    "p2p": {
        "enabled": False,
        "host": "localhost",
        "port": 19333,
        "magic": "fcc1b7dc",
        "protocolVersion": 70002,
    },
}


def write_seed(directory: Path, **replaced: str) -> None:
    """The README's examples; each text in `replaced` for the README's, as an operator would edit them."""
    coin = {**SEED_COIN, "networks": json5.loads((COINS_DIR / "litecoin.json").read_text())["networks"]}
    (directory / "pool_configs").mkdir()
    (directory / "coins").mkdir()
    (directory / "coins" / "litecoin.json").write_text(json.dumps(coin))
    files = {"config.json": SEED_PORTAL, "pool_configs/litecoin.json": SEED_POOL}
    for name, tree in files.items():
        text = json.dumps(tree)
        for old, new in replaced.items():
            text = text.replace(f'"{old}"', f'"{new}"')
        (directory / name).write_text(text)


def test_the_examples_of_the_readme_load_once_passwords_and_addresses_are_ones_own(tmp_path: Path) -> None:
    write_seed(
        tmp_path,
        testnet="own",
        test="own",
        mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJc="LZz44iyF4zLCXJTU8RxztyyJZBntdS6fvv",
    )
    text = (tmp_path / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"password": "password"', '"password": ""'))
    portal = load_config(tmp_path, tmp_path / "coins", {})
    assert portal.pools["litecoin"].ports[3032].diff == 32
    assert [warning.path for warning in portal.warnings] == [
        "website.port",
        "website.stats.redis",
        "website.adminCenter",
        "shareProcessing.internal.feeCollectAccount",
        "shareProcessing.internal.redis",
        "instanceId",
    ]


def test_the_examples_of_the_readme_are_refused_only_for_passwords_and_the_testnet_address(
    tmp_path: Path,
) -> None:
    write_seed(tmp_path)
    lines = problems_of(tmp_path, {}, tmp_path / "coins")
    assert [line.split(": ")[1] for line in lines] == [
        "address",
        "website.adminCenter.password",
        "blockNotifyListener.password",
        "daemons[0].password",
        "daemons[1].password",
        "shareProcessing.internal.daemon.password",
    ]


def test_the_shipped_files_load_without_a_warning() -> None:
    portal = load_config(DEPLOY, COINS_DIR, ENVIRON)
    pool = portal.pools["litecoin"]
    assert portal.warnings == ()
    assert list(portal.pools) == ["litecoin"]
    assert (pool.network, sorted(pool.ports), pool.tcp_proxy_protocol) == ("regtest", [3032, 3256], False)
    assert [(daemon.host, daemon.port) for daemon in pool.daemons] == [
        ("127.0.0.1", 19443),
        ("127.0.0.1", 19444),
    ]
    assert pool.payments is not None
    assert (pool.payments.daemon.wallet, pool.payments.fee_ppm) == ("pool", 10_000)
    assert pool.payments.minimum_payment_sats == 100_000


def test_the_environment_moves_the_shipped_pool() -> None:
    moved = {
        "STRATUM_PORT": "13032",
        "STRATUM_VARDIFF_PORT": "13256",
        "LITECOIN_RPC_HOST": "litecoind",
        "LITECOIN_BACKUP_RPC_PORT": "1",
        "NOMP_TCP_PROXY_PROTOCOL": "true",
        "NOMP_MINER_IPS": "hidden",
        "NOMP_BLOCKNOTIFY_PORT": "2",
    }
    portal = load_config(DEPLOY, COINS_DIR, {**ENVIRON, **moved})
    pool = portal.pools["litecoin"]
    assert (sorted(pool.ports), pool.tcp_proxy_protocol) == ([13032, 13256], True)
    assert [(daemon.host, daemon.port) for daemon in pool.daemons] == [("litecoind", 19443), ("127.0.0.1", 1)]
    assert portal.website.miner_ips == "hidden"
    assert portal.block_notify is not None
    assert portal.block_notify.port == 2


def test_the_shipped_bitcoin_pool_loads_once_it_is_enabled(tmp_path: Path) -> None:
    (tmp_path / "pool_configs").mkdir()
    (tmp_path / "config.json").write_text((DEPLOY / "config.json").read_text())
    text = (DEPLOY / "pool_configs" / "bitcoin.json").read_text()
    (tmp_path / "pool_configs" / "bitcoin.json").write_text(
        text.replace('"enabled": false', '"enabled": true', 1)
    )
    address = "1KRotMnQpxu3sePQnsVLRy3EraRFYfJQFR"
    donation = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"  # an example of BIP173
    environ = {**ENVIRON, "BITCOIN_POOL_ADDRESS": address, "BITCOIN_DONATION_ADDRESS": donation}
    pool = load_config(tmp_path, COINS_DIR, environ).pools["bitcoin"]
    assert pool.daemons[0].cookie_file == Path("/var/lib/bitcoind/.cookie")
    assert [recipient.ppm for recipient in pool.reward_recipients] == [5000]


def test_the_page_on_configuration_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page)


def test_a_stale_page_is_renewed_in_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- keys of pool_configs -->\nstale\n<!-- end -->\nafter\n")
    main(page)
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["before", "<!-- keys of pool_configs -->"]
    assert lines[-2:] == ["<!-- end -->", "after"]
    assert "stale" not in lines
    assert any(line.startswith("| `daemons[].cookieFile` | the path of a file |") for line in lines)


def test_the_page_names_every_key_of_both_readmes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    later = [
        "rewardRecipients",
        "paymentProcessing",
        "mposMode",
        "switching",
        "profitSwitch",
        "defaultPoolConfigs",
    ]
    for key in [*SEED_PORTAL, *SEED_POOL, *later]:
        assert f"| `{key}` |" in page
