"""A block template as a daemon gave it: its tip is read at once, its transactions when they are needed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from nompcore.config.pool import PoolConfig
from nompcore.encoding import stratum_prevhash_hex
from nompcore.template import Template, parse_bare_template, parse_template, read_answer
from services.jobmaker.decision import Work


@dataclass(frozen=True, slots=True)
class Offer:
    """`head` is the template without its transactions: it says where the work stands, and no more."""

    daemon: str
    head: Template
    answer: Mapping[str, Any]
    pool: PoolConfig

    @property
    def work(self) -> Work:
        """What the decision needs to know, but for the transactions."""
        return Work(stratum_prevhash_hex(self.head.prevhash_display), self.head.height, b"", self.daemon)

    @property
    def transaction_count(self) -> int:
        """How many there are to decode."""
        return len(self.answer.get("transactions") or ())

    def bare(self) -> Template | None:
        """The work with an empty block, where that can be told. Raises TemplateError."""
        coin = self.pool.coin
        return parse_bare_template(self.answer, coin.networks[self.pool.network], coin.payees)

    async def whole(self) -> Template:
        """All of it. Raises TemplateError."""
        coin = self.pool.coin
        # 2 ms for 4,000 transactions, but there are chains with larger blocks: other pools need not wait.
        return await asyncio.to_thread(
            parse_template, self.answer, coin.networks[self.pool.network], coin.payees
        )


def read_offer(daemon: str, fields: Mapping[str, msgspec.Raw], pool: PoolConfig) -> Offer:
    """A getblocktemplate answer, as far as its head is concerned. Raises TemplateError."""
    answer = read_answer(fields)
    network = pool.coin.networks[pool.network]
    head = parse_template({**answer, "transactions": []}, network, pool.coin.payees)
    return Offer(daemon, head, answer, pool)
