"""A program of ours as a child process that is forked from one in which everything is imported already.

Imports are most of the processor time of a process that lives for seconds. The child has a process id, an
environment, a command line and an exit code of its own, and dies of kill -9, as one started by `python -m`;
how that starts, the tests of whole pools see (tests/e2e, tests/chaos).
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.servers.process import ServerProcess

IMPORTED = ["services.payouts.__main__", "services.payouts.nomp_import.__main__", "services.payouts.rebuild"]
"""Beforehand; any other program would be imported by each child."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, *IMPORTED])


class ForkedProcess(ServerProcess):
    """`python -m module words…` in `environment`; what it prints goes to `log_path`, errors to `errors_path`
    where that is another file."""

    def __init__(
        self, module: str, words: Sequence[str], log_path: Path, environment: Mapping[str, str],
        errors_path: Path | None = None,
    ) -> None:  # fmt: skip
        super().__init__([sys.executable, "-m", module, *words], log_path, environment)
        self._files = (str(log_path), str(errors_path or log_path))

    def start(self) -> None:
        """Starts the process; it need not answer yet."""
        arguments = (self.command, self._files, dict(self._environment or {}))
        process = _context.Process(target=_become, args=arguments, daemon=True)
        process.start()
        self._process = _Child(process)  # type: ignore[assignment]


class _Child:
    """What `ServerProcess` does with a `subprocess.Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid
        self.pid, self._process = process.pid, process

    def poll(self) -> int | None:
        """The exit code, of a process that has ended."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Nothing is sent to what has ended: its number may be another's."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code once it has ended; subprocess.TimeoutExpired if that takes longer."""
        self._process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code


def _become(command: list[str], files: tuple[str, str], environment: dict[str, str]) -> None:
    """Run the program in this process."""
    for target, path in zip((1, 2), files, strict=True):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    python, _, module, *words = command
    sys.orig_argv = [python, "-m", module, *words]  # with which a service begins anew
    sys.argv = [module, *words]
    for name in (module, f"{module}.__main__"):
        if not hasattr(sys.modules.get(name), "__path__"):
            sys.modules.pop(name, None)  # it is run, not imported
    runpy.run_module(module, run_name="__main__", alter_sys=True)
