"""What the text of an environment variable may be: parsers, each of which raises ValueError."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from nompcore.logs import LEVELS

MAX_SECONDS = 3600
"""The longest time a variable may ask to wait."""

MAX_RATE = 1_000_000
"""The highest rate or count that a variable may name."""


def port(text: str) -> int:
    """A TCP port, or 0."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError("not a port")
    return number


def seconds(text: str) -> float:
    """A time to wait."""
    number = float(text)
    if not 0 <= number <= MAX_SECONDS:
        raise ValueError("not a time to wait")
    return number


def level(text: str) -> str:
    """A level of the log; empty for none."""
    if text and text.lower() not in LEVELS:
        raise ValueError("not a level")
    return text.lower()


def replica(text: str) -> str:
    """A token of a NATS subject: no dots, blanks or wildcards."""
    if not all(is_name_letter(letter) for letter in text):
        raise ValueError("not a name")
    return text


def is_name_letter(letter: str) -> bool:
    """Whether a replica's name may hold it."""
    return letter.isascii() and (letter.isalnum() or letter in "-_")


def required(text: str) -> str:
    """Text that is not empty."""
    if not text:
        raise ValueError("empty")
    return text


def rate(text: str) -> float:
    """So many a second."""
    number = float(text)
    if not 0 <= number <= MAX_RATE:
        raise ValueError("not a rate")
    return number


def count(text: str) -> int:
    """So many."""
    number = int(text)
    if not 1 <= number <= MAX_RATE:
        raise ValueError("not a count")
    return number


def networks(text: str) -> tuple[str, ...]:
    """Networks as `ipaddress` writes them; an address is a network of one."""
    return tuple(str(ipaddress.ip_network(part.strip())) for part in text.split(",") if part.strip())


WANTED = {
    Path: "a path",
    str: "text",
    required: "text, not empty",
    port: "a port number, 0 to 65535",
    seconds: f"seconds, 0 to {MAX_SECONDS}",
    rate: f"a number, 0 to {MAX_RATE}",
    count: f"a whole number, 1 to {MAX_RATE}",
    networks: "addresses and networks, by commas",
    level: f"one of {', '.join(LEVELS)}",
    replica: "letters, digits, - and _",
}
"""What a parser accepts, in the words of error messages and of the documentation."""
