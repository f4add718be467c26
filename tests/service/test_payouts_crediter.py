"""PPS's own reading of the share log: what was cut is told, a lost or new log is credited once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from nompcore.bus import Bus
from nompcore.messages import Share
from nompcore.subjects import SHARE_BATCH, SHARES
from services.payouts import metrics
from services.payouts.counting.groups import OWN
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.rounds.crediter import RESERVE_EMPTY, Crediter
from services.payouts.rounds.scheme_history import SchemeHistory
from services.payouts.schemes.pps import Pps
from tests.servers import NatsServer, wait_until
from tests.unit.payouts_samples import POOL, START_MS, share, share_batch, sqlite_ledger

Connect = Callable[..., Awaitable[Bus]]

PPS = SchemeHistory(by_group={OWN: ((0, Pps()),)})
EACH = 1000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = sqlite_ledger(tmp_path)
    deposit(opened, 10**9)
    yield opened
    opened.close()


def deposit(ledger: Ledger, sats: int) -> None:
    reference = str(time.monotonic_ns())
    ledger.reserve.deposit_reserve(POOL, sats=sats, reference=reference, now_ms=START_MS)


def crediter(bus: Bus, ledger: Ledger) -> Crediter:
    return Crediter(bus, ledger, POOL, history=PPS, fee_ppm=0)


def worth_each(second: int) -> Share:
    return share("a", 1, reward_sats=100 * EACH, network_difficulty=100, time_ms=START_MS + second * 1000)


async def publish(bus: Bus, *seconds: int) -> None:
    for second in seconds:
        await bus.publish(SHARE_BATCH, share_batch([worth_each(second)]), pool=POOL)


def credited_shares(ledger: Ledger) -> float:
    return -ledger.balances(POOL).get(accounts.miner("a"), 0) / EACH


def gaps() -> float:
    return float(metrics.LOG_GAPS.labels(POOL)._value.get())


async def test_each_share_is_credited_once_however_often_it_is_looked(
    connect_bus: Connect, ledger: Ledger
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, 1, 2, 3)
    for _ in range(2):
        await crediter(payouts, ledger).run_once()
    await publish(stratum, 4)
    await crediter(payouts, ledger).run_once()
    assert credited_shares(ledger) == 4


async def test_shares_that_left_the_log_are_told(
    connect_bus: Connect, ledger: Ledger, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, 1)
    await crediter(payouts, ledger).run_once()
    await publish(stratum, 2, 3, 4)
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream(SHARES.name, keep=2)
    before = gaps()
    await crediter(payouts, ledger).run_once()
    assert credited_shares(ledger) == 3
    assert gaps() == before + 1


@pytest.mark.parametrize("shares", [1, 5])
async def test_a_new_log_is_credited_from_its_beginning(
    connect_bus: Connect, ledger: Ledger, nats_server: NatsServer, shares: int
) -> None:
    """Also where it is longer already than the one that was lost."""
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, 1, 2, 3)
    await crediter(payouts, ledger).run_once()

    await nats_server.kill()
    nats_server.wipe()
    await nats_server.start()
    await wait_until(lambda: stratum.connected and payouts.connected)
    await stratum.ensure()
    await publish(stratum, *range(10, 10 + shares))
    await crediter(payouts, ledger).run_once()

    assert credited_shares(ledger) == 3 + shares


async def test_the_state_says_that_the_reserve_is_empty_and_that_it_is_not(
    connect_bus: Connect, tmp_path: Path
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    (tmp_path / "poor").mkdir()
    ledger = sqlite_ledger(tmp_path / "poor")
    deposit(ledger, EACH)
    await publish(stratum, 1, 2)
    crediting = crediter(payouts, ledger)
    await crediting.run_once()
    assert (crediting.state, credited_shares(ledger)) == (RESERVE_EMPTY, 1)
    assert metrics.CREDITING_STOPPED.labels(POOL)._value.get() == 1
    deposit(ledger, EACH)
    await crediting.run_once()
    assert (crediting.state, credited_shares(ledger)) == ("", 2)
    assert metrics.CREDITING_STOPPED.labels(POOL)._value.get() == 0
    ledger.close()
