"""Wallets from before fundrawtransaction (0.12): they choose coins, sign and send in one call, sendmany.

What a payment became is found by the comment that the call gave it; wallets keep it with the transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from nompcore.amounts import coins_from_sats
from nompcore.errors import DaemonRefused
from services.payouts.payments.output_size import TRANSACTION_WEIGHT, output_weight
from services.payouts.payments.transaction_check import Output, check_outputs
from services.payouts.payments.wallet_answers import (
    FundsMissing,
    PaymentTooLarge,
    PaymentUnsafe,
    SignedTransaction,
    about_payment,
)
from services.payouts.payments.wallet_calls import WalletCalls
from services.payouts.payments.wallet_trouble import UNKNOWN_METHOD

SEND_SECONDS: Final = 60.0
"""A wallet with many coins takes its time, and losing patience costs a payment's certainty."""

SEARCH_BLOCKS: Final = 100
"""How far below the tip of an attempt the search for its transaction begins: no reorganisation is as deep."""

_FALLBACK_FEE_SATS: Final = 100_000  # for 1000 bytes, where the wallet does not say what it pays
_OVERHEAD_BYTES, _INPUT_BYTES = 10, 148
_NOT_FOUND: Final = -5


class SendmanyWallet:
    """One wallet. Amounts in sats, ids in display order. Raises DaemonError and WalletUnavailable."""

    def __init__(self, calls: WalletCalls) -> None:
        self._calls = calls

    async def estimate_fee_sats(self, outputs: Sequence[Output]) -> int:
        """About what sending would cost. Raises FundsMissing, PaymentTooLarge, PayeeRefused (addresses)."""
        await self._check_addresses(outputs)
        return -(-await self._size(outputs) * await self._fee_rate() // 1000)

    async def require_fee_within(self, outputs: Sequence[Output], cap_sats: int) -> None:
        """PaymentUnsafe where the wallet's rate makes the payment cost more. No call tells it exactly.

        Raises FundsMissing and PaymentTooLarge, too.
        """
        rate_sats = await self._fee_rate()
        fee_sats = -(-await self._size(outputs) * rate_sats // 1000)
        if fee_sats > cap_sats:
            raise PaymentUnsafe(
                f"the wallet pays {rate_sats} for 1000 bytes (settxfee), about {fee_sats} for this payment, "
                f"above {cap_sats}: it was not asked to send"
            )

    async def _size(self, outputs: Sequence[Output]) -> int:
        """Bytes of a transaction from the largest coins."""
        inputs = await self._count_coins(sum(output.sats for output in outputs))
        output_bytes = sum(output_weight(bytes.fromhex(output.script_hex)) for output in outputs) // 4
        size = _OVERHEAD_BYTES + _INPUT_BYTES * inputs + output_bytes
        if 4 * size > TRANSACTION_WEIGHT:
            raise PaymentTooLarge(f"it would take {inputs} coins")
        return size

    async def search_start(self) -> str:
        """The hash of a block from which on a search finds whatever is sent from now on."""
        height = await self._calls.call("getblockcount")
        return str(await self._calls.call("getblockhash", max(0, height - SEARCH_BLOCKS)))

    async def send(self, outputs: Sequence[Output], comment: str) -> None:
        """Send now. What is refused was not sent, unless a search finds it after all; all else may be.

        Raises FundsMissing, PayeeRefused and PaymentTooLarge.
        """
        try:
            await self._calls.call(
                "sendmany", "", self._amounts(outputs), 1, comment, timeout_seconds=SEND_SECONDS
            )
        except DaemonRefused as refused:
            raise about_payment(refused) or refused from refused

    async def find(
        self, comment: str, since_block: str, outputs: Sequence[Output]
    ) -> SignedTransaction | None:
        """The transaction of a comment. WrongOutputs or PaymentUnsafe if it is not what was asked for.

        Its hex is empty where the wallet does not show it.
        """
        listed = await self._since(since_block)
        found = {row["txid"]: int(row["confirmations"]) for row in listed if row.get("comment") == comment}
        alive = [txid for txid, confirmations in found.items() if confirmations >= 0]
        if len(alive) > 1:
            raise PaymentUnsafe(f"the wallet made {len(alive)} transactions of it: {', '.join(alive)}")
        txid = next(iter(alive or found), None)
        return None if txid is None else await self._load(txid, outputs)

    async def _since(self, block_hash: str) -> list[Mapping[str, Any]]:
        try:
            listed = await self._calls.call("listsinceblock", block_hash, 1)
        except DaemonRefused as refused:
            if refused.code != _NOT_FOUND:
                raise
            listed = await self._calls.call("listsinceblock")  # another chain's block: look at everything
        return list(listed["transactions"])

    async def _load(self, txid: str, outputs: Sequence[Output]) -> SignedTransaction:
        transaction = await self._calls.call("gettransaction", txid)
        fee_sats = -self._calls.sats(transaction["fee"])
        transaction_hex = transaction.get("hex") or await self._raw(txid)
        if transaction_hex:
            check_outputs(await self._calls.read(transaction_hex), outputs)
        return SignedTransaction(transaction_hex, txid, fee_sats)

    async def _raw(self, txid: str) -> str:
        """Wallets show the hex since 0.9; before, only the mempool or an index has it."""
        try:
            return str(await self._calls.call("getrawtransaction", txid))
        except DaemonRefused:
            return ""

    async def _check_addresses(self, outputs: Sequence[Output]) -> None:
        try:
            await self._calls.call("createrawtransaction", [], self._amounts(outputs))
        except DaemonRefused as refused:
            if refused.code != UNKNOWN_METHOD:  # until 0.7
                raise about_payment(refused) or refused from refused

    async def _count_coins(self, needed_sats: int) -> int:
        """How many of its coins it takes, if it takes the largest ones. Raises FundsMissing."""
        coins = [self._calls.sats(coin["amount"]) for coin in await self._calls.call("listunspent", 1)]
        sum_sats = 0
        for count, sats in enumerate(sorted(coins, reverse=True), start=1):
            sum_sats += sats
            if sum_sats > needed_sats:
                return count
        raise FundsMissing(f"the wallet can spend {sum_sats}, and {needed_sats} and a fee are needed")

    async def _fee_rate(self) -> int:
        """Sats for 1000 bytes: what the wallet was told to pay, or ten times what nodes want."""
        for method in ("getinfo", "getwalletinfo"):
            with contextlib.suppress(DaemonRefused, KeyError):
                if paid_sats := self._calls.sats((await self._calls.call(method))["paytxfee"]):
                    return paid_sats
        relay_fee_sats = await self._calls.relay_fee_sats()
        return _FALLBACK_FEE_SATS if relay_fee_sats is None else 10 * relay_fee_sats

    def _amounts(self, outputs: Sequence[Output]) -> dict[str, Decimal]:
        """Numbers, as wallets of this age do not read texts."""
        decimals = self._calls.decimals
        return {output.address: Decimal(coins_from_sats(output.sats, decimals)) for output in outputs}
