"""A miner's past as the API tells it and as its charts draw it."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nompcore.requests import MinerHistoryReply, WorkerHistory
from services.api.site.miner_charts import DRAWN_WORKERS, miner_charts
from services.api.views.miner_history import miner_past
from tests.unit import api_samples as samples

RATES = st.lists(st.none() | st.floats(min_value=0, max_value=1e21), max_size=9)


@given(curve=RATES, workers=st.integers(0, 9))
def test_every_column_has_a_value_for_each_step(curve: list[float | None], workers: int) -> None:
    reply = MinerHistoryReply(
        step_seconds=600,
        first_ms=samples.NOW_MS,
        hashrates=curve,
        workers=[WorkerHistory(worker=f"a.{number}", hashrates=curve) for number in range(workers)],
    )
    steps = len(curve)
    past, charts = miner_past(reply), miner_charts(reply)
    assert len(past.times) == len(past.hashrate) == steps
    assert {len(column) for column in charts["hashrate"]} == {steps}
    assert {len(column) for column in charts["rigs"]} == {steps}
    drawn = min(workers, DRAWN_WORKERS)
    assert len(charts["names"]["rigs"]) == len(charts["rigs"]) - 1 == drawn


def test_times_are_the_beginnings_of_the_steps() -> None:
    reply = samples.miner_history_reply()
    begun = [time.timestamp() for time in miner_past(reply).times]
    assert begun == miner_charts(reply)["hashrate"][0] == [1_763_998_200, 1_763_998_800, 1_763_999_400]


def test_a_worker_without_a_name_has_a_dash() -> None:
    one = WorkerHistory(worker=samples.ADDRESS, hashrates=[None, 1.0, 2.0])
    reply = msgspec.structs.replace(samples.miner_history_reply(), workers=[one])
    assert miner_charts(reply)["names"]["rigs"] == ["\N{EN DASH}"]
