"""Calls to a daemon's wallet. That the wallet is locked, missing or another one is told from all else."""

from __future__ import annotations

from typing import Any

from nompcore.amounts import sats_from_coins
from nompcore.daemon import CALL_SECONDS, Daemon
from nompcore.errors import DaemonError, DaemonRefused, EncodingError
from services.payouts.payments.transaction_check import ReadTransaction, read_transaction
from services.payouts.payments.wallet_trouble import UNKNOWN_METHOD, WalletUnavailable, trouble


class WalletCalls:
    """One wallet; `decimals` are the coin's."""

    def __init__(self, daemon: Daemon, decimals: int) -> None:
        self._daemon = daemon
        self.decimals = decimals

    async def call(self, method: str, *params: object, timeout_seconds: float = CALL_SECONDS) -> Any:
        """The result. Raises WalletUnavailable, and DaemonError for what is not the wallet's state."""
        try:
            return await self._daemon.call(method, *params, timeout_seconds=timeout_seconds)
        except DaemonError as error:
            if (text := trouble(error)) is not None:
                raise WalletUnavailable(text) from error
            raise

    async def knows(self, method: str) -> bool:
        """Whether the daemon has a method of this name. Called with nothing, it only explains itself."""
        try:
            await self.call(method)
        except DaemonRefused as refused:
            return refused.code != UNKNOWN_METHOD
        return True

    async def read(self, transaction_hex: str) -> ReadTransaction:
        """What is in a transaction."""
        return read_transaction(await self.call("decoderawtransaction", transaction_hex), self.decimals)

    async def relay_fee_sats(self) -> int | None:
        """What nodes want for relaying 1000 bytes, None where the daemon does not say."""
        for method in ("getnetworkinfo", "getinfo"):  # until version 0.9, getinfo
            try:
                info = await self.call(method)
                return self.sats(info["relayfee"])
            except (KeyError, EncodingError):
                continue
            except DaemonRefused as refused:
                if refused.code != UNKNOWN_METHOD:
                    raise
        return None

    def sats(self, coins: Any) -> int:
        """Exact smallest units of an amount in an answer."""
        return sats_from_coins(coins, self.decimals)
