"""Follows found blocks in the chain until they are mature and credited, or replaced and given up."""

from __future__ import annotations

import asyncio
import logging
import time

from services.payouts import metrics
from services.payouts.counting.tallies import Tallies
from services.payouts.ledger.block_rows import Block, Status
from services.payouts.ledger.blocks_ledger import Crediting
from services.payouts.ledger.ledger import Ledger
from services.payouts.rounds.chain_view import ChainView, InChain, Replaced
from services.payouts.rounds.chain_witnesses import ChainWitnesses
from services.payouts.rounds.closing import Closer

log = logging.getLogger(__name__)

LATE_SHARES_MS = 10 * 60 * 1000
"""The share log has passed a block for good once it holds shares this much younger: stratum's retries and the
differences of its replicas' clocks are far shorter."""


REVIVAL_MS = 3 * 24 * 3600 * 1000
"""A block given up is looked for this long: chains have been reorganised deeper than six blocks, by hours."""


class Maturity:
    """One pool's blocks. `maturity_depth`: confirmations after which a coinbase can be spent."""

    def __init__(
        self, ledger: Ledger, tallies: Tallies, closer: Closer, chain: ChainView, witnesses: ChainWitnesses,
        *, pool: str, address: str, maturity_depth: int, fee_ppm: int,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._tallies = tallies
        self._closer = closer
        self._chain = chain
        self._witnesses = witnesses
        self._disputed: set[str] = set()
        self._pool = pool
        self._address = address
        self._maturity_depth = maturity_depth
        self._fee_ppm = fee_ppm

    async def run_once(self) -> None:
        """Look at every block of which the chain has not decided."""
        # In this order: a round of the log that lies before this share is in the ledger when blocks are read.
        log_reached_ms = await self._tallies.last_share_ms()
        await self._closer.close_rounds()
        await self._revive()
        unknown = 0
        self._disputed.clear()
        confirmations: dict[int, int] = {}
        for block in await asyncio.to_thread(self._ledger.blocks.unsettled, self._pool):
            place = await self._chain.place_of(block.block_hash, block.height, block.coinbase_txid)
            if isinstance(place, InChain):
                confirmations[block.id] = place.confirmations
                if not await self._ripen(block, place.confirmations, log_reached_ms):
                    unknown += 1
            elif isinstance(place, Replaced):
                await self._orphan(block, place)
        metrics.BLOCKS_DISPUTED.labels(self._pool).set(len(self._disputed))
        metrics.BLOCKS_UNKNOWN.labels(self._pool).set(unknown)
        if confirmations:
            await asyncio.to_thread(self._ledger.blocks.set_confirmations, confirmations)

    async def _ripen(self, block: Block, confirmations: int, log_reached_ms: int) -> bool:
        """Credit a block in the chain if its time has come. False if the wallet does not know its reward."""
        coinbase_txid = block.coinbase_txid or await self._chain.coinbase_txid(block.block_hash)
        if block.status is Status.SUBMITTED:
            await asyncio.to_thread(
                self._ledger.blocks.settle_submitted, block.id, coinbase_txid=coinbase_txid
            )
        if confirmations <= self._maturity_depth or block.status is Status.SUBMITTED:
            return True
        if await self._is_denied(block, InChain(confirmations), coinbase_txid):
            return True
        if not block.round_closed and log_reached_ms < block.found_ms + LATE_SHARES_MS:
            return True  # its shares may still come
        reward_sats = await self._chain.mature_reward_sats(coinbase_txid, self._address)
        if reward_sats is None:
            log.warning(
                "wallet does not know a mature reward", extra={"pool": self._pool, "block": block.block_hash}
            )
            return False
        await self._credit(block, reward_sats, confirmations)
        return True

    async def _credit(self, block: Block, reward_sats: int, confirmations: int) -> None:
        facts = {"pool": self._pool, "block": block.block_hash, "reward_sats": reward_sats}
        if block.reward_sats and reward_sats != block.reward_sats:  # 0: nobody told one, as NOMP did not
            metrics.REWARDS_DIFFERENT.labels(self._pool).inc()
            log.error(
                "block paid another amount than announced",
                extra={**facts, "announced_sats": block.reward_sats},
            )
        crediting = await asyncio.to_thread(
            self._ledger.blocks.confirm, block.id, reward_sats=reward_sats, fee_ppm=self._fee_ppm,
            confirmations=confirmations, now_ms=_now_ms(),
        )  # fmt: skip
        if crediting is Crediting.CREDITED_BEFORE:
            return
        metrics.BLOCKS_CONFIRMED.labels(self._pool).inc()
        if crediting is Crediting.SUSPENDED:
            metrics.BLOCKS_SUSPENDED.labels(self._pool).inc()
            log.error("block has no shares, its reward waits in suspense", extra=facts)
        else:
            log.info("block confirmed", extra=facts)

    async def _orphan(self, block: Block, place: Replaced) -> None:
        if await self._is_denied(block, place, block.coinbase_txid):
            return
        reason = f"block {place.by_hash} is in its place"
        if await asyncio.to_thread(self._ledger.blocks.orphan, block.id, reason=reason, now_ms=_now_ms()):
            metrics.BLOCKS_ORPHANED.labels(self._pool).inc()
            log.warning("block orphaned", extra={
                "pool": self._pool, "block": block.block_hash, "reason": reason,
            })  # fmt: skip

    async def _is_denied(self, block: Block, place: InChain | Replaced, coinbase_txid: str) -> bool:
        """Whether the pool's daemons are on different chains: then nothing is decided about the block."""
        is_denied = await self._witnesses.deny(place, block.block_hash, block.height, coinbase_txid)
        if is_denied:
            self._disputed.add(block.block_hash)
            log.error("daemons disagree about a block", extra={"pool": self._pool, "block": block.block_hash})
        return is_denied

    async def _revive(self) -> None:
        """Blocks that were given up and are in the chain after all, by a deep reorganisation."""
        since_ms = _now_ms() - REVIVAL_MS
        for block in await asyncio.to_thread(self._ledger.blocks.given_up, self._pool, since_ms):
            place = await self._chain.place_of(block.block_hash, block.height, block.coinbase_txid)
            if isinstance(place, InChain) and await asyncio.to_thread(self._ledger.blocks.revive, block.id):
                metrics.BLOCKS_REVIVED.labels(self._pool).inc()
                facts = {"pool": self._pool, "block": block.block_hash, "is_returned": block.is_returned}
                log.warning("block came back", extra=facts)


def _now_ms() -> int:
    return int(time.time() * 1000)
