"""Asks the daemon whether it would take the block of a template, once for each shape (BIP 23 proposals).

A refusal is what would otherwise be noticed when a block is found, and lost. The job is not published then;
the last good one stays, and the operator is told.
"""

from __future__ import annotations

import asyncio
import logging

from nompcore.coin import Coin
from nompcore.errors import DaemonError, DaemonRefused, TemplateError
from services.jobmaker.daemon_watch import WatchedDaemon
from services.jobmaker.metrics import TEMPLATE_REFUSED, TEMPLATES_CHECKED
from services.jobmaker.proposal import Shape, proposed_block
from services.jobmaker.publication import Draft

log = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
"""A daemon judges a full block within seconds."""

_TIP_MOVED = ("inconclusive-not-best-prevblk", "duplicate", "duplicate-inconclusive")
"""Answers that are about the chain, not about the block: nothing is learnt of the shape."""


class TemplateRefused(TemplateError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The daemon would refuse the block of this template."""


class TemplateCheck:
    """One pool's. `refusal` is empty while the newest template asked about was good."""

    def __init__(self, pool: str, coin: Coin) -> None:
        self.refusal = ""
        self._pool = pool
        self._coin = coin
        self._accepted: set[tuple[str, int, Shape]] = set()  # daemon, its acquaintance, shape

    def knows(self, daemon: WatchedDaemon, draft: Draft) -> bool:
        """Whether the daemon took a block of this shape since it was last away."""
        return (daemon.name, daemon.acquaintance, draft.shape) in self._accepted

    async def require(self, daemon: WatchedDaemon, draft: Draft) -> None:
        """Returns if the daemon takes such blocks, or cannot say. Raises TemplateRefused if it would not."""
        if self.knows(daemon, draft) or not draft.template.can_propose:
            return
        try:
            word = await self._propose(daemon, draft)
        except DaemonError as error:
            self._tell("unanswered", self.refusal)
            log.warning("no answer to a proposed block", extra={"daemon": daemon.name, "detail": str(error)})
            return
        if word is None:
            self._accepted.add((daemon.name, daemon.acquaintance, draft.shape))
            self._tell("accepted", "")
        elif word in _TIP_MOVED:
            self._tell("tip-moved", self.refusal)
        else:
            self._tell("refused", word)
            facts = {"daemon": daemon.name, "answer": word, "height": draft.job.height}
            log.critical("the daemon would refuse our blocks, the last good job stays", extra=facts)
            raise TemplateRefused(f"{daemon.name} would refuse this block: {word}")

    async def _propose(self, daemon: WatchedDaemon, draft: Draft) -> str | None:
        """The daemon's word against the block, None if it has none. Raises DaemonError without an answer."""
        block = await asyncio.to_thread(proposed_block, draft.job, draft.body, self._coin)
        request = {"mode": "proposal", "data": block.hex()}
        try:
            answer = await daemon.daemon.call("getblocktemplate", request, timeout_seconds=CHECK_SECONDS)
        except DaemonRefused as refused:
            return str(refused)
        return None if answer is None else str(answer)

    def _tell(self, result: str, refusal: str) -> None:
        TEMPLATES_CHECKED.labels(self._pool, result).inc()
        self.refusal = refusal
        TEMPLATE_REFUSED.labels(self._pool).set(bool(refusal))
