"""A found block: assembled, submitted to every daemon, its fate published, and only then acknowledged.

Every step can be repeated: a block that was submitted before a crash is a `duplicate` afterwards, and found
in the chain; the message about its fate has an id of its own. Whatever leaves the fate open is raised, so
that the bus brings the block again, here or to another replica.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nompcore.block import assemble_block
from nompcore.bus import Bus
from nompcore.coin import Coin
from nompcore.encoding import display, hex_to_bytes
from nompcore.errors import ComeAgain, EncodingError, NompError
from nompcore.job import unpack_transactions
from nompcore.messages import BlockFound, BlockSubmitted, Tip
from nompcore.subjects import BLOCK_SUBMITTED, TIP
from services.jobmaker.block_archive import BlockArchive
from services.jobmaker.block_fate import Answer, Verdict, Weight, judge, reason
from services.jobmaker.block_lookup import Wanted, name_in_chain
from services.jobmaker.block_submission import submit_block
from services.jobmaker.daemons import PoolDaemons
from services.jobmaker.metrics import BLOCKS, BLOCKS_LOST, BLOCKS_OPEN, BLOCKS_UNKNOWN_POOL, HASH_DOUBTS
from services.jobmaker.template_store import TemplateStore

log = logging.getLogger(__name__)

HEADER_SIZE = 80  # bytes

TEMPLATE_PATIENCE_SECONDS = 30.0
"""How long one delivery looks for a template that is not there. It was stored before its job was published,
so it is missing only if the store lost it or a day has passed."""

RECHECK_SECONDS = 1.0

OPEN_SECONDS = 2.0
"""Between two submissions of a block that no daemon could judge."""


class PoolUnknown(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The block is not for this process; the bus has to bring it again."""


class BlockLost(NompError):  # noqa: N818 - as above
    """The block cannot be assembled, now or later."""


@dataclass(frozen=True, slots=True)
class SubmittingPool:
    """What submitting needs to know of a pool; `look_now` fetches new work."""

    coin: Coin
    daemons: PoolDaemons
    look_now: Callable[[], None]


