"""The wallet that pays: does it own the pool's address, can it sign, and does it hold what is owed?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.operator.checks.daemon_errors import of_error
from deploy.operator.checks.ground import ANSWER_SECONDS, Ground, without_pools
from deploy.operator.checks.ledger_reading import owed_sats
from deploy.operator.findings import Finding, fine, wrong
from nompcore.amounts import coins_from_sats
from nompcore.config import PaymentConfig, PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonError
from services.jobmaker.chain_check import call_if_known
from services.payouts.payments.wallet import Wallet
from services.payouts.payments.wallet_trouble import WalletUnavailable

NO_PAYMENTS = "payouts stops the pool's payments until it is mended"


@dataclass(frozen=True, slots=True)
class WalletView:
    """A wallet's answers; `owed_sats` is None where the ledger could not be read."""

    pool: PoolConfig
    name: str
    error: DaemonError | None = None
    trouble: str = ""
    owns_address: bool = False
    balance_sats: int = 0
    info: Mapping[str, Any] = field(default_factory=dict)
    owed_sats: int | None = None

    @property
    def where(self) -> str:
        """The server, and where the configuration names it."""
        return f"wallet of daemon {self.name} (pool_configs/{self.pool.name}.json)"


async def check_wallets(ground: Ground) -> list[Finding]:
    """Of all pools that pay."""
    found = without_pools(ground, "wallets")
    for pool in ground.pools:
        if pool.payments is not None:
            owed = await asyncio.to_thread(owed_sats, ground.settings.ledger_url, pool.name)
            found += judge(await look(pool, pool.payments, owed))
    return found


async def look(pool: PoolConfig, payments: PaymentConfig, owed: int | None) -> WalletView:
    """Ask one wallet."""
    async with Daemon(payments.daemon) as daemon:
        try:
            async with asyncio.timeout(ANSWER_SECONDS * 2):
                return await _ask(pool, daemon, owed)
        except WalletUnavailable as trouble:
            return WalletView(pool, daemon.name, trouble=str(trouble))
        except DaemonError as error:
            return WalletView(pool, daemon.name, error)
        except TimeoutError:
            return WalletView(pool, daemon.name, DaemonError("no answer in time"))


async def _ask(pool: PoolConfig, daemon: Daemon, owed: int | None) -> WalletView:
    wallet = Wallet(daemon, pool.coin.decimals)
    return WalletView(
        pool, daemon.name,
        owns_address=await wallet.owns(pool.address),
        balance_sats=await wallet.spendable_sats(),
        info=await call_if_known(daemon, "getwalletinfo") or {},
        owed_sats=owed,
    )  # fmt: skip


def judge(view: WalletView) -> list[Finding]:
    """What is wrong with one wallet."""
    if view.error is not None:
        return [of_error(view.where, view.error, key="the payment section's daemon", why="nobody is paid")]
    if view.trouble:
        return [
            wrong(
                "wallet-unavailable", view.where, view.trouble, why=NO_PAYMENTS,
                mend='loadwallet at the daemon, and name it as "wallet" of the payment section\'s daemon '
                "(listwallets tells the names)",
            )
        ]  # fmt: skip
    found = [*_ownership(view), *_lock(view), *_funds(view)]
    if found:
        return found
    held = coins_from_sats(view.balance_sats, view.pool.coin.decimals)
    return [fine("wallet", view.where, f"owns the pool's address, holds {held}")]


def _ownership(view: WalletView) -> list[Finding]:
    if view.owns_address:
        return []
    return [
        wrong(
            "wallet-not-owner", view.where, f"it does not own the pool's address {view.pool.address}",
            why=f"rewards go to that address and could not be spent from here: {NO_PAYMENTS}",
            mend='set "address" to one of this wallet (getnewaddress), or name the daemon and "wallet" that '
            "own it in the payment section",
        )
    ]  # fmt: skip


def _lock(view: WalletView) -> list[Finding]:
    if view.info.get("unlocked_until") != 0:  # a wallet without a passphrase does not have the field
        return []
    return [
        wrong(
            "wallet-locked", view.where, "it has a passphrase and is locked", why=NO_PAYMENTS,
            mend="unlock it with walletpassphrase for longer than paymentInterval, or use a wallet without a "
            "passphrase on a machine that deserves it",
        )
    ]  # fmt: skip


def _funds(view: WalletView) -> list[Finding]:
    owed, decimals = view.owed_sats, view.pool.coin.decimals
    if owed is None or owed <= view.balance_sats:
        return []
    return [
        wrong(
            "wallet-short", view.where,
            f"{coins_from_sats(owed, decimals)} is owed, it holds "
            f"{coins_from_sats(view.balance_sats, decimals)}",
            why=f"not everybody could be paid: {NO_PAYMENTS}",
            mend="find out where the coins went (listtransactions; `nomp audit`); put back what is "
            "missing, or "
            "book what is known with a correction (docs/operator-guide.md)",
        )
    ]  # fmt: skip
