"""The wallet's side of a payment: fund, sign, check, send, look after. Nothing here is remembered.

The path is createrawtransaction → fundrawtransaction → signrawtransactionwithwallet → sendrawtransaction,
because its transaction id is known, and can be stored, before anything leaves the wallet.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nompcore.amounts import coins_from_sats, sats_from_coins
from nompcore.daemon import Daemon
from nompcore.errors import DaemonRefused, NompError
from services.payouts.transaction_check import Output, ReadTransaction, check_outputs, read_transaction

log = logging.getLogger(__name__)

FALLBACK_RELAY_FEES = 10
"""Fee rate where the wallet cannot estimate one, in multiples of the network's relay fee. Chains on which
nobody competes for blocks give no estimates, and mine anything above the relay fee."""

_ADDRESS_REFUSED, _NOT_FOUND, _UNKNOWN_METHOD, _IN_CHAIN, _NOT_LOCKED = -5, -5, -32601, -27, -8
_KNOWN_TEXTS = (
    "already in block chain",
    "txn-already-in-mempool",
    "txn-already-known",
    "already in utxo set",
)
_CONFLICT_TEXTS = ("missingorspent", "missing-inputs", "missing inputs", "inputs-spent")


# ruff: noqa: N818 - the names say what happened, as those of nompcore.errors do


class FundsMissing(NompError):
    """The wallet cannot fund the payment now."""


class PayeeRefused(NompError):
    """The wallet refuses an address."""


class PaymentUnsafe(NompError):
    """The wallet built something other than was asked for; it is not sent."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction that pays an intent and can be sent by anybody who has its hex."""

    transaction_hex: str
    txid: str
    fee_sats: int


class Sending(enum.Enum):
    """What became of a transaction that was handed over."""

    KNOWN = "known"  # in the mempool or the chain, now or before
    CONFLICT = "conflict"  # something else in the chain spent its coins
    REFUSED = "refused"  # for another reason, which may pass


@dataclass(frozen=True, slots=True)
class Sent:
    """The verdict about handing over a transaction, with the daemon's words where it was not taken."""

    verdict: Sending
    reason: str = ""