class Submitter:
    """Handles the found blocks of all pools."""

    def __init__(
        self,
        bus: Bus,
        templates: TemplateStore,
        pools: Mapping[str, SubmittingPool],
        archive: BlockArchive,
        template_patience_seconds: float = TEMPLATE_PATIENCE_SECONDS,
    ) -> None:
        self._bus = bus
        self._templates = templates
        self._pools = pools
        self._archive = archive
        self._template_patience_seconds = template_patience_seconds

    async def handle(self, found: BlockFound) -> None:
        """Returns when the block's fate is published; until then raises what makes the bus bring it again."""
        pool = self._pools.get(found.pool)
        if pool is None:
            BLOCKS_UNKNOWN_POOL.inc()
            raise PoolUnknown(f"this process has no pool {found.pool!r}")
        log.info("submitting a found block", extra=_facts(found))
        try:
            block_hex = await self._assemble(found)
        except BlockLost as lost:
            BLOCKS_LOST.labels(found.pool).inc()
            log.critical("found block is lost", extra={**_facts(found), "reason": str(lost)})
            await self._publish(pool, found, Verdict.REJECTED, str(lost), [])
            return
        await self._archive.keep(found, block_hex)
        await self._settle(pool, found, block_hex)
        pool.look_now()
        await self._bus.send(TIP, _tip(found), pool=found.pool)

    async def _assemble(self, found: BlockFound) -> str:
        """The block in hex. Raises BlockLost, or BusUnavailable while the store cannot be asked."""
        packed = await self._find_template(found)
        try:
            header, coinbase = hex_to_bytes(found.header_hex, HEADER_SIZE), hex_to_bytes(found.coinbase_hex)
            return assemble_block(header, coinbase, unpack_transactions(packed)).hex()
        except EncodingError as error:
            raise BlockLost(f"malformed: {error}") from error

    async def _find_template(self, found: BlockFound) -> bytes:
        give_up_at = time.monotonic() + self._template_patience_seconds
        while True:
            packed = await self._templates.get(found.pool, found.template_id)
            if packed is not None:
                return packed
            log.error("the template of a found block is missing", extra=_facts(found))
            if time.monotonic() >= give_up_at:
                raise BlockLost("template-lost")
            await asyncio.sleep(RECHECK_SECONDS)

    async def _settle(self, pool: SubmittingPool, found: BlockFound, block_hex: str) -> None:
        """Submit, judge, publish. Raises ComeAgain while its fate is open."""
        answers = await submit_block(pool.daemons, block_hex, pool.look_now)
        name = await self._name_in_chain(pool, found)
        verdict = judge(answers, in_chain=name != "", age_seconds=time.time() - found.time_ms / 1000)
        facts = {**_facts(found), "verdict": verdict.value, "replies": _replies(answers)}
        if verdict is Verdict.OPEN and any(answer.weight is Weight.BESIDE for answer in answers):
            # Waiting here would hold up the blocks behind it, which may be the ones that win.
            raise ComeAgain(RECHECK_SECONDS, f"block {found.block_hash_display} competes with another tip")
        if verdict is Verdict.OPEN:
            BLOCKS_OPEN.labels(found.pool).inc()
            log.error("no daemon could judge a found block", extra=facts)
            # Soon, not after longer and longer: the daemon that comes back may be the only one.
            raise ComeAgain(
                OPEN_SECONDS, f"no daemon could judge block {found.block_hash_display}: {_replies(answers)}"
            )
        if verdict is Verdict.ACCEPTED and name != found.block_hash_display:
            HASH_DOUBTS.labels(found.pool).inc()
            log.error(
                "an accepted block is not in the chain by the name we gave it",
                extra={**facts, "chain_hash": name},
            )
        log.log(
            logging.ERROR if verdict is Verdict.REJECTED else logging.INFO, "found block judged", extra=facts
        )
        await self._publish(pool, found, verdict, reason(answers), answers)

    async def _name_in_chain(self, pool: SubmittingPool, found: BlockFound) -> str:
        coinbase_txid_display = _coinbase_txid_display(pool.coin, found)
        wanted = Wanted(found.block_hash_display, found.height, coinbase_txid_display)
        return await name_in_chain([daemon.daemon for daemon in pool.daemons.own_chain], wanted)

    async def _publish(
        self, pool: SubmittingPool, found: BlockFound, verdict: Verdict, why: str, answers: Sequence[Answer]
    ) -> None:
        message = BlockSubmitted(
            pool=found.pool,
            height=found.height,
            block_hash_display=found.block_hash_display,
            coinbase_txid_display=_coinbase_txid_display(pool.coin, found),
            worker=found.worker,
            address=found.address,
            difficulty=found.difficulty,
            reward_sats=found.reward_sats,
            time_ms=found.time_ms,
            status=verdict.value,
            reason="" if verdict is Verdict.ACCEPTED else why,
            replies=_replies(answers),
        )
        msg_id = f"{found.pool}:{found.block_hash_display}:submitted"
        await self._bus.publish(BLOCK_SUBMITTED, message, pool=found.pool, msg_id=msg_id)
        BLOCKS.labels(found.pool, verdict.value).inc()


def _coinbase_txid_display(coin: Coin, found: BlockFound) -> str:
    try:
        return display(coin.hash_coinbase(hex_to_bytes(found.coinbase_hex)))
    except EncodingError:  # the block is published as lost for the same reason
        return ""


def _replies(answers: Sequence[Answer]) -> dict[str, str]:
    return {answer.daemon: answer.text for answer in answers}


def _tip(found: BlockFound) -> Tip:
    return Tip(pool=found.pool, block_hash_display=found.block_hash_display, source="block-submitted")


def _facts(found: BlockFound) -> dict[str, object]:
    return {
        "pool": found.pool,
        "height": found.height,
        "block_hash": found.block_hash_display,
        "worker": found.worker,
        "job_id": found.job_id,
        "template_id": found.template_id,
    }
