"""Pages of blocks, payments, miners and workers: pure builders, with links to the other pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from nompcore.config import PoolConfig
from nompcore.requests import BlocksReply, MinerReply, PageRequest, PaymentsReply
from services.api.views import row_views
from services.api.views.miner_figures import payments_total
from services.api.views.models import Luck
from services.api.views.page_links import page_links
from services.api.views.page_models import (
    ActiveMiner,
    ActiveWorker,
    BlockPage,
    MinerPage,
    MinerPaymentPage,
    PaymentPage,
    WorkerPage,
)

R = TypeVar("R")


def block_page(
    reply: BlocksReply, page: PageRequest, pool: PoolConfig, luck: list[Luck], path: str
) -> BlockPage:
    """A page of blocks."""
    return BlockPage(
        total=reply.total,
        offset=page.offset,
        limit=page.limit,
        links=page_links(path, page, reply.total),
        luck=luck,
        blocks=[row_views.block(row, pool) for row in reply.blocks],
    )


def payment_page(reply: PaymentsReply, page: PageRequest, pool: PoolConfig, path: str) -> PaymentPage:
    """A page of payments."""
    return PaymentPage(
        total=reply.total,
        offset=page.offset,
        limit=page.limit,
        links=page_links(path, page, reply.total),
        payments=[row_views.payment(row, pool) for row in reply.payments],
    )


def miner_payment_page(reply: MinerReply, page: PageRequest, pool: PoolConfig, path: str) -> MinerPaymentPage:
    """A page of one miner's payments."""
    total = payments_total(reply)
    return MinerPaymentPage(
        total=total,
        offset=page.offset,
        limit=page.limit,
        links=page_links(path, page, total),
        payments=[row_views.miner_payment(part, pool) for part in reply.payments],
    )


def miner_page(miners: Sequence[ActiveMiner], page: PageRequest, path: str) -> MinerPage:
    """A page of the miners at work."""
    return MinerPage(
        total=len(miners),
        offset=page.offset,
        limit=page.limit,
        links=page_links(path, page, len(miners)),
        miners=_cut(miners, page),
    )


def worker_page(workers: Sequence[ActiveWorker], page: PageRequest, path: str) -> WorkerPage:
    """A page of the workers at work."""
    return WorkerPage(
        total=len(workers),
        offset=page.offset,
        limit=page.limit,
        links=page_links(path, page, len(workers)),
        workers=_cut(workers, page),
    )


def _cut(rows: Sequence[R], page: PageRequest) -> list[R]:
    return list(rows[page.offset : page.offset + page.limit])
