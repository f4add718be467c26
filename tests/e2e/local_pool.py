"""A whole local pool under test: the launcher of `make run` in its own directory, on free ports."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from supervisor.xmlrpc import SupervisorTransport

from deploy.launcher.layout import DEFAULT_PORTS, ROOT
from tests.servers.process import free_port

T = TypeVar("T")

READY_SECONDS = 120.0
STOP_SECONDS = 150.0


def wait_until(question: Callable[[], T], seconds: float, what: str) -> T:
    """Ask until the answer is truthy; AssertionError naming `what` when time is up."""
    deadline = time.monotonic() + seconds
    pause = threading.Event().wait  # an event nobody sets
    while True:
        with contextlib.suppress(urllib.error.URLError, OSError, httpx.HTTPError):
            answer = question()
            if answer:
                return answer
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for: {what}"
        pause(0.1)


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, none twice."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return sorted(ports)


class LocalPool:
    """`make run` in a directory of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.ports = dict(zip(DEFAULT_PORTS, free_ports(len(DEFAULT_PORTS)), strict=True))
        self._environment = {**os.environ, **environment, "NOMP_HOME": str(home)}
        self._environment |= {name: str(port) for name, port in self.ports.items()}
        self._process: subprocess.Popen[str] | None = None
        self.announcement = ""  # what it said once it was running

    def start(self) -> None:
        """Start it and wait until it says that it is running."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.launcher"],
            cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        deadline = time.monotonic() + READY_SECONDS
        lines: list[str] = []
        for line in self._process.stdout:
            lines.append(line)
            if "Ctrl-C stops everything" in line:
                self.announcement = "".join(lines)
                return
            assert time.monotonic() < deadline, "".join(lines)
        raise AssertionError("the launcher ended: " + "".join(lines) + self.log_tails())

    def stop(self) -> int:
        """Ctrl-C, as the terminal sends it; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(STOP_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def close(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process is not None:
            self.stop()
        for process in self.processes():
            process.kill()

    def processes(self) -> list[psutil.Process]:
        """Every process that works in this pool's directory."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid != os.getpid() and process.environ().get("NOMP_HOME") == str(self.home):
                    found.append(process)
        return found

    def get(self, path: str) -> Any:
        """A JSON answer of the API."""
        return (
            httpx.get(f"http://127.0.0.1:{self.ports['API_PORT']}{path}", timeout=5).raise_for_status().json()
        )

    def rpc(self, method: str, *params: object, port: str = "LITECOIN_RPC_PORT") -> Any:
        """Ask the coin daemon, as litecoin-cli would."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.ports[port]}/",
            content=json.dumps({"id": 1, "method": method, "params": params}),
            auth=("nomp", self.secret("litecoin_rpc")),
            timeout=20,
        ).json()
        assert answer["error"] is None, answer["error"]
        return answer["result"]

    def secret(self, name: str) -> str:
        """A secret of this pool."""
        return (self.home / "secrets" / name).read_text().strip()

    def kill(self, program: str) -> None:
        """kill -9 one program; supervisord starts it again."""
        with self._supervisor() as supervisor:
            pid = supervisor.supervisor.getProcessInfo(program)["pid"]
        os.kill(pid, signal.SIGKILL)

    def stop_program(self, program: str) -> None:
        """Stop one program for good."""
        with self._supervisor() as supervisor:
            supervisor.supervisor.stopProcess(program)

    def start_program(self, program: str) -> None:
        """Start a stopped program again."""
        with self._supervisor() as supervisor:
            supervisor.supervisor.startProcess(program, False)

    def log_tails(self, lines: int = 15) -> str:
        """The last lines of every log, for a failure's message."""
        tails = [
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
            for log in sorted((self.home / "log").glob("*.log"))
        ]
        return "\n".join(tails)

    def _supervisor(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.home}/run/supervisor.sock")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


@contextlib.contextmanager
def local_pool(**environment: str) -> Iterator[LocalPool]:
    """A started pool in a short directory (a Unix socket's path must stay below 108 bytes)."""
    home = Path(tempfile.mkdtemp(prefix="nomp-"))
    pool = LocalPool(home, **environment)
    try:
        pool.start()
        yield pool
    finally:
        pool.close()
        shutil.rmtree(home, ignore_errors=True)