class Wallet:
    """One daemon's wallet. Amounts in sats, ids in display order. Every method raises DaemonError."""

    def __init__(self, daemon: Daemon, decimals: int) -> None:
        self._daemon = daemon
        self._decimals = decimals

    async def owns(self, address: str) -> bool:
        """Whether the wallet has the address's key."""
        try:
            info = await self._daemon.call("getaddressinfo", address)
        except DaemonRefused as refused:
            if refused.code != _UNKNOWN_METHOD:
                raise
            info = await self._daemon.call("validateaddress", address)  # until version 0.16
        return bool(info.get("ismine", False))

    async def spendable_sats(self) -> int:
        """Mature and confirmed coins and the change of own payments."""
        return self._sats(await self._daemon.call("getbalance"))

    async def fee_sats(self, outputs: Sequence[Output]) -> int:
        """What sending these outputs would cost now. Raises FundsMissing and PayeeRefused."""
        funded = await self._fund(await self._create(outputs), len(outputs), keep_coins=False)
        return self._sats(funded["fee"])

    async def sign(self, outputs: Sequence[Output], fee_cap_sats: int) -> SignedTransaction:
        """A transaction with these outputs and at most change to the wallet; its coins are locked.

        Raises FundsMissing, PayeeRefused, and PaymentUnsafe or WrongOutputs for what was not asked for.
        """
        funded = await self._fund(await self._create(outputs), len(outputs), keep_coins=True)
        read = await self._read(funded["hex"])
        try:
            fee_sats = self._sats(funded["fee"])
            if fee_sats > fee_cap_sats:
                raise PaymentUnsafe(f"the wallet asks a fee of {fee_sats}, above {fee_cap_sats}")
            signed = await self._sign(funded["hex"])
            read = await self._read(signed["hex"])
            change = check_outputs(read, outputs)
            if change is not None and not await self.owns(change):
                raise PaymentUnsafe("the change does not go to the wallet")
        except NompError:
            await self._unlock(read.inputs)
            raise
        return SignedTransaction(signed["hex"], read.txid, fee_sats)

    async def send(self, transaction_hex: str) -> Sent:
        """Hand a transaction to the network. Any number of times: it stays the same transaction."""
        try:
            await self._daemon.call("sendrawtransaction", transaction_hex)
        except DaemonRefused as refused:
            return _verdict(refused)
        return Sent(Sending.KNOWN)

    async def confirmations(self, txid: str) -> int | None:
        """Depth in the chain, 0 outside, negative if a conflicting one is that deep; None if not known."""
        try:
            transaction = await self._daemon.call("gettransaction", txid)
        except DaemonRefused as refused:
            if refused.code != _NOT_FOUND:
                raise
            return None
        return int(transaction["confirmations"])

    async def release_coins(self, kept_transactions: Sequence[str]) -> int:
        """Unlock coins left locked by payments that were never stored; how many. `kept` keep theirs."""
        kept = set()
        for transaction_hex in kept_transactions:
            kept.update((await self._read(transaction_hex)).inputs)
        locked = [(row["txid"], row["vout"]) for row in await self._daemon.call("listlockunspent")]
        left_over = [coin for coin in locked if coin not in kept]
        await self._unlock(left_over)
        return len(left_over)

    async def _create(self, outputs: Sequence[Output]) -> str:
        amounts = {output.address: coins_from_sats(output.sats, self._decimals) for output in outputs}
        try:
            return str(await self._daemon.call("createrawtransaction", [], amounts))
        except DaemonRefused as refused:
            if refused.code == _ADDRESS_REFUSED:
                raise PayeeRefused(refused.text) from refused
            raise

    async def _fund(self, raw_hex: str, change_position: int, *, keep_coins: bool) -> dict[str, Any]:
        options: dict[str, object] = {"lockUnspents": keep_coins, "changePosition": change_position}
        try:
            return await self._try_fund(raw_hex, options)
        except DaemonRefused as refused:
            if "fee estimation failed" not in refused.text.lower():
                raise
            return await self._try_fund(raw_hex, {**options, "feeRate": await self._fallback_rate()})

    async def _try_fund(self, raw_hex: str, options: Mapping[str, object]) -> dict[str, Any]:
        try:
            funded: dict[str, Any] = await self._daemon.call("fundrawtransaction", raw_hex, options)
        except DaemonRefused as refused:
            if "insufficient funds" in refused.text.lower():
                raise FundsMissing(refused.text) from refused
            raise
        return funded

    async def _fallback_rate(self) -> str:
        """Coins per 1000 bytes."""
        info = await self._daemon.call("getnetworkinfo")
        return coins_from_sats(FALLBACK_RELAY_FEES * self._sats(info["relayfee"]), self._decimals)

    async def _sign(self, raw_hex: str) -> dict[str, Any]:
        try:
            signed: dict[str, Any] = await self._daemon.call("signrawtransactionwithwallet", raw_hex)
        except DaemonRefused as refused:
            if refused.code != _UNKNOWN_METHOD:
                raise
            signed = await self._daemon.call("signrawtransaction", raw_hex)  # until version 0.16
        if not signed["complete"]:
            raise PaymentUnsafe("the wallet could not sign every input")
        return signed

    async def _read(self, transaction_hex: str) -> ReadTransaction:
        return read_transaction(
            await self._daemon.call("decoderawtransaction", transaction_hex), self._decimals
        )

    async def _unlock(self, coins: Sequence[tuple[str, int]]) -> None:
        """One by one: the daemon refuses a whole list in which one is not locked any more."""
        for txid, vout in coins:
            try:
                await self._daemon.call("lockunspent", True, [{"txid": txid, "vout": vout}])
            except DaemonRefused as refused:
                if refused.code != _NOT_LOCKED:
                    raise

    def _sats(self, coins: Any) -> int:
        return sats_from_coins(coins, self._decimals)


def _verdict(refused: DaemonRefused) -> Sent:
    text = refused.text.lower()
    if refused.code == _IN_CHAIN or any(known in text for known in _KNOWN_TEXTS):
        return Sent(Sending.KNOWN, refused.text)
    is_conflict = any(words in text for words in _CONFLICT_TEXTS)
    return Sent(Sending.CONFLICT if is_conflict else Sending.REFUSED, refused.text)
