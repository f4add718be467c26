"""Where a pool hears of new blocks: a node of the coin's network, and daemons that publish over ZMQ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nompcore.config import PoolConfig
from nompcore.config.pool import P2pConfig
from tests.unit.chain_samples import coin_data
from tests.unit.config_dir import COINS_DIR, POOL_FILE, PORTAL_FILE, ConfigDir, problems_of
from tests.unit.config_edits import Edit, in_turn, pool, portal

URL = 'expected a URL such as "tcp://127.0.0.1:28332" or "ipc:///path"'

P2P = {
    "no magic anywhere": (
        pool("p2p", value={"enabled": True}),
        "pool_configs/litecoin.json: p2p.magic: "
        "needed for p2p: add peerMagicRegtest to coins/litecoin.json, or magic here",
    ),
    "no magic anywhere, for all pools": (
        portal("defaultPoolConfigs", value={"p2p": {"enabled": True}}),
        "config.json: defaultPoolConfigs.p2p.magic: "
        "needed for p2p: add peerMagicRegtest to coins/litecoin.json, or magic here",
    ),
    "a magic that is too short": (
        pool("p2p", value={"enabled": True, "magic": "fabfb5"}),
        'pool_configs/litecoin.json: p2p.magic: expected 8 hex digits, found "fabfb5"',
    ),
    "a protocol version that does not fit": (
        pool("p2p", value={"enabled": True, "magic": "fabfb5da", "protocolVersion": 1 << 31}),
        "pool_configs/litecoin.json: p2p.protocolVersion: "
        "expected a whole number from 0 to 2147483647, found 2147483648",
    ),
}

ZMQ = {
    f"{url} as a publisher": (
        pool("daemons", 1, "zmq", value=url),
        f'pool_configs/litecoin.json: daemons[1].zmq: {URL}, found "{url}"',
    )
    for url in (
        "127.0.0.1:28332",
        "http://127.0.0.1:28332",
        "tcp://127.0.0.1",
        "tcp://*:28332",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
        "tcp://::1:28332",
        "tcp://a host:28332",
        "ipc://",
        "ipc://" + "x" * 108,
    )
}


def pool_of(directory: Path, *edits: Edit, coins_dir: Path = COINS_DIR) -> PoolConfig:
    config = ConfigDir()
    in_turn(*edits)(config)
    return config.load(directory, coins_dir).pools["litecoin"]


def coins_with(directory: Path, **magics: str) -> Path:
    """A directory with Litecoin, whose file has these keys of P2P and no others."""
    coins_dir = directory / "coins"
    coins_dir.mkdir()
    keys = {name: value for name, value in coin_data("litecoin.json").items() if "peerMagic" not in name}
    (coins_dir / "litecoin.json").write_text(json.dumps(keys | magics))
    return coins_dir


@pytest.mark.parametrize(("edit", "expected"), {**P2P, **ZMQ}.values(), ids={**P2P, **ZMQ}.keys())
def test_one_mistake_gives_exactly_its_line(tmp_path: Path, edit: Edit, expected: str) -> None:
    config = ConfigDir()
    edit(config)
    config.write(tmp_path)
    assert problems_of(tmp_path, config.environ, coins_with(tmp_path)) == [expected]


def test_nobody_is_listened_to_unless_told_so(tmp_path: Path) -> None:
    told_not_to = pool("p2p", value={"enabled": False, "magic": "fcc1b7dc", "protocolVersion": 70002})
    assert pool_of(tmp_path / "silent").p2p is None
    assert pool_of(tmp_path / "off", told_not_to).p2p is None
    assert [daemon.zmq for daemon in pool_of(tmp_path / "silent").daemons] == [None, None]


def test_what_the_pool_says_comes_before_the_coin_file_and_the_daemon(tmp_path: Path) -> None:
    section = {
        "enabled": True,
        "host": "node.example",
        "port": 9333,
        "magic": "FABFB5DA",
        "protocolVersion": "70002",
        "disableTransactions": False,
    }
    coins_dir = coins_with(tmp_path, peerMagicRegtest="00000001")
    assert pool_of(tmp_path, pool("p2p", value=section), coins_dir=coins_dir).p2p == P2pConfig(
        host="node.example",
        port=9333,
        magic=bytes.fromhex("fabfb5da"),
        protocol_version=70002,
        disable_transactions=False,
    )


def test_the_coin_file_says_what_messages_of_the_network_begin_with(tmp_path: Path) -> None:
    coins_dir = coins_with(tmp_path, peerMagic="00000001", peerMagicRegtest="00000003")
    on_regtest = pool_of(tmp_path, pool("p2p", value={"enabled": True}), coins_dir=coins_dir)
    assert on_regtest.p2p == P2pConfig(host="127.0.0.1", port=19333, magic=bytes.fromhex("00000003"))


def test_a_pool_may_say_less_than_all_pools(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "defaultPoolConfigs", value={"p2p": {"enabled": True}})
    config.put(POOL_FILE, "p2p", value={"enabled": False})
    assert config.load(tmp_path).pools["litecoin"].p2p is None


@pytest.mark.parametrize(
    "url",
    [
        "tcp://127.0.0.1:28332",
        "tcp://litecoind:1",
        "tcp://[::1]:65535",
        "ipc:///run/litecoind/blocks.sock",
        "ipc://" + "x" * 107,
    ],
)
def test_a_daemon_may_publish_its_blocks(tmp_path: Path, url: str) -> None:
    daemons = pool_of(tmp_path, pool("daemons", 0, "zmq", value=url)).daemons
    assert [daemon.zmq for daemon in daemons] == [url, None]
