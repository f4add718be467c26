"""Which replicas of jobmaker and payouts lead a pool, known by their leases."""

from __future__ import annotations

from services.notifier.watch.observed import Observed

NOBODY = ""

SETTLE_MS, NOBODY_MS = 10_000, 45_000
"""Between two leaders there is nobody for seconds; a service that is restarted takes a little longer."""


def owner_of(lease: bytes | None) -> str:
    """Who holds a lease: the first word of its value, which is the owner's name and a random part."""
    return (lease or b"").decode(errors="replace").partition(" ")[0]


def observed_leader(pool: str, service: str, owner: str, told: str) -> Observed:
    """`told`: the leader that operators know of, "" where there was none or nobody was ever told."""
    if owner == NOBODY:
        kind, words = "leader.lost", f"{pool}: no replica of {service} leads"
    elif told == NOBODY:
        kind, words = "leader.back", f"{pool}: {service} is led by {owner} again"
    else:
        kind, words = "leader.changed", f"{pool}: {service} is led by {owner}, before by {told}"
    return Observed(
        group="leader",
        name=service,
        state=owner,
        usual="",
        kind=kind,
        severity="warning" if kind == "leader.changed" else "critical",
        words=words,
        settle_ms=NOBODY_MS if owner == NOBODY else SETTLE_MS,
    )
