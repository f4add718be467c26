"""The parent of several processes, with small programs in stratum's place."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.stratum.forks import forks_wanted
from tests.servers import wait_until
from tests.servers.process import ServerProcess
from tests.stratum_work import ROOT

FORKS = 3

PARENT = f"""
import os, sys
from nompcore.logs import configure_logs
from services.stratum.forks import run_forks

configure_logs("info")
sys.exit(run_forks({FORKS}, os.environ, replica="here", metrics_port=int(sys.argv[1]), command=sys.argv[2:]))
"""

# Says that it runs, and ends as the directory tells it.
CHILD = """
import json, os, signal, sys
from pathlib import Path

here, fork = Path(sys.argv[1]), os.environ["NOMP_FORK"]

def code(name):
    path = here / f"{name}-{fork}"
    return int(path.read_text()) if path.exists() else None

def leave(*_):
    sys.exit(code("code-at-signal") or 0)

if code("ignore-signals"):
    leave = signal.SIG_IGN
if not code("without-handlers"):
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
facts = {"fork": fork, "pid": os.getpid(), "session": os.getsid(0), "environ": dict(os.environ)}
Path(here, "new").mkdir(exist_ok=True)
Path(here, "new", fork).write_text(json.dumps(facts))
Path(here, "new", fork).rename(here / f"{os.getpid()}.json")
if code("code-at-start") is not None:
    sys.exit(code("code-at-start"))
while True:
    signal.pause()
"""


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass(slots=True)
class Family:
    """The parent and what its children said."""

    directory: Path
    parent: ServerProcess

    def children(self) -> list[dict[str, Any]]:
        """All that ever started, in the order of their numbers."""
        facts = [json.loads(path.read_text()) for path in self.directory.glob("*.json")]
        return sorted(facts, key=lambda child: int(child["fork"]))

    def living(self) -> list[dict[str, Any]]:
        """Those that run."""
        return [child for child in self.children() if is_alive(child["pid"])]

    def tell(self, fork: int, what: str, code: int) -> None:
        """Says to a child what to do, before it starts."""
        (self.directory / f"{what}-{fork}").write_text(str(code))

    async def start(self) -> None:
        """Starts the parent and waits for all children."""
        self.parent.start()
        await wait_until(lambda: len(self.living()) == FORKS, what="all run")

    def logged(self, message: str) -> list[dict[str, Any]]:
        """The parent's log lines with this message."""
        lines = [json.loads(line) for line in self.parent.log_path.read_text().splitlines()]
        return [line for line in lines if line["message"] == message]


Raise = Callable[..., Family]


@pytest.fixture
async def family(tmp_path: Path) -> AsyncIterator[Raise]:
    """A parent that is not started yet; nobody is left after the test."""
    families = []

    def make(metrics_port: int = 9000, **environ: str) -> Family:
        (tmp_path / "child.py").write_text(CHILD)
        child = (sys.executable, str(tmp_path / "child.py"), str(tmp_path))
        command = [sys.executable, "-c", PARENT, str(metrics_port), *child]
        path = os.pathsep.join((str(ROOT / "libs"), str(ROOT)))
        parent = ServerProcess(command, tmp_path / "log", {**os.environ, "PYTHONPATH": path, **environ})
        families.append(Family(tmp_path, parent))
        return families[-1]

    yield make
    for made in families:
        await made.parent.kill()
        for child in made.living():
            with suppress(ProcessLookupError):
                os.kill(child["pid"], signal.SIGKILL)


def of_all(family: Family, variable: str) -> list[str | None]:
    return [child["environ"].get(variable) for child in family.children()]


