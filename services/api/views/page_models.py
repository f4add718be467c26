"""Pages of lists that /api/v1 answers: each says how many rows there are and where the other pages are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.api.views.models import Block, Luck, MinerPayment, Model, Payment


class Links(Model):
    """Other pages of the same list, as paths on this host; null where there is none."""

    self: str
    first: str
    previous: str | None
    next: str | None
    last: str


class Page(Model):
    """Base of every page."""

    total: Annotated[int, Field(description="rows of the whole list")]
    offset: int
    limit: int
    links: Links


class BlockPage(Page):
    """A page of blocks, newest first."""

    luck: Annotated[list[Luck], Field(description="over the last 16 and 64 blocks")]
    blocks: list[Block]


class PaymentPage(Page):
    """A page of payments, newest first."""

    payments: list[Payment]


class MinerPaymentPage(Page):
    """A page of a miner's payments, newest first."""

    payments: list[MinerPayment]


class ActiveMiner(Model):
    """A payout address at work."""

    address: Annotated[str, Field(description="as miners log in: any text up to the first dot")]
    hashrate: float
    hashrate_text: str
    workers: int
    valid: int
    invalid: int
    round_difficulty: Annotated[float, Field(description="credited in the current round")]


class MinerPage(Page):
    """A page of the miners at work, the strongest first."""

    miners: list[ActiveMiner]


class ActiveWorker(Model):
    """A worker of the pool; names are chosen by miners and may be any text."""

    worker: str
    hashrate: float
    hashrate_text: str
    valid: int
    invalid: int
    round_difficulty: Annotated[float, Field(description="credited in the current round")]


class WorkerPage(Page):
    """A page of the workers at work, the strongest first."""

    workers: list[ActiveWorker]


class MinerFigures(Model):
    """A miner's figures as its live feed pushes them."""

    address: str
    hashrate: float
    hashrate_text: str
    workers: list[ActiveWorker]
