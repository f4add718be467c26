"""haproxy before stratum replicas of a test, set up as `deploy/haproxy.cfg` says.

Miners should come from `MINERS_IP`, and it goes to the replicas from `BALANCER_IP`: so no connection can have
the port as its own that a replica is about to open again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from deploy.launcher.haproxy import find_haproxy
from tests.servers.process import ServerProcess, accepts, free_port

SHIPPED = Path(__file__).parents[2] / "deploy" / "haproxy.cfg"

BALANCER_IP, MINERS_IP = "127.0.0.2", "127.0.0.3"  # all of 127/8 is loopback on Linux


class HAProxy:
    """One listening port before the replicas' ports on loopback."""

    def __init__(self, directory: Path, backends: Sequence[int]) -> None:
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        self._config = directory / "haproxy.cfg"
        self._config.write_text(configuration(SHIPPED.read_text(), self.port, backends))
        command = [find_haproxy() or "haproxy", "-db", "-f", str(self._config)]
        self._process = ServerProcess(command, directory / "haproxy.log")

    async def start(self) -> None:
        """Starts it and waits until it accepts connections."""
        self._process.start()
        await self._process.answers(lambda: accepts(self.port))

    async def stop(self) -> None:
        """Ends it with all its connections."""
        await self._process.stop()

    @property
    def servers_down(self) -> int:
        """Replicas that get no miners because their checks fail."""
        changes = re.findall(r"Server stratum/\S+ is (UP|DOWN)", self.output)
        return changes.count("DOWN") - changes.count("UP")

    @property
    def output(self) -> str:
        """What it printed so far: a server that is down or up again, connections as they end."""
        return self._process.log_path.read_text(errors="replace")


def configuration(shipped: str, port: int, backends: Sequence[int]) -> str:
    """The shipped door and its defaults on `port`, with ports on loopback for what the DNS would find."""
    sections = {text.partition("\n")[0]: text for text in re.split(r"\n(?=[a-z])", shipped)}
    names = ("global", "defaults", "frontend stratum", "backend stratum")
    door = "\n".join(sections[name] for name in names)
    door = _replaced(r"bind :3032\n", f"bind 127.0.0.1:{port}\n", door)
    options = rf"\g<1> source {BALANCER_IP}"
    servers = [
        f"    server replica{number} 127.0.0.1:{one}{options}\n" for number, one in enumerate(backends)
    ]
    return _replaced(r" *server-template .* resolvers docker init-addr none(.*)\n", "".join(servers), door)


def _replaced(pattern: str, replacement: str, text: str) -> str:
    replaced, count = re.subn(pattern, replacement, text)
    assert count == 1, f"deploy/haproxy.cfg says {pattern!r} {count} times"
    return replaced
