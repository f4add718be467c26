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

CHECK_SECONDS = 5.0
"""A daemon judges a full block in less than one; work waits no longer for one that does not answer."""

_TIP_MOVED = ("inconclusive-not-best-prevblk", "duplicate", "duplicate-inconclusive")
"""Answers that are about the chain, not about the block: nothing is learnt of the shape."""


_Key = tuple[str, int, Shape]
"""A daemon, its acquaintance, and what was asked about."""


class TemplateRefused(TemplateError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The daemon would refuse the block of this template."""


class TemplateCheck:
    """One pool's. `refusal` is empty while the newest template with an answer about its block was good."""

    def __init__(self, pool: str, coin: Coin) -> None:
        self.refusal = ""
        self._pool = pool
        self._coin = coin
        self._accepted: set[_Key] = set()
        self._useless: set[_Key] = set()  # refused, and not needed
        self._become("")

    def knows(self, daemon: WatchedDaemon, draft: Draft) -> bool:
        """Whether the daemon took a block of this shape since it was last away."""
        return _key(daemon, draft) in self._accepted

    async def require(self, daemon: WatchedDaemon, draft: Draft) -> None:
        """Returns if the daemon takes such blocks, or cannot say. Raises TemplateRefused if it would not."""
        word = await self._ask(daemon, draft)
        if word:
            TEMPLATES_CHECKED.labels(self._pool, "refused").inc()
            self._become(word)
            facts = {"daemon": daemon.name, "answer": word, "height": draft.job.height}
            log.critical("the daemon would refuse our blocks, the last good job stays", extra=facts)
            raise TemplateRefused(f"{daemon.name} would refuse this block: {word}")
        if self.knows(daemon, draft):
            self._become("")

    async def learn(self, daemon: WatchedDaemon, draft: Draft) -> None:
        """Ask about a block that can be done without: one that is refused is not asked about again."""
        if _key(daemon, draft) in self._useless:
            return
        word = await self._ask(daemon, draft)
        if word:
            self._useless = _known_now(self._useless, daemon) | {_key(daemon, draft)}
            TEMPLATES_CHECKED.labels(self._pool, "refused").inc()
            log.warning("the daemon takes no such blocks", extra={"daemon": daemon.name, "answer": word})

    async def _ask(self, daemon: WatchedDaemon, draft: Draft) -> str:
        """The daemon's word against the block; empty where it has none, or none that is about the block."""
        if self.knows(daemon, draft) or not draft.template.can_propose:
            return ""
        try:
            word = await self._propose(daemon, draft)
        except DaemonError as error:
            TEMPLATES_CHECKED.labels(self._pool, "unanswered").inc()
            log.warning("no answer to a proposed block", extra={"daemon": daemon.name, "detail": str(error)})
            return ""
        if word is None:
            self._accepted = _known_now(self._accepted, daemon) | {_key(daemon, draft)}
            TEMPLATES_CHECKED.labels(self._pool, "accepted").inc()
            return ""
        if word in _TIP_MOVED:
            TEMPLATES_CHECKED.labels(self._pool, "tip-moved").inc()
            return ""
        return word

    async def _propose(self, daemon: WatchedDaemon, draft: Draft) -> str | None:
        """The daemon's word against the block, None if it has none. Raises DaemonError without an answer."""
        block = await asyncio.to_thread(proposed_block, draft.job, draft.body, self._coin)
        request = {"mode": "proposal", "data": block.hex()}
        try:
            answer = await daemon.daemon.call("getblocktemplate", request, timeout_seconds=CHECK_SECONDS)
        except DaemonRefused as refused:
            return str(refused)
        return None if answer is None else str(answer)

    def _become(self, refusal: str) -> None:
        self.refusal = refusal
        TEMPLATE_REFUSED.labels(self._pool).set(bool(refusal))


def _known_now(keys: set[_Key], daemon: WatchedDaemon) -> set[_Key]:
    """Without what was learnt of the daemon before it was last away."""
    return {key for key in keys if key[0] != daemon.name or key[1] == daemon.acquaintance}


def _key(daemon: WatchedDaemon, draft: Draft) -> _Key:
    return daemon.name, daemon.acquaintance, draft.shape
