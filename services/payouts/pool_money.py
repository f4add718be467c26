"""Everything payouts does for one pool, done by one replica at a time: the one that holds the pool's lease.

The lease saves work and keeps logs readable. That nothing happens twice does not hang on it: the tallies
refuse a reading that was applied, and the ledger a step that was taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, NoReturn

from redis.asyncio import Redis

from nompcore.bus import Bus
from nompcore.config import PaymentConfig, PoolConfig, WebsiteConfig
from nompcore.daemon import Daemon
from nompcore.ending import end_tasks, first_of
from nompcore.errors import DaemonError
from nompcore.lease import Lease
from services.payouts import metrics
from services.payouts.auditing.scheduled_audit import ScheduledAudit
from services.payouts.auditing.tally_audit import TallyAudit
from services.payouts.control.miner_terms import MinerTermsDesk
from services.payouts.control.payment_control import PaymentControl
from services.payouts.counting.figures import Figures
from services.payouts.counting.history import History
from services.payouts.counting.recorder import Recorder
from services.payouts.counting.tallies import Tallies
from services.payouts.counting.trails import Trails
from services.payouts.events import publish_waiting
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.ledger import Ledger
from services.payouts.mpos.mpos_pool import MposPool
from services.payouts.outages import repeat, until_done
from services.payouts.payments.payer import Payer
from services.payouts.payments.payment_setup import PaymentSetup
from services.payouts.payments.wallet_trouble import WalletUnavailable, trouble
from services.payouts.pool_shares import PoolShares
from services.payouts.queries import Queries
from services.payouts.rounds.chain_view import ChainView
from services.payouts.rounds.chain_witnesses import ChainWitnesses, connected_witnesses
from services.payouts.rounds.closing import Closer
from services.payouts.rounds.maturity import Maturity
from services.payouts.rounds.pool_schemes import PoolSchemes
from services.payouts.rounds.share_windows import ShareWindows
from services.payouts.share_log.log_keeper import CUTTING_SECONDS
from services.payouts.share_log.pool_log import PoolLog
from services.payouts.snapshot import Snapshots

log = logging.getLogger(__name__)

CLOSING_SECONDS = 2.0
"""Found rounds and waiting events are looked for this often; both are one small query."""


DISABLED: Final = "disabled"
STANDBY: Final = "standby"


class PoolMoney:
    """One pool: its parts, wired."""

    def __init__(
        self, bus: Bus, redis: Redis, ledger: Ledger, pool: PoolConfig, website: WebsiteConfig,
        failpoints: Failpoints,
    ) -> None:  # fmt: skip
        self._bus = bus
        self._ledger = ledger
        self._pool = pool
        self._website = website
        window_seconds = website.hashrate_window_seconds
        self._tallies = Tallies(
            redis, pool.name, hashrate_window_seconds=window_seconds, failpoints=failpoints
        )
        self._figures = Figures(
            redis, pool.name, window_seconds=window_seconds, multiplier=pool.coin.multiplier
        )
        self._history = History(redis, pool.name, retention_seconds=website.historical_retention_seconds)
        self._trails = Trails(redis, self._figures, pool.name, window_seconds=window_seconds)
        self._closer = Closer(ledger, self._tallies, ShareWindows(bus, pool.name), pool.name)
        self._schemes = PoolSchemes(bus, ledger, self._tallies, pool)
        self._tally_audit = TallyAudit(bus, redis, ledger.reads, pool.name, lambda: self._schemes.groups)
        self._payer: Payer | None = None
        self.mpos = MposPool(bus, pool, pool.mpos, self._tallies, failpoints) if pool.mpos else None
        self._log = PoolLog(
            bus, redis, ledger, pool.name, hashrate_window_seconds=window_seconds,
            is_mpos=pool.mpos is not None, failpoints=failpoints,
        )  # fmt: skip
        self._keeper = self._log.keeper(lambda: self._schemes.history, self.mpos)

    async def serve(self) -> None:
        """Answer requests about the pool, leading or not."""
        fee_ppm = self._pool.payments.fee_ppm if self._pool.payments else 0
        queries = Queries(
            self._ledger, self._figures, self._history, self._trails, pool=self._pool.name, fee_ppm=fee_ppm
        )
        await queries.serve(self._bus)
        if self._pool.payments is not None:
            setup = PaymentSetup(self._ledger, self._pool, self._pool.payments)
            control = PaymentControl(
                setup, self._tally_audit, lambda: self._payer.state if self._payer else STANDBY
            )
            await control.serve(self._bus)
            await self._miner_terms(self._pool.payments).serve(self._bus)
        if self.mpos is not None:
            await self.mpos.serve()

    def _miner_terms(self, payments: PaymentConfig) -> MinerTermsDesk:
        minimum_sats = payments.minimum_payment_sats
        return MinerTermsDesk(self._ledger.payees, pool=self._pool.name, pool_minimum_sats=minimum_sats)

    async def lead(self, shares: PoolShares, stop: asyncio.Event) -> None:
        """Wait for the lease, do the pool's money while it lasts, and again; until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            leading = tasks.create_task(self._lead_for_ever(shares))
            await stop.wait()
            await end_tasks([leading])

    async def _lead_for_ever(self, shares: PoolShares) -> None:
        while True:
            lease = await shares.take(self._pool.name)
            log.info("leading", extra={"pool": self._pool.name})
            try:
                with shares.leading(self._pool.name) as given_up:
                    async with lease:
                        metrics.LEADING.labels(self._pool.name).set(1)
                        await self._work_while_held(lease, given_up)
            finally:
                self._payer = None
                metrics.LEADING.labels(self._pool.name).set(0)
            log.warning("not leading any more", extra={"pool": self._pool.name})

    async def _work_while_held(self, lease: Lease, given_up: asyncio.Event) -> None:
        """Do everything until the lease is lost or given up; raises what any part of it raises."""
        await until_done(self._schemes.adopt, name="adopt the reward schemes", stop=lease.lost)
        if lease.lost.is_set():
            return
        async with asyncio.TaskGroup() as tasks:
            working = [
                tasks.create_task(self._record()),
                tasks.create_task(self._repeat("close", self._close_rounds, CLOSING_SECONDS)),
                tasks.create_task(self._repeat("publish", self._publish_events, CLOSING_SECONDS)),
                tasks.create_task(self._snapshot_for_ever()),
                tasks.create_task(self._repeat("cut", self._keeper.run_once, CUTTING_SECONDS)),
            ]
            if self.mpos is not None:
                working.append(tasks.create_task(self._repeat("mpos", self.mpos.recorder.follow, 0)))
            if self._pool.payments is not None:
                working.append(tasks.create_task(self._pay(self._pool.payments)))
                pace_seconds = self._pool.payments.payment_interval_seconds
                working.append(tasks.create_task(self._repeat("credit", self._schemes.credit, pace_seconds)))
            try:
                await first_of(lease.lost, given_up)
            finally:
                await end_tasks(working)

    def _repeat(
        self, name: str, step: Callable[[], Awaitable[None]], every_seconds: float
    ) -> Coroutine[None, None, NoReturn]:
        return repeat(step, name=name, pool=self._pool.name, every_seconds=every_seconds)

    async def _record(self) -> NoReturn:
        """Shares into the tallies; in MPOS mode not before it is known which shares are MPOS's."""
        if self.mpos is not None:
            await self.mpos.recorder.begun.wait()
        recorder = Recorder(self._bus, self._tallies, self._pool.name, self._schemes.groups, self._log.base)
        await self._repeat("record", recorder.follow, 0)

    async def _close_rounds(self) -> None:
        await (self.mpos.forget_rounds() if self.mpos is not None else self._closer.close_rounds())

    async def _publish_events(self) -> None:
        await publish_waiting(self._bus, self._ledger, self._pool.name)

    async def _snapshot_for_ever(self) -> NoReturn:
        snapshots = Snapshots(
            self._bus, self._ledger, self._figures, self._history, self._trails, pool=self._pool.name,
            payments_state=self._payments_state,
        )  # fmt: skip
        await self._repeat("snapshot", snapshots.publish, self._website.update_interval_seconds)

    def _payments_state(self) -> str:
        state = self._payer.state if self._payer else DISABLED
        trouble = self._schemes.trouble
        return f"{state}; shares are not credited: {trouble}" if trouble else state

    async def _pay(self, payments: PaymentConfig) -> NoReturn:
        """Blocks first, then payments, as what a block earns may be due at once."""
        decimals = self._pool.coin.decimals
        async with (
            Daemon(payments.daemon) as daemon,
            connected_witnesses(self._pool.daemons, payments.daemon, decimals) as witnesses,
        ):
            maturity = self._maturity(ChainView(daemon, decimals), witnesses, payments)
            setup = PaymentSetup(self._ledger, self._pool, payments)
            payer = self._payer = setup.payer(daemon)
            audit = self._audit(setup, daemon)

            async def run_once() -> None:
                try:
                    await maturity.run_once()
                    doubts = await audit.run_once()
                    await payer.run_once(doubts)
                    await audit.note([*doubts, *payer.problems])
                except WalletUnavailable as reason:
                    payer.stop(str(reason))
                except DaemonError as error:
                    payer.stop(trouble(error) or type(error).__name__)
                    raise

            await self._repeat("pay", run_once, payments.payment_interval_seconds)

    def _audit(self, setup: PaymentSetup, daemon: Daemon) -> ScheduledAudit:
        records = setup.record_audit(daemon)
        return ScheduledAudit(self._ledger, records, self._tally_audit, pool=self._pool.name)

    def _maturity(self, chain: ChainView, witnesses: ChainWitnesses, payments: PaymentConfig) -> Maturity:
        return Maturity(
            self._ledger, self._tallies, self._closer, chain, witnesses, pool=self._pool.name,
            address=self._pool.address, maturity_depth=self._pool.coin.confirmations,
            fee_ppm=payments.fee_ppm,
        )  # fmt: skip
