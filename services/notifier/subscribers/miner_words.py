"""The words that miners are told in. Names that miners chose are cut, and stripped of what is special."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nompcore.amounts import coins_from_sats
from nompcore.requests import MinerPayment
from services.notifier.rules import shown_name

NAMES_IN_A_NOTE = 10

# Whoever mines to an address names its workers: no chat or mail program is to make a link of a name.
_LINKING = re.compile(r"[:/]|\.(?=[A-Za-z])")

_UNITS = ("H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s")


@dataclass(frozen=True, slots=True)
class MinerWords:
    """About one address at one pool; `symbol` and `decimals` are those of the pool's coin."""

    pool: str
    address: str
    symbol: str
    decimals: int

    def offline(self, workers: Sequence[str], minutes: int) -> str:
        """Workers have fallen silent."""
        return f"{self._who}: no share for {minutes} minutes from {self._names(workers)}"

    def back(self, workers: Sequence[str]) -> str:
        """They are at work again."""
        return f"{self._who}: shares again from {self._names(workers)}"

    def dropped(self, hashrate: float, average: float) -> str:
        """The hashrate stays low."""
        now, usual = rate_text(hashrate), rate_text(average)
        return f"{self._who}: hashrate dropped to {now}, its day's average is {usual}"

    def recovered(self, hashrate: float, average: float) -> str:
        """It is near its average again."""
        return (
            f"{self._who}: hashrate is {rate_text(hashrate)} again, its day's average is {rate_text(average)}"
        )

    def paid(self, payment: MinerPayment) -> str:
        """Coins are on their way."""
        coins = coins_from_sats(payment.amount_sats, self.decimals)
        return f"{self._who}: paid {coins} {self.symbol} in transaction {payment.txid_display}"

    def confirm(self) -> str:
        """To a mail box whose owner may never have heard of the pool."""
        return (
            f"Somebody who owns the payout address {shown_name(self.address)} at the mining pool {self.pool} "
            "wants its news sent to this mail box. Nothing more comes unless you confirm it with this link"
        )

    @property
    def _who(self) -> str:
        return f"{self.pool} {shown_name(self.address)}"

    def _names(self, workers: Sequence[str]) -> str:
        shown = [self._name(worker) for worker in workers[:NAMES_IN_A_NOTE]]
        more = len(workers) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    def _name(self, worker: str) -> str:
        return _LINKING.sub("?", shown_name(worker.removeprefix(f"{self.address}.")))


def rate_text(hashrate: float) -> str:
    """Hashes per second with a prefix.

    >>> rate_text(0.0), rate_text(1_500_000.0)
    ('0 H/s', '1.5 MH/s')
    """
    step = 0
    while hashrate >= 1000 and step < len(_UNITS) - 1:
        hashrate, step = hashrate / 1000, step + 1
    return f"{hashrate:.3g} {_UNITS[step]}"


def note_id(subscription_id: str, event: str, what: str) -> str:
    """The name of a note, by which a receiver knows a repetition."""
    return hashlib.sha256(f"{subscription_id}\0{event}\0{what}".encode()).hexdigest()[:32]
