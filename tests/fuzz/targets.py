"""The fuzz targets by name: what checks an input, how long one is, its part of a campaign's inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.fuzz_challenge import check_challenge
from tests.fuzz.fuzz_doors import check_door
from tests.fuzz.fuzz_entrance import check_entrance
from tests.fuzz.fuzz_request import check_request
from tests.fuzz.fuzz_session import check_session
from tests.fuzz.fuzz_signature import check_verdict
from tests.fuzz.fuzz_upstream import check_upstream
from tests.fuzz.long_session import LongSession

RECORD = Path("long-session.base64")  # in the working directory, beside the fuzzer's own records of failures


@dataclass(frozen=True, slots=True)
class Target:
    """`make_check` gives a function that raises on an input that breaks something."""

    make_check: Callable[[], Callable[[bytes], None]]
    corpus: str
    longest_input: int
    share_percent: int


TARGETS = {
    "request": Target(lambda: check_request, "request", 512, 25),
    "entrance": Target(lambda: check_entrance, "entrance", 512, 15),
    "session": Target(lambda: check_session, "session", 1024, 15),
    "long_session": Target(lambda: LongSession(RECORD), "session", 1024, 15),
    "door": Target(lambda: check_door, "door", 1025, 10),
    "signature": Target(lambda: check_verdict, "signature", 512, 5),
    "challenge": Target(lambda: check_challenge, "challenge", 1024, 5),
    "upstream": Target(lambda: check_upstream, "upstream", 1024, 10),
}
