"""Each way in which a daemon can fail is a state of its own, in log and metric, until the daemon recovers."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from nompcore.address import script_for
from nompcore.config import PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonError
from services.jobmaker.daemon_states import STATES
from services.jobmaker.daemon_watch import WatchedDaemon
from tests.counted import counted
from tests.servers import SimCoind
from tests.servers.relay_daemon import Answer, HttpAnswer, RelayDaemon
from tests.servers.scripted_daemon import Refusal
from tests.service.pool_stage import LITECOIN, pool_config, simulated_chain

WATCH_LOGGER = "services.jobmaker.daemon_watch"
Break = Callable[["Patient"], Awaitable[None]]


class Patient:
    """A watched daemon: a simulated one behind a relay, each of which can be made to fail."""

    def __init__(self, sim: SimCoind, relay: RelayDaemon, watched: WatchedDaemon, pool: str) -> None:
        self.sim, self.relay, self.watched = sim, relay, watched
        self._pool = pool

    @property
    def state(self) -> str:
        """As the watch has it; the metric says the same."""
        metric = [each for each in STATES if self._measured(each)]
        assert metric == [self.watched.state.state]
        return self.watched.state.state

    async def give_work(self) -> None:
        """What the watcher asks for; a failure is a state."""
        with contextlib.suppress(DaemonError):
            await (await self.watched.offer()).whole()

    async def recover(self) -> None:
        """The daemon behaves again."""
        self.relay.answers.clear()
        await self.sim.set_fault("none")

    def _measured(self, state: str) -> bool:
        labels = {"pool": self._pool, "daemon": self.watched.name, "state": state}
        return counted("nomp_jobmaker_daemon_state", **labels) == 1


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Patient]:
    """In health, and not looked at yet."""
    async with (
        simulated_chain(tmp_path / "sim") as sim,
        RelayDaemon(sim.config()).serving() as relay,
        Daemon(relay.config) as client,
    ):
        pool = pool_config(relay.config, await sim.call("getnewaddress"))
        yield Patient(sim, relay, watch(client, pool), pool.name)


def watch(client: Daemon, pool: PoolConfig) -> WatchedDaemon:
    """Not looked at yet."""
    script = script_for(pool.address, LITECOIN.networks["regtest"])
    return WatchedDaemon(client, pool, script, lambda: None)


def fault(kind: str) -> Break:
    """One of simcoind's."""

    async def begin(patient: Patient) -> None:
        await patient.sim.set_fault(kind)

    return begin


def every_answer(answer: object) -> Break:
    """Something else than JSON-RPC, whatever is asked."""

    async def begin(patient: Patient) -> None:
        for method in ("getblockchaininfo", "getbestblockhash", "getblocktemplate"):
            patient.relay.answers[method] = always(answer)

    return begin


def always(answer: object) -> Answer:
    """An answer, or an error, whatever is asked."""

    async def respond(_params: list[Any]) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return respond


async def another_network(patient: Patient) -> None:
    """A daemon of the main network at the same address: its tip is another one."""
    patient.relay.answers["getbestblockhash"] = always("ee" * 32)
    patient.relay.answers["getblockchaininfo"] = always(
        {"chain": "main", "blocks": 1, "bestblockhash": "ee" * 32}
    )


FAILURES = [
    pytest.param(every_answer(HttpAnswer(503, b"Work queue depth exceeded")), "http-fault", id="http-fault"),
    pytest.param(every_answer(HttpAnswer(200, b"<html>login</html>")), "garbled", id="a-web-page"),
    pytest.param(every_answer(HttpAnswer(200, b'{"result": {"chain": "reg')), "garbled", id="cut-short"),
    pytest.param(every_answer(HttpAnswer(200, b"[1]")), "garbled", id="no-json-rpc"),
    pytest.param(every_answer(ConnectionAbortedError()), "unreachable", id="hangs-up"),
    pytest.param(every_answer(HttpAnswer(401)), "unauthorized", id="401"),
    pytest.param(every_answer(HttpAnswer(403)), "unauthorized", id="403"),
    pytest.param(every_answer(Refusal(-1, "I will not")), "refused", id="refused"),
    pytest.param(fault("syncing"), "syncing", id="syncing"),
    pytest.param(fault("nopeers"), "no-peers", id="no-peers"),
    pytest.param(fault("warmup"), "warming-up", id="warming-up"),
]


@pytest.mark.parametrize(("fail", "state"), FAILURES)
async def test_a_daemon_that_fails_when_it_is_met_recovers_later(
    patient: Patient, caplog: pytest.LogCaptureFixture, fail: Break, state: str
) -> None:
    caplog.set_level(logging.INFO, WATCH_LOGGER)
    await fail(patient)
    await patient.watched.look()
    assert patient.state == state
    assert not patient.watched.is_able
    assert patient.watched.state.detail

    await patient.recover()
    await patient.watched.look()

    assert patient.state == "ok"
    assert logged_states(caplog) == [(logging.WARNING, state), (logging.INFO, "ok")]


@pytest.mark.parametrize(("fail", "state"), [*FAILURES, pytest.param(another_network, "wrong-network")])
async def test_a_daemon_that_fails_while_it_gives_work_recovers_later(
    patient: Patient, caplog: pytest.LogCaptureFixture, fail: Break, state: str
) -> None:
    caplog.set_level(logging.INFO, WATCH_LOGGER)
    await patient.watched.look()
    assert patient.state == "ok"

    await fail(patient)
    await patient.watched.look()
    await patient.give_work()
    await patient.watched.look()  # still the same, and not told again
    assert patient.state == state
    await patient.recover()
    await patient.watched.look()

    assert patient.state == "ok"
    assert logged_states(caplog) == [(logging.INFO, "ok"), (logging.WARNING, state), (logging.INFO, "ok")]


async def test_a_daemon_that_hangs_is_silent(
    patient: Patient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Daemon.call.__kwdefaults__ is not None
    monkeypatch.setitem(Daemon.call.__kwdefaults__, "timeout_seconds", 0.3)  # not fifteen
    patient.sim.freeze()
    await patient.watched.look()
    assert patient.state == "silent"

    patient.sim.thaw()
    monkeypatch.undo()
    await patient.watched.look()

    assert patient.state == "ok"
    assert logged_states(caplog)[0] == (logging.WARNING, "silent")


async def test_a_daemon_that_is_gone_is_unreachable(patient: Patient) -> None:
    async with patient.sim.daemon() as client:
        watched = watch(client, pool_config(patient.sim.config(), await patient.sim.call("getnewaddress")))
        await watched.look()
        assert watched.state.state == "ok"

        await patient.sim.stop()
        await watched.look()
        assert watched.state.state == "unreachable"
        await patient.sim.start()
        await watched.look()

        assert watched.state.state == "ok"


def logged_states(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """Level and state of each change that was told."""
    changes = [record for record in caplog.records if record.message == "daemon state changed"]
    return [(record.levelno, vars(record)["state"]) for record in changes]
