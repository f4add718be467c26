"""The events that a channel can be told of, and what a template may say about each."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec

from nompcore.alarms import AuditFailed, OperatorAlert, PayeeQuarantined
from nompcore.config.problems import nearest
from nompcore.messages import (
    BlockConfirmed,
    BlockOrphaned,
    BlockSubmitted,
    Message,
    PaymentFailed,
    PaymentSent,
)

DERIVED = (
    "daemon.down",
    "daemon.behind",
    "daemon.forked",
    "daemon.back",
    "replica.lost",
    "replica.back",
    "leader.changed",
    "leader.lost",
    "leader.back",
    "hashrate.dropped",
    "hashrate.back",
    "bans.storm",
    "bans.calm",
)
"""Kinds of `OperatorAlert`."""

EVENTS: Mapping[str, type[Message]] = {
    "block.submitted": BlockSubmitted,
    "block.confirmed": BlockConfirmed,
    "block.orphaned": BlockOrphaned,
    "payment.sent": PaymentSent,
    "payment.failed": PaymentFailed,
    "payee.quarantined": PayeeQuarantined,
    "audit.failed": AuditFailed,
    **dict.fromkeys(DERIVED, OperatorAlert),
}
"""Event → the message that it is made of."""

COMMON_FIELDS = ("event", "severity", "text", "time", "coin")
"""What every template may say beside the fields of the event's message."""

AMOUNT = "_sats"
"""End of the name of a field that is an amount; without it the amount is told in coins."""


def template_fields(event: str) -> frozenset[str]:
    """Names that a template of the event may hold in braces."""
    own = [field.name for field in msgspec.structs.fields(EVENTS[event])]
    coins = [name.removesuffix(AMOUNT) for name in own if name.endswith(AMOUNT)]
    return frozenset([*COMMON_FIELDS, *own, *coins])


def matching_events(patterns: Iterable[str]) -> frozenset[str]:
    """The events that one of the patterns names; `*` stands for anything."""
    return frozenset(event for event in EVENTS for pattern in patterns if fnmatchcase(event, pattern))


def pattern_problem(pattern: str) -> str | None:
    """What is wrong with a pattern of events; None where it names one."""
    if matching_events([pattern]):
        return None
    meant = nearest(pattern, EVENTS)
    hint = f'did you mean "{meant}"?' if meant else f"there are: {', '.join(EVENTS)}"
    return f"names no event; {hint}"


def template_problems(event: str, text: str) -> Iterator[str]:
    """What is wrong with the template of an event that exists."""
    known = template_fields(event)
    try:
        names = [_plain_name(*part[1:]) for part in string.Formatter().parse(text) if part[1] is not None]
    except ValueError:
        yield "a brace is not closed, or not opened; write {{ and }} for braces in the text"
        return
    for name in dict.fromkeys(names):
        if name not in known:
            yield f'unknown field "{{{name}}}"; known here: {", ".join(sorted(known))}'


def _plain_name(name: str | None, form: str | None, conversion: str | None) -> str:
    """A name alone; with anything after it, all of it: no field is called so."""
    return f"{name or ''}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}"