async def test_each_child_has_a_number_a_name_and_a_metrics_port(family: Raise) -> None:
    some = family(NATS_URL="nats://there", METRICS_PORT_FILE="/port", NOMP_REPLICA_FILE="/replica")
    await some.start()

    assert of_all(some, "NOMP_FORK") == ["1", "2", "3"]
    assert of_all(some, "NOMP_REPLICA") == ["here-1", "here-2", "here-3"]
    assert of_all(some, "METRICS_PORT") == ["9000", "9100", "9200"]
    assert of_all(some, "NATS_URL") == ["nats://there"] * FORKS
    assert of_all(some, "METRICS_PORT_FILE") == of_all(some, "NOMP_REPLICA_FILE") == [None] * FORKS
    assert len({child["session"] for child in some.children()}) == FORKS  # Ctrl-C reaches the parent alone


async def test_without_metrics_no_child_has_any(family: Raise) -> None:
    some = family(metrics_port=0)
    await some.start()

    assert of_all(some, "METRICS_PORT") == ["0"] * FORKS


async def test_a_child_that_dies_is_started_again_and_the_others_stay(family: Raise) -> None:
    some = family()
    await some.start()
    first, second, third = some.children()

    os.kill(second["pid"], signal.SIGKILL)
    await wait_until(lambda: len(some.children()) == FORKS + 1, what="there is another")

    new = next(child for child in some.living() if child not in (first, second, third))
    assert new["environ"] == second["environ"]
    assert first in some.living()
    assert third in some.living()
    (line,) = some.logged("process died")
    assert (line["fork"], line["exit_code"], line["restarts"]) == ("2", 128 + signal.SIGKILL, 1)


async def test_a_child_that_ends_unasked_is_started_again_and_again(family: Raise) -> None:
    some = family()
    some.tell(1, "code-at-start", 0)
    some.parent.start()

    await wait_until(lambda: len(some.logged("process died")) == 2, what="it ended twice")

    assert [line["restarts"] for line in some.logged("process died")] == [1, 2]
    assert some.parent.running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_all(family: Raise, number: signal.Signals) -> None:
    some = family()
    await some.start()

    some.parent.send(number)

    assert await some.parent.wait() == 0
    assert some.living() == []
    assert some.logged("process died") == []


async def test_a_child_that_has_no_handlers_yet_ends_as_asked(family: Raise) -> None:
    some = family()
    some.tell(2, "without-handlers", 1)
    await some.start()

    some.parent.send(signal.SIGTERM)

    assert await some.parent.wait() == 0


async def test_the_exit_code_is_that_of_the_child_that_failed(family: Raise) -> None:
    some = family()
    some.tell(3, "code-at-signal", 7)
    await some.start()

    some.parent.send(signal.SIGTERM)

    assert await some.parent.wait() == 7


async def test_a_child_without_usable_configuration_ends_all(family: Raise) -> None:
    some = family()
    some.tell(2, "code-at-start", 2)
    some.parent.start()

    assert await some.parent.wait() == 2
    assert some.living() == []


async def test_a_second_signal_kills(family: Raise) -> None:
    some = family()
    some.tell(1, "ignore-signals", 1)
    await some.start()
    some.parent.send(signal.SIGTERM)
    await wait_until(lambda: len(some.living()) == 1, what="the others left")

    some.parent.send(signal.SIGTERM)

    assert await some.parent.wait() == 128 + signal.SIGKILL
    assert some.living() == []


async def test_no_child_outlives_its_parent(family: Raise) -> None:
    some = family()
    some.tell(1, "ignore-signals", 1)
    await some.start()

    await some.parent.kill()

    await wait_until(lambda: some.living() == [], what="all are gone")


async def test_a_program_that_cannot_be_started_is_tried_again(family: Raise) -> None:
    some = family()
    some.parent.command[4:] = ["/nowhere"]
    some.parent.start()

    await wait_until(lambda: len(some.logged("process died")) > FORKS, what="there was a second try")
    some.parent.send(signal.SIGTERM)

    assert await some.parent.wait() == 0
    assert "No such file" in some.logged("process cannot be started")[0]["error"]


def test_zero_forks_means_one_for_each_usable_core() -> None:
    assert forks_wanted(3) == 3
    assert forks_wanted(0) == len(os.sched_getaffinity(0))
