"""What /api/v1 answers about a miner's past."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.api.views.models import Model

Rates = Annotated[
    list[float | None], Field(description="hashes per second in each step; null: nothing was noted")
]


class WorkerPast(Model):
    """One worker's past hashrates, in the same steps."""

    worker: str
    hashrate: Rates


class MinerPast(Model):
    """The past hashrates of a payout address, oldest first: a day at most, then they are forgotten."""

    step_seconds: int
    times: Annotated[list[datetime], Field(description="when each step began")]
    hashrate: Rates
    workers: Annotated[list[WorkerPast], Field(description="the 20 strongest, the strongest first")]
