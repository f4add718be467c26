"""What a wallet can say to a payment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nompcore.errors import DaemonRefused, NompError

# ruff: noqa: N818 - the names say what happened, as those of nompcore.errors do


class FundsMissing(NompError):
    """The wallet cannot fund the payment now."""


class PayeeRefused(NompError):
    """The wallet refuses a payment; it may be because of one payee, of whom it need not speak."""


class PaymentTooLarge(NompError):
    """It needs more inputs than one transaction takes beside its outputs."""


class PaymentUnsafe(NompError):
    """The wallet built something other than was asked for; it is not sent."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction that pays an intent and can be sent by anybody who has its hex."""

    transaction_hex: str
    txid: str
    fee_sats: int


_PAYMENT_REFUSED: Final = (-3, -4, -5, -6, -8)
"""Amount, wallet, address, funds, parameter: it is about this payment, not about the daemon."""
_TOO_LARGE_TEXTS: Final = ("too large", "tx-size", "exceeds maximum transaction weight", "exceeds max")


def about_payment(refused: DaemonRefused) -> NompError | None:
    """What a refusal says of the payment; None where it is about something else."""
    text = refused.text.lower()
    if "insufficient funds" in text:
        return FundsMissing(refused.text)
    if any(words in text for words in _TOO_LARGE_TEXTS):
        return PaymentTooLarge(refused.text)
    return PayeeRefused(refused.text) if refused.code in _PAYMENT_REFUSED else None
