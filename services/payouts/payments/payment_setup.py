"""A pool's payments as its configuration says: the wallet, the planner and the payer of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nompcore.config import PaymentConfig, PoolConfig
from nompcore.daemon import Daemon
from services.payouts.auditing.record_audit import RecordAudit
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.payees import Rules
from services.payouts.payments.payer import Payer
from services.payouts.payments.payment_plan import Planner
from services.payouts.payments.wallet import Wallet
from services.payouts.rounds.chain_view import ChainView


class PaymentSetup:
    """One pool's."""

    def __init__(self, ledger: Ledger, pool: PoolConfig, payments: PaymentConfig) -> None:
        self.ledger = ledger
        self.pool = pool.name
        self.network = pool.coin.networks[pool.network]
        self.address = pool.address
        self.fee_ppm = payments.fee_ppm
        self.has_upstream = pool.upstream is not None  # an upstream pool's payments are to be shared out too
        self._config = pool
        self._payments = payments

    def daemon(self) -> Daemon:
        """A connection of its own to the payment daemon."""
        return Daemon(self._payments.daemon)

    @asynccontextmanager
    async def wallet(self) -> AsyncIterator[Wallet]:
        """The payment daemon's wallet, over a connection of its own."""
        async with self.daemon() as daemon:
            yield Wallet(daemon, self._config.coin.decimals)

    def payer(self, daemon: Daemon) -> Payer:
        """Pays over this connection."""
        return Payer(
            self.ledger, Wallet(daemon, self._config.coin.decimals), pool=self.pool,
            address=self._config.address, network=self.network, rules=self._rules(),
            reserve_sats=self._payments.minimum_reserve_sats,
        )  # fmt: skip

    def record_audit(self, daemon: Daemon) -> RecordAudit:
        """Looks over this connection."""
        decimals = self._config.coin.decimals
        return RecordAudit(
            self.ledger, Wallet(daemon, decimals), ChainView(daemon, decimals), pool=self.pool,
            network=self.network,
        )  # fmt: skip

    def planner(self, wallet: Wallet) -> Planner:
        """Plans for this wallet."""
        return Planner(
            self.ledger, wallet, pool=self.pool, address=self._config.address, network=self.network,
            rules=self._rules(), reserve_sats=self._payments.minimum_reserve_sats,
        )  # fmt: skip

    def _rules(self) -> Rules:
        return Rules(
            minimum_sats=self._payments.minimum_payment_sats,
            fee_address=self._payments.fee_receive_address,
            fee_threshold_sats=self._payments.fee_withdrawal_threshold_sats,
        )
