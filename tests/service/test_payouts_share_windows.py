"""Weights out of a real share log: over many chunks, among other pools' messages, where the log was cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from nompcore.bus import Bus
from nompcore.messages import Share
from nompcore.subjects import SHARE_BATCH, SHARES
from nompcore.target import WORK_PER_DIFFICULTY as ONE
from services.payouts import metrics
from services.payouts.counting.groups import POOL_ONLY
from services.payouts.counting.tally_batch import Candidate, Mark, fold
from services.payouts.ledger.round_rows import Round
from services.payouts.rounds.share_windows import CHUNK_SEQUENCES, ShareWindows
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.score import Score
from tests.servers import NatsServer
from tests.unit.payouts_samples import POOL, START_MS, block_hash, share, share_batch, stored

Connect = Callable[..., Awaitable[Bus]]

WINDOW = Pplns(1_000_000)


async def publish(bus: Bus, *shares: Share, pool: str = POOL) -> int:
    """One message; its sequence."""
    return await bus.publish(SHARE_BATCH, share_batch(shares, pool=pool), pool=pool)


async def publish_many(bus: Bus, messages: Sequence[Share]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for each in messages:
            tasks.create_task(publish(bus, each))


def found(number: int, **changes: float) -> Share:
    return share("finder", 1, block=block_hash(number), **changes)  # type: ignore[arg-type]


def candidate_at(sequence: int, found_share: Share) -> Candidate:
    (part,) = fold(stored(share_batch([found_share]), first=sequence)).parts
    assert part.candidate is not None
    return part.candidate


def short_windows() -> float:
    return float(metrics.WINDOWS_SHORT.labels(POOL)._value.get())


async def test_a_window_is_exact_over_chunks_and_other_pools(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    await publish(stratum, share("out", 50))
    await publish(stratum, share("border", 50))
    await publish_many(stratum, [share("a", 1)] * CHUNK_SEQUENCES)
    for _ in range(5):
        await publish(stratum, share("stranger", 1), pool="another")
    await publish_many(stratum, [share("b", 1)] * CHUNK_SEQUENCES)
    last = found(1, network_difficulty=2 * CHUNK_SEQUENCES + 11)
    sequence = await publish(stratum, last)
    await publish(stratum, share("after", 1))

    windows = ShareWindows(payouts, POOL)
    weights = await windows.weights(candidate_at(sequence, last), Round(WINDOW), POOL_ONLY)

    assert weights == {
        "finder": ONE, "a": CHUNK_SEQUENCES * ONE, "b": CHUNK_SEQUENCES * ONE, "border": 10 * ONE,
    }  # fmt: skip


async def test_a_round_is_read_back_to_where_it_began(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    began = await publish(stratum, share("before", 1), found(1), share("a", 2))
    last = found(2)
    sequence = await publish(stratum, share("b", 3), last, share("after", 1))

    decided = Round(Score(300), began=Mark(block_hash(1), began, START_MS))
    weights = await ShareWindows(payouts, POOL).weights(candidate_at(sequence, last), decided, POOL_ONLY)

    assert weights == {"a": 2 * ONE, "b": 3 * ONE, "finder": ONE}


async def test_what_left_the_log_is_told_and_not_invented(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    for _ in range(6):
        await publish(stratum, share("a", 1))
    last = found(1, network_difficulty=100)
    sequence = await publish(stratum, last)
    await purge(nats_server, keep=4)
    before = short_windows()

    windows = ShareWindows(payouts, POOL)
    weights = await windows.weights(candidate_at(sequence, last), Round(WINDOW), POOL_ONLY, cut_before=4)

    assert weights == {"a": 3 * ONE, "finder": ONE}
    assert short_windows() == before + 1


async def test_a_young_pool_among_others_misses_nothing(connect_bus: Connect) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    for _ in range(CHUNK_SEQUENCES + 5):
        await publish(stratum, share("stranger", 1), pool="another")
    await payouts.cut(SHARE_BATCH, "another", 9)
    await publish(stratum, share("a", 2))
    last = found(1, network_difficulty=100)
    sequence = await publish(stratum, last)
    for _ in range(CHUNK_SEQUENCES):
        await publish(stratum, share("stranger", 1), pool="another")
    before = short_windows()

    windows = ShareWindows(payouts, POOL)
    weights = await windows.weights(candidate_at(sequence, last), Round(WINDOW), POOL_ONLY)

    assert weights == {"a": 2 * ONE, "finder": ONE}
    assert short_windows() == before


async def test_a_candidate_that_left_the_log_has_no_weights(
    connect_bus: Connect, nats_server: NatsServer
) -> None:
    stratum, payouts = await connect_bus("stratum"), await connect_bus("payouts")
    last = found(1, network_difficulty=100)
    sequence = await publish(stratum, last)
    await publish(stratum, share("a", 1))
    windows, before = ShareWindows(payouts, POOL), short_windows()
    elsewhere = [
        candidate_at(sequence + 1, last),
        candidate_at(sequence + 700, last),
    ]  # as in a log NATS lost

    answers = [await windows.weights(each, Round(WINDOW), POOL_ONLY) for each in elsewhere]
    await purge(nats_server, keep=1)
    answers.append(await windows.weights(candidate_at(sequence, last), Round(WINDOW), POOL_ONLY))

    assert answers == [None, None, None]
    assert short_windows() == before + 3


async def purge(nats_server: NatsServer, *, keep: int) -> None:
    """What the log's age limit does."""
    async with nats_server.operator() as client:
        await client.jetstream().purge_stream(SHARES.name, keep=keep)
