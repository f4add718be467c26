"""`nomp reload` at processes of a service of a few lines: what it asks, prints, and exits with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from deploy.operator.__main__ import FINE, WRONG, main
from nompcore.bus import Bus
from nompcore.control import ReloadOrder
from nompcore.subjects import ADMIN_ACTION, API, RELOAD, RELOAD_KEY
from tests.service.test_service_lifecycle import LifecycleService

OTHER_HOST = {"website": {"stratumHost": "b.example"}}
WRONG_FILE = {"logLevel": "loud"}


class Terminal:
    """Where an operator types, with files of its own; `printed` is what the last command printed."""

    def __init__(self, directory: Path, nats_url: str, capture: pytest.CaptureFixture[str]) -> None:
        directory.mkdir()
        self.files = LifecycleService(directory, nats_url)
        self.printed = self.complaint = ""
        self._capture = capture

    async def nomp(self, *words: str) -> int:
        """The exit code."""
        environ = {**self.files.environment, "USER": "ann"}
        code = await asyncio.to_thread(main, list(words), environ)
        self.printed, self.complaint = self._capture.readouterr()
        return code


@pytest.fixture
def terminal(tmp_path: Path, nats_url: str, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path / "operator", nats_url, capsys)


@pytest.fixture
async def replicas(tmp_path: Path, nats_url: str) -> AsyncIterator[list[LifecycleService]]:
    made = []
    for name in ("a1", "a2"):
        (tmp_path / name).mkdir()
        made.append(LifecycleService(tmp_path / name, nats_url))
        made[-1].environment["NOMP_REPLICA"] = name
        made[-1].start("serve")
    try:
        for replica in made:
            await replica.serves()
        yield made
    finally:
        for replica in made:
            await replica.process.kill()


async def last_order(bus: Bus) -> ReloadOrder | None:
    return await bus.bucket(RELOAD).load(RELOAD_KEY, ReloadOrder)


def states(printed: str, replica: str) -> list[str]:
    """What was printed of a replica, in its order."""
    return [
        line.split(maxsplit=2)[2] for line in printed.splitlines() if line.startswith(f"api       {replica}")
    ]


async def test_each_replica_is_followed_until_it_runs_with_the_new_files(
    replicas: list[LifecycleService], terminal: Terminal, connect_bus: Callable[..., Awaitable[Bus]]
) -> None:
    terminal.files.write_portal(OTHER_HOST)
    for replica in replicas:
        replica.write_portal(OTHER_HOST)

    assert await terminal.nomp("reload") == FINE

    head, *_, last = terminal.printed.splitlines()
    assert head == "the files are in order; 2 processes have been asked"
    assert last == "2 current"
    for replica, name in zip(replicas, ("a1", "a2"), strict=True):
        told = states(terminal.printed, name)
        assert told[-2:] == ["restarts: website.stratum_host", "current"], terminal.printed
        assert len(replica.logged("restarting for its configuration")) == 1
    order = await last_order(await connect_bus(API))
    assert order is not None
    assert order.author.startswith("ann@")


async def test_a_replica_whose_own_files_are_wrong_is_told_of_and_written_down(
    replicas: list[LifecycleService], terminal: Terminal, connect_bus: Callable[..., Awaitable[Bus]]
) -> None:
    replicas[0].write_portal(WRONG_FILE)

    assert await terminal.nomp("reload") == WRONG
    assert states(terminal.printed, "a1") == ["wrong"]
    assert "          config.json:" in terminal.printed
    assert terminal.printed.endswith("WRONG: api a1 goes on as it was\n")
    replicas[0].write_portal({"logLevel": "debug"})
    assert await terminal.nomp("reload", "--json") == FINE

    told = json.loads(terminal.printed)
    assert {one["replica"]: one["state"] for one in told["answers"]} == {"a1": "applied", "a2": "current"}
    assert (told["silent"], told["problems"]) == ([], [])
    bus = await connect_bus(API)
    lines = [one.message for one in await bus.stretch(ADMIN_ACTION, "", 0)]
    assert [(one.who, one.action, one.outcome) for one in lines] == [
        ("cli:ann", "reload", outcome) for outcome in ("asked", "refused", "asked", "done")
    ]


async def test_who_is_silent_is_not_waited_for_without_end(
    terminal: Terminal, connect_bus: Callable[..., Awaitable[Bus]]
) -> None:
    deaf = await connect_bus(API, replica="deaf")  # as one that hangs: it answers NATS, and nothing else

    assert await terminal.nomp("reload", "--dry-run") == FINE
    assert terminal.printed == "the files are in order; would be asked:\napi       deaf\n"
    assert await last_order(deaf) is None
    assert await terminal.nomp("reload", "--wait", "0.3") == WRONG
    assert terminal.printed.endswith("1 silent\nWRONG: api deaf did not answer\n")
    assert await last_order(deaf) is not None


async def test_nobody_is_asked_where_the_files_are_wrong_or_nobody_is_there(
    terminal: Terminal, connect_bus: Callable[..., Awaitable[Bus]]
) -> None:
    assert await terminal.nomp("reload") == WRONG
    assert "no process of the pool answers" in terminal.complaint
    bus = await connect_bus(API)
    terminal.files.write_portal(WRONG_FILE)

    for words in (["reload"], ["reload", "--dry-run"]):
        assert await terminal.nomp(*words) == WRONG
        assert "nothing was asked of any process, the files are wrong:" in terminal.complaint
        assert "logLevel" in terminal.complaint
    assert await last_order(bus) is None
