"""Values as the pages print them: pure text, escaped by the templates."""

from __future__ import annotations

from datetime import datetime

PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"))

# A minute and more is told in one unit: nobody reads a pool's page for seconds of yesterday.
AGES = ((86400, "d"), (3600, "h"), (60, "min"))

SHORT_HEAD, SHORT_TAIL = 10, 8


def ago(then: datetime, now: datetime) -> str:
    """How long `then` is past, in one unit; a clock that runs ahead is "now".

    >>> from datetime import UTC
    >>> ago(datetime(2026, 1, 1, 10, 0, tzinfo=UTC), datetime(2026, 1, 1, 12, 5, tzinfo=UTC))
    '2 h ago'
    """
    seconds = int((now - then).total_seconds())
    for size, unit in AGES:
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago" if seconds > 0 else "now"


def stamp(time: datetime) -> str:
    """A moment, exact to the minute, as the tooltip of its age.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 1, 1, 12, 5, 59, tzinfo=UTC))
    '2026-01-01 12:05 UTC'
    """
    return time.strftime("%Y-%m-%d %H:%M UTC")


def span(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> span(30), span(600), span(5400), span(172800)
    ('30 s', '10 min', '1.5 h', '2 d')
    """
    for size, unit in AGES:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def count(number: int) -> str:
    """A whole number with thin spaces between the thousands.

    >>> count(1234567) == "1\\u202f234\\u202f567"
    True
    """
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def compact(number: float) -> str:
    """A difficulty: four significant digits, with a prefix from a million on.

    >>> compact(35_123_456), compact(1234.5), compact(0.000244140625), compact(0)
    ('35.12 M', '1234', '0.0002441', '0')
    """
    for size, prefix in PREFIXES:
        if number >= size:
            return f"{number / size:.4g} {prefix}"
    return f"{number:.0f}" if number >= 1000 else f"{number:.4g}"


def percent(value: float) -> str:
    """A percentage with as many digits as matter.

    >>> percent(0.123), percent(12.34), percent(250.4)
    ('0.12 %', '12.3 %', '250 %')
    """
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} %"


def plain(coins: str) -> str:
    """Decimal coins without trailing zeros.

    >>> plain("12.50000000"), plain("3.00000000"), plain("7")
    ('12.5', '3', '7')
    """
    return coins.rstrip("0").rstrip(".") if "." in coins else coins


def short(text: str) -> str:
    """A hash, txid or long worker name with its middle left out.

    >>> short("a" * 64), short("rig1")
    ('aaaaaaaaaa…aaaaaaaa', 'rig1')
    """
    if len(text) <= SHORT_HEAD + SHORT_TAIL + 1:
        return text
    return f"{text[:SHORT_HEAD]}…{text[-SHORT_TAIL:]}"
