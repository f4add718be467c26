"""The wallet's side of a payment: fund, sign, check, send, look after. Nothing here is remembered.

The path is createrawtransaction → fundrawtransaction → signrawtransactionwithwallet → sendrawtransaction,
because its transaction id is known, and can be stored, before anything leaves the wallet. Wallets that are
too old for it are `sendmany_wallet`'s.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nompcore.amounts import coins_from_sats
from nompcore.daemon import Daemon
from nompcore.errors import DaemonRefused, NompError
from services.payouts.payments.output_size import SIGNATURE_WEIGHT, TRANSACTION_WEIGHT
from services.payouts.payments.sendmany_wallet import SendmanyWallet
from services.payouts.payments.transaction_check import Output, ReadTransaction, check_outputs
from services.payouts.payments.wallet_answers import (
    PaymentTooLarge,
    PaymentUnsafe,
    SignedTransaction,
    about_payment,
)
from services.payouts.payments.wallet_calls import WalletCalls
from services.payouts.payments.wallet_trouble import UNKNOWN_METHOD

log = logging.getLogger(__name__)

FALLBACK_RELAY_FEES = 10
"""Fee rate where the wallet cannot estimate one, in multiples of the network's relay fee. Chains on which
nobody competes for blocks give no estimates, and mine anything above the relay fee."""

_NOT_FOUND = (-5, -8)  # not known, or no id at all
_IN_CHAIN, _NOT_LOCKED = -27, -8
_KNOWN = ("already in block chain", "txn-already-in-mempool", "txn-already-known", "already in utxo set")
_CONFLICT_TEXTS = ("missingorspent", "missing-inputs", "missing inputs", "inputs-spent")


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


@dataclass(frozen=True, slots=True)
class WalletTransaction:
    """A transaction that the wallet knows; `fee_sats` is 0 where it did not pay it alone."""

    read: ReadTransaction
    transaction_hex: str
    confirmations: int
    fee_sats: int


@dataclass(frozen=True, slots=True)
class LookedBack:
    """How a transaction stands; `fee_sats` is None where the wallet does not tell."""

    confirmations: int
    fee_sats: int | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """What the wallet's history says of a transaction and one address. Not sent: received, or given up."""

    txid: str
    address: str
    is_sent: bool
    time_ms: int


