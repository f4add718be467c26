"""Payments to an address that were not told yet. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from nompcore.requests import MinerPayment

SENT = ("broadcast", "confirmed")
"""States from which on the coins are on their way."""

REMEMBERED = 50
"""Ids kept; a look brings fewer."""


def new_payments(told: Sequence[str], payments: Sequence[MinerPayment]) -> list[MinerPayment]:
    """Those sent that are not among the told ids, the oldest first; `payments` has the newest first."""
    known = set(told)
    return [one for one in reversed(payments) if one.state in SENT and one.payment_id not in known]


def told_after(told: Sequence[str], payments: Sequence[MinerPayment]) -> tuple[str, ...]:
    """The told ids when all of these are, the newest first."""
    sent = [one.payment_id for one in payments if one.state in SENT]
    return tuple(dict.fromkeys([*sent, *told]))[:REMEMBERED]
