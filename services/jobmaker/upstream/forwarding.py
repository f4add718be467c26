"""Our miners' shares to the upstream pool, each acknowledged to the bus when it has been answered."""

from __future__ import annotations

import logging
from collections.abc import Callable

from nompcore.coinbase import ExtranonceSizes
from nompcore.upstream import UpstreamShare
from nompcore.upstream_job import upstream_extranonce2
from services.jobmaker.upstream.job_book import JobBook, UpstreamJob
from services.jobmaker.upstream.link import UpstreamLink
from services.jobmaker.upstream.metrics import BLOCKS, SHARES
from services.jobmaker.upstream.tally import Fate, UpstreamTally, fate_of

log = logging.getLogger(__name__)


class Forwarding:
    """Of one pool. `source` is the upstream pool that the work comes from now."""

    def __init__(
        self,
        pool: str,
        extranonces: ExtranonceSizes,
        book: JobBook,
        tally: UpstreamTally,
        source: Callable[[], UpstreamLink | None],
    ) -> None:
        self._pool = pool
        self._extranonces = extranonces
        self._book = book
        self._tally = tally
        self._source = source

    async def handle(self, share: UpstreamShare) -> None:
        """Returns when the share's fate is known, or cannot be known any more. A share comes again where
        this process died meanwhile; if the upstream pool had it, it says that it is a duplicate."""
        job, link = self._book.find(share.job_id), self._source()
        if job is None or link is None:
            self._count(share, Fate.STALE, "the job is gone")
            return
        if share.is_block:
            self._tell_of_block(share)
        answer = await link.submit(submission(job, self._extranonces, share))
        fate = fate_of(answer)
        self._count(share, fate, answer.error if answer is not None else "no answer", job.terms.difficulty)

    def _tell_of_block(self, share: UpstreamShare) -> None:
        self._tally.blocks += 1
        BLOCKS.labels(self._pool).inc()
        log.info("upstream block found", extra={**_facts(share), "block": share.block_hash_display})

    def _count(self, share: UpstreamShare, fate: Fate, error: str, difficulty: float = 0.0) -> None:
        self._tally.count(fate, difficulty)
        SHARES.labels(self._pool, fate.value).inc()
        level = logging.DEBUG if fate is Fate.ACCEPTED else logging.WARNING
        log.log(
            level, "share for the upstream pool", extra={**_facts(share), "fate": fate.value, "error": error}
        )


def submission(job: UpstreamJob, extranonces: ExtranonceSizes, share: UpstreamShare) -> list[str]:
    """The parameters of mining.submit after the user."""
    extranonce2_hex = upstream_extranonce2(
        job.terms, extranonces, share.extranonce1_hex, share.extranonce2_hex
    )
    rolled = [share.version_bits_hex] if share.version_bits_hex else []
    return [job.upstream_job_id, extranonce2_hex, share.ntime_hex, share.nonce_hex, *rolled]


def _facts(share: UpstreamShare) -> dict[str, object]:
    return {"pool": share.pool, "worker": share.worker, "job_id": share.job_id}