class Wallet:
    """One daemon's wallet. Amounts in sats, ids in display order.

    Every method raises DaemonError and WalletUnavailable.
    """

    def __init__(self, daemon: Daemon, decimals: int) -> None:
        self._calls = WalletCalls(daemon, decimals)
        self._funds_raw = False
        self.old = SendmanyWallet(self._calls)

    async def funds_raw(self) -> bool:
        """Whether it can be asked to fund a transaction; else it can only send one at once (`old`)."""
        self._funds_raw = self._funds_raw or await self._calls.knows("fundrawtransaction")
        return self._funds_raw

    async def relay_fee_sats(self) -> int | None:
        """What nodes want for relaying 1000 bytes, None where the daemon does not say."""
        return await self._calls.relay_fee_sats()

    async def owns(self, address: str) -> bool:
        """Whether the wallet has the address's key."""
        try:
            info = await self._calls.call("getaddressinfo", address)
        except DaemonRefused as refused:
            if refused.code != UNKNOWN_METHOD:
                raise
            info = await self._calls.call("validateaddress", address)  # until version 0.16
        return bool(info.get("ismine", False))

    async def spendable_sats(self) -> int:
        """Mature and confirmed coins and the change of own payments."""
        return self._calls.sats(await self._calls.call("getbalance"))

    async def waiting_change_sats(self, txids: Collection[str]) -> int:
        """What own transactions give back and the wallet does not count before it is in a block."""
        rows = await self._calls.call("listunspent", 0, 0)
        waiting = [row for row in rows if row["txid"] in txids and not row.get("safe", True)]
        return sum(self._calls.sats(row["amount"]) for row in waiting)

    async def fee_sats(self, outputs: Sequence[Output], change_address: str) -> int:
        """What sending these outputs would cost now; nothing is changed, no coin locked, no address used up.

        Raises FundsMissing, PayeeRefused and PaymentTooLarge.
        """
        raw_hex = await self._create(outputs)
        if not await self.funds_raw():
            return await self.old.estimate_fee_sats(outputs)
        options = {"changeAddress": change_address, "changePosition": len(outputs), "lockUnspents": False}
        funded = await self._fund(raw_hex, options)
        read = await self._calls.read(funded["hex"])
        _require_room(read.weight + SIGNATURE_WEIGHT * len(read.inputs))
        return self._calls.sats(funded["fee"])

    async def sign(self, outputs: Sequence[Output], fee_cap_sats: int) -> SignedTransaction:
        """A transaction with these outputs and at most change to the wallet; its coins are locked.

        Raises FundsMissing, PayeeRefused, PaymentTooLarge, and PaymentUnsafe or WrongOutputs for what was
        not asked for.
        """
        options = {"lockUnspents": True, "changePosition": len(outputs)}
        funded = await self._fund(await self._create(outputs), options)
        read = await self._calls.read(funded["hex"])
        try:
            fee_sats = self._calls.sats(funded["fee"])
            if fee_sats > fee_cap_sats:
                raise PaymentUnsafe(f"the wallet asks a fee of {fee_sats}, above {fee_cap_sats}")
            signed = await self._sign(funded["hex"])
            read = await self._calls.read(signed["hex"])
            _require_room(read.weight)
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
            await self._calls.call("sendrawtransaction", transaction_hex)
        except DaemonRefused as refused:
            return _verdict(refused)
        return Sent(Sending.KNOWN)

    async def confirmations(self, txid: str) -> int | None:
        """Depth in the chain, 0 outside, negative if a conflicting one is that deep; None if not known."""
        transaction = await self._look_up(txid)
        return int(transaction["confirmations"]) if transaction else None

    async def look_back(self, txid: str) -> LookedBack | None:
        """How a transaction of the wallet stands; None if not known."""
        known = await self._look_up(txid)
        if known is None:
            return None
        fee_sats = -self._calls.sats(known["fee"]) if "fee" in known else None
        return LookedBack(int(known["confirmations"]), fee_sats)

    async def received_sats(self, txid: str) -> int | None:
        """What a transaction in the chain brought in, 0 if the wallet paid it; None if it is not there."""
        known = await self._look_up(txid)
        if known is None or int(known["confirmations"]) < 1:
            return None
        if any(row["category"] == "send" for row in known["details"]):
            return 0
        brought = [row["amount"] for row in known["details"] if row["category"] in ("receive", "generate")]
        return sum(self._calls.sats(amount) for amount in brought)

    async def history(self, count: int, skip: int) -> list[HistoryRow]:
        """That many rows, the newest first, behind so many still newer ones; fewer only at the end."""
        listed = await self._calls.call("listtransactions", "*", count, skip)
        return [_history_row(row) for row in reversed(listed)]

    async def transaction(self, txid: str) -> WalletTransaction | None:
        """A transaction that pays or spends the wallet's money; None if not known."""
        known = await self._look_up(txid)
        if known is None:
            return None
        read = await self.read(known["hex"])
        fee_sats = -self._calls.sats(known.get("fee", 0))
        return WalletTransaction(read, known["hex"], int(known["confirmations"]), fee_sats)

    async def read(self, transaction_hex: str) -> ReadTransaction:
        """What is in a transaction."""
        return await self._calls.read(transaction_hex)

    async def _look_up(self, txid: str) -> dict[str, Any] | None:
        try:
            known: dict[str, Any] = await self._calls.call("gettransaction", txid)
        except DaemonRefused as refused:
            if refused.code not in _NOT_FOUND:
                raise
            return None
        return known

    async def release_coins(self, kept_transactions: Sequence[str]) -> int:
        """Unlock coins left locked by payments that were never stored; how many. `kept` keep theirs."""
        kept = set()
        for transaction_hex in kept_transactions:
            kept.update((await self._calls.read(transaction_hex)).inputs)
        locked = [(row["txid"], row["vout"]) for row in await self._calls.call("listlockunspent")]
        left_over = [coin for coin in locked if coin not in kept]
        await self._unlock(left_over)
        return len(left_over)

    async def _create(self, outputs: Sequence[Output]) -> str:
        amounts = {output.address: coins_from_sats(output.sats, self._calls.decimals) for output in outputs}
        try:
            return str(await self._calls.call("createrawtransaction", [], amounts))
        except DaemonRefused as refused:
            raise about_payment(refused) or refused from refused

    async def _fund(self, raw_hex: str, options: Mapping[str, object]) -> dict[str, Any]:
        try:
            return await self._try_fund(raw_hex, options)
        except DaemonRefused as refused:
            if "fee estimation failed" not in refused.text.lower():
                raise about_payment(refused) or refused from refused
        try:
            return await self._try_fund(raw_hex, {**options, "feeRate": await self._fallback_rate()})
        except DaemonRefused as refused:
            raise about_payment(refused) or refused from refused

    async def _try_fund(self, raw_hex: str, options: Mapping[str, object]) -> dict[str, Any]:
        funded: dict[str, Any] = await self._calls.call("fundrawtransaction", raw_hex, options)
        return funded

    async def _fallback_rate(self) -> str:
        """Coins per 1000 bytes."""
        info = await self._calls.call("getnetworkinfo")
        return coins_from_sats(FALLBACK_RELAY_FEES * self._calls.sats(info["relayfee"]), self._calls.decimals)

    async def _sign(self, raw_hex: str) -> dict[str, Any]:
        try:
            signed: dict[str, Any] = await self._calls.call("signrawtransactionwithwallet", raw_hex)
        except DaemonRefused as refused:
            if refused.code != UNKNOWN_METHOD:
                raise
            signed = await self._calls.call("signrawtransaction", raw_hex)  # until version 0.16
        if not signed["complete"]:
            raise PaymentUnsafe("the wallet could not sign every input")
        return signed

    async def _unlock(self, coins: Sequence[tuple[str, int]]) -> None:
        """One by one: the daemon refuses a whole list in which one is not locked any more."""
        for txid, vout in coins:
            try:
                await self._calls.call("lockunspent", True, [{"txid": txid, "vout": vout}])
            except DaemonRefused as refused:
                if refused.code != _NOT_LOCKED:
                    raise


def _require_room(weight: int) -> None:
    """PaymentTooLarge for what is heavier than nodes relay."""
    if weight > TRANSACTION_WEIGHT:
        raise PaymentTooLarge(f"it would weigh {weight}, and nodes relay {TRANSACTION_WEIGHT}")


def _verdict(refused: DaemonRefused) -> Sent:
    text = refused.text.lower()
    if refused.code == _IN_CHAIN or any(known in text for known in _KNOWN):
        return Sent(Sending.KNOWN, refused.text)
    is_conflict = any(words in text for words in _CONFLICT_TEXTS)
    return Sent(Sending.CONFLICT if is_conflict else Sending.REFUSED, refused.text)


def _history_row(row: Mapping[str, Any]) -> HistoryRow:
    is_dead = row.get("confirmations", 0) < 0 or row.get("abandoned", False)
    is_sent = row["category"] == "send" and not is_dead
    return HistoryRow(str(row.get("txid", "")), str(row.get("address", "")), is_sent, int(row["time"]) * 1000)
