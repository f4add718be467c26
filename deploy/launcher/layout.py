"""Where the local pool lives and listens. Every port has a variable and a default."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Off the servers' usual ports, so that a machine that already runs NATS or Redis can run the pool as well.
DEFAULT_PORTS: Mapping[str, int] = {
    "API_PORT": 8080,
    "STRATUM_PORT": 3032,
    "STRATUM_VARDIFF_PORT": 3256,
    "NATS_PORT": 14222,
    "REDIS_PORT": 16380,
    "LITECOIN_RPC_PORT": 19443,
    "LITECOIN_P2P_PORT": 19445,
    "LITECOIN_BACKUP_RPC_PORT": 19444,
    "LITECOIN_BACKUP_P2P_PORT": 19446,
    "NOMP_BLOCKNOTIFY_PORT": 8117,
    "STRATUM_METRICS_PORT": 9101,
    "JOBMAKER_METRICS_PORT": 9102,
    "PAYOUTS_METRICS_PORT": 9103,
    "API_METRICS_PORT": 9104,
    "NOTIFIER_METRICS_PORT": 9105,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Directories and ports of one local pool."""

    home: Path
    ports: Mapping[str, int]
    demo_miner: bool

    @property
    def logs(self) -> Path:
        """One file per program."""
        return self.home / "log"

    @property
    def secrets(self) -> Path:
        """Passwords and what is derived from them, readable by the owner only."""
        return self.home / "secrets"

    @property
    def python(self) -> str:
        """The interpreter that runs the launcher, hence the one with everything installed."""
        return sys.executable

    def litecoin(self, node: str) -> Path:
        """Data directory of the coin daemon `main` or `backup`."""
        return self.home / "litecoin" / node


def read_layout(environ: Mapping[str, str]) -> Layout:
    """Read NOMP_HOME and the ports; raises ValueError naming the variable."""
    home = Path(environ.get("NOMP_HOME") or ROOT / "var").resolve()
    ports = {name: _port(environ, name) for name in DEFAULT_PORTS}
    return Layout(home=home, ports=ports, demo_miner=_switch(environ, "NOMP_DEMO_MINER"))


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name) or "on"
    if text not in {"on", "off"}:
        raise ValueError(f"{name}: expected on or off, found {text!r}")
    return text == "on"


def _port(environ: Mapping[str, str], name: str) -> int:
    text = environ.get(name) or str(DEFAULT_PORTS[name])
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{name}: expected a port from 1 to 65535, found {text!r}")
    return int(text)


def busy_ports(layout: Layout) -> list[str]:
    """Variables whose port is taken, or asked for twice."""
    taken = [f"{name}={port} is in use" for name, port in layout.ports.items() if not _is_free(port)]
    numbers = list(layout.ports.values())
    twice = [f"{name}={port} is set twice" for name, port in layout.ports.items() if numbers.count(port) > 1]
    return taken + twice


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
