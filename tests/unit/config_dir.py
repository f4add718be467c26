"""A configuration directory that is in order, for tests to spoil in one place each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nompcore.address import encode_base58check, encode_segwit
from nompcore.config import ConfigInvalid, PortalConfig, load_config

COINS_DIR = Path(__file__).parents[2] / "coins"

# 20 arbitrary bytes in place of a public key's hash
REGTEST_ADDRESS = encode_segwit("rltc", 0, bytes(range(20)))
OTHER_REGTEST_ADDRESS = encode_base58check(111, bytes(range(20)))
MAIN_ADDRESS = encode_base58check(48, bytes(range(20)))

DAEMON = {"host": "localhost", "port": 19332, "user": "litecoinrpc", "password": "a password of our own"}

PORTAL: dict[str, Any] = {
    "logLevel": "debug",
    "website": {
        "enabled": True,
        "stratumHost": "pool.example",
        "stats": {"updateInterval": 15, "historicalRetention": 43200, "hashrateWindow": 300},
        "adminCenter": {"enabled": False, "password": "password"},
    },
    "blockNotifyListener": {"enabled": True, "port": 8117, "password": "secret of the listener"},
    "coinSwitchListener": {"enabled": False, "port": 8118, "password": "test"},
    "proxy": {
        "scrypt": {"enabled": False, "port": "4444", "diff": 16, "varDiff": {"minDiff": 16, "maxDiff": 512}}
    },
}

POOL: dict[str, Any] = {
    "enabled": True,
    "coin": "litecoin.json",
    "network": "regtest",
    "address": REGTEST_ADDRESS,
    "blockRefreshInterval": 1000,
    "txRefreshInterval": 20000,
    "jobRebroadcastTimeout": 55,
    "connectionTimeout": 600,
    "shareVariancePercent": 10,
    "shareProcessing": {
        "internal": {
            "enabled": True,
            "validateWorkerAddress": True,
            "paymentInterval": 30,
            "minimumPayment": 0.001,
            "minimumReserve": 10,
            "feePercent": 0.02,
            "feeReceiveAddress": OTHER_REGTEST_ADDRESS,
            "feeWithdrawalThreshold": 5,
            "daemon": DAEMON,
        },
        "mpos": {"enabled": False, "host": "localhost", "port": 3306, "user": "me", "password": "mypass"},
    },
    "ports": {
        "3032": {
            "diff": 32,
            "varDiff": {
                "minDiff": 8,
                "maxDiff": 512,
                "targetTime": 15,
                "retargetTime": 90,
                "variancePercent": 30,
            },
        },
        "3256": {"diff": 256},
    },
    "daemons": [DAEMON, {**DAEMON, "port": 19344}],
}

PORTAL_FILE = "config.json"
POOL_FILE = "pool_configs/litecoin.json"


def _copy(tree: dict[str, Any]) -> Any:
    """A copy in which nothing is shared, not even what the original has in two places."""
    return json.loads(json.dumps(tree))


class ConfigDir:
    """The files of a configuration as trees, or as text where a test wants to spoil the syntax."""

    def __init__(self) -> None:
        self.files: dict[str, Any] = {PORTAL_FILE: _copy(PORTAL), POOL_FILE: _copy(POOL)}
        self.environ: dict[str, str] = {}

    def put(self, file: str, *steps: str | int, value: Any) -> None:
        """Sets the value at a key path."""
        self._parent(file, steps)[steps[-1]] = value

    def drop(self, file: str, *steps: str | int) -> None:
        """Removes the value at a key path."""
        del self._parent(file, steps)[steps[-1]]

    def write(self, directory: Path) -> None:
        """Puts the files on disk."""
        (directory / "pool_configs").mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (directory / name).write_text(text, encoding="utf-8")

    def load(self, directory: Path, coins_dir: Path = COINS_DIR) -> PortalConfig:
        """What services would get."""
        self.write(directory)
        return load_config(directory, coins_dir, self.environ)

    def _parent(self, file: str, steps: tuple[str | int, ...]) -> Any:
        parent = self.files[file]
        for step in steps[:-1]:
            parent = parent[step]
        return parent


def problems_of(directory: Path, environ: Mapping[str, str], coins_dir: Path = COINS_DIR) -> list[str]:
    """The lines an operator sees; none where the configuration is in order."""
    try:
        load_config(directory, coins_dir, environ)
    except ConfigInvalid as error:
        return [str(problem) for problem in error.problems]
    return []
