"""What mining software of the field sends first, and what it must be told for it.

`tests/vectors/handshakes/<client>.txt`: `#` where the facts are from, `>` what the client sends, `<` what it
must get, as JSON with patterns. @JOB@ is the first job it is sent: what it has while a wished difficulty is
announced. A reply is the first line for its request; after it may come what the client understands.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nompcore.job import prepare_job
from nompcore.messages import Job
from nompcore.share import Rejected, Submission, check_shape
from tests.stratum_miner import COIN, WORKER, Miner, answer
from tests.stratum_work import EASY, NTIME, ROOT, make_job, target_of

HANDSHAKES = sorted((ROOT / "tests/vectors/handshakes").glob("*.txt"))

EXTRANONCE2 = "00000001"
VERSION_BITS = 0x00400000  # all that roll the version can roll this bit
FIRST_NONCE = 0x1A9A0000  # eight digits even without leading zeros

EXTRAS = {"mining.set_difficulty", "mining.notify"}  # what every client understands at any time
VERSION_MASK = "mining.set_version_mask"  # only who has configured something understands it

PATTERNS: dict[str, Callable[[Any], bool]] = {
    "<any>": lambda value: True,
    "<hex8>": lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{8}", value) is not None,
    "<number>": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "<string>": lambda value: isinstance(value, str) and value != "",
    "<list>": lambda value: isinstance(value, list),
    "<null>": lambda value: value is None,
}


def matches(pattern: Any, value: Any) -> bool:
    """Whether a decoded value is what the pattern says; 1 is neither "1" nor true."""
    if isinstance(pattern, str) and pattern in PATTERNS:
        return PATTERNS[pattern](value)
    if type(pattern) is not type(value):
        return False
    if isinstance(pattern, dict):
        return pattern.keys() == value.keys() and all(matches(pattern[key], value[key]) for key in pattern)
    if isinstance(pattern, list):
        return len(pattern) == len(value) and all(map(matches, pattern, value))
    return bool(pattern == value)


class Client:
    """Plays one handshake."""

    def __init__(self) -> None:
        self.job = make_job("1")
        self.miner = Miner(self.job)
        self.extras = set(EXTRAS)
        self.received: deque[tuple[Any, bool]] = (
            deque()
        )  # lines, and whether each is the first for its request
        self.extranonce1_hex = ""
        self.job_id = ""

    def send(self, text: str) -> None:
        """A `>` line."""
        lines = answer(self.miner, self.filled(text).encode()).splitlines()
        self.received += [(json.loads(line), number == 0) for number, line in enumerate(lines)]
        if "mining.configure" in text:
            self.extras.add(VERSION_MASK)

    def expect(self, pattern: Any) -> None:
        """A `<` line."""
        while self.received and not matches(pattern, self.received[0][0]):
            self.skip(pattern)
        assert self.received, f"not sent: {pattern}"
        self.learn(self.received.popleft()[0])

    def skip(self, wanted: Any) -> None:
        """A line that the handshake does not speak of."""
        line, is_first = self.received.popleft()
        assert not is_first, f"{line} instead of {wanted}"
        assert line.get("method") in self.extras, f"not understood: {line} before {wanted}"
        self.learn(line)

    def learn(self, line: Any) -> None:
        """Keep what later requests are made of."""
        result = line.get("result")
        if isinstance(result, list):
            self.extranonce1_hex = result[1]
        if line.get("method") == "mining.notify" and not self.job_id:
            self.job_id = line["params"][0]

    def filled(self, text: str) -> str:
        """With values in the places of their names."""
        bits_hex = f"{VERSION_BITS:08x}" if "@VERSION@" in text else None
        values = {
            "@WORKER@": WORKER,
            "@JOB@": self.job_id,
            "@EN2@": EXTRANONCE2,
            "@NTIME@": f"{NTIME:08x}",
            "@NONCE@": found_nonce(self.job, self.extranonce1_hex, bits_hex) if "@NONCE@" in text else "",
            "@VERSION@": bits_hex or "",
        }
        for name, value in values.items():
            text = text.replace(name, value)
        return text


def found_nonce(job: Job, extranonce1_hex: str, version_bits_hex: str | None) -> str:
    """A nonce that meets the port's difficulty, in hex."""
    prepared = prepare_job(job, COIN)
    extranonce1, mask = bytes.fromhex(extranonce1_hex), VERSION_BITS if version_bits_hex else 0
    for nonce in range(FIRST_NONCE, 1 << 32):
        nonce_hex = f"{nonce:08x}"
        submission = Submission(
            extranonce1, EXTRANONCE2, f"{job.ntime:08x}", nonce_hex, version_bits_hex, mask
        )
        share = check_shape(prepared, submission, now_seconds=job.ntime, seen=())
        assert not isinstance(share, Rejected), share
        if int.from_bytes(COIN.pow_hash(share.header), "little") <= target_of(EASY):
            return nonce_hex
    raise AssertionError("no nonce meets the difficulty")


def play(lines: Iterator[str]) -> None:
    """A handshake from its first line to its last; nothing it does not understand may be left."""
    client = Client()
    for line in lines:
        if line.startswith("> "):
            client.send(line[2:])
        elif line.startswith("< "):
            client.expect(json.loads(line[2:]))
    while client.received:
        client.skip("the end")


@pytest.mark.parametrize("path", HANDSHAKES, ids=lambda path: path.stem)
def test_a_client_is_told_what_it_needs(path: Path) -> None:
    play(iter(path.read_text().splitlines()))


def test_the_clients_of_the_field_are_all_there() -> None:
    names = "avalon bitaxe bmminer bosminer cgminer cpuminer cpuminer-opt nerdminer nicehash whatsminer"
    assert {path.stem for path in HANDSHAKES} == set(names.split())


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ({"id": 1}, {"id": 1}, True),
        ({"id": 1}, {"id": "1"}, False),
        ({"id": 1}, {"id": True}, False),
        ({"id": 1}, {"id": 1, "result": None}, False),
        (["<hex8>", "<number>"], ["0a0b0c0d", 0.5], True),
        ("<hex8>", "0A0B0C0D", False),
        ("<number>", True, False),
        (["<any>"], [], False),
        ("<null>", None, True),
        ("<string>", "", False),
    ],
)
def test_patterns_are_strict_about_types(pattern: Any, value: Any, expected: bool) -> None:
    assert matches(pattern, value) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        ['> {"id": 1, "method": "mining.ping"}', '< {"id":"1","result":"pong","error":null}'],
        ['> {"id": 1, "method": "mining.ping"}', '< {"id":null,"method":"mining.notify","params":"<list>"}'],
        ['> {"id": 1, "method": "mining.ping"}'],
    ],
)
def test_a_handshake_that_is_not_kept_is_noticed(wrong: list[str]) -> None:
    with pytest.raises(AssertionError):
        play(iter(wrong))
