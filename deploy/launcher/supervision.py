"""supervisord as a child process, and its XML-RPC interface over a Unix socket."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import xmlrpc.client
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from deploy.launcher.layout import Layout
from deploy.launcher.supervisor_conf import socket_path

START_SECONDS = 20.0
# Longer than the longest `stop_seconds` of a program (litecoind writes its chain), for several in a row.
STOP_SECONDS = 150.0


class Supervisor:
    """A running supervisord. Its own session keeps the terminal's Ctrl-C away from it and its programs."""

    def __init__(self, layout: Layout, conf: Path) -> None:
        self._socket = socket_path(layout)
        self._socket.unlink(missing_ok=True)
        command = [layout.python, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(conf)]
        self._process = subprocess.Popen(command, start_new_session=True, env=dict(os.environ))

    def wait_until_up(self) -> None:
        """Block until the control socket answers; RuntimeError when supervisord ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError("supervisord did not start; see supervisord.log")
            if self._socket.exists():
                return
            time.sleep(0.05)
        raise RuntimeError("supervisord did not open its control socket")

    def start(self, name: str) -> None:
        """Start one program without waiting for it."""
        with self._rpc() as rpc:
            rpc.supervisor.startProcess(name, False)

    def reread(self) -> None:
        """Add programs that the configuration file has gained since the start."""
        with self._rpc() as rpc:
            added, _changed, _removed = cast(Any, rpc.supervisor.reloadConfig())[0]
            for name in added:
                rpc.supervisor.addProcessGroup(name)

    @property
    def ended(self) -> bool:
        """True when supervisord itself is gone."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Stop every program, services before servers, then supervisord itself."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _rpc(self) -> Any:  # the proxy answers any attribute
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
