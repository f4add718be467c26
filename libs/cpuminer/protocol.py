"""Stratum v1 from the miner's side: bytes in, events out; requests out as bytes. Holds no socket."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

MAX_LINE_BYTES = 256 * 1024
"""A job is a few KB even with a full merkle branch; more without a newline is no stratum."""

MAX_UNANSWERED = 10_000
"""Requests that wait for their answer; a pool that owes more has stopped answering."""

MAX_EXTRANONCE2_BYTES = 16
"""More does not fit into a coinbase script of 100 bytes beside the rest, by far."""


class ProtocolError(Exception):
    """The server does not speak stratum, or garbles it."""


class Job(msgspec.Struct, array_like=True, frozen=True):
    """The parameters of mining.notify, in their order."""

    job_id: str
    prevhash_hex: str  # eight 32-bit words of the internal hash, each byte-swapped
    coinb1_hex: str
    coinb2_hex: str
    merkle_branch_hex: list[str]
    version_hex: str
    nbits_hex: str
    ntime_hex: str
    clean_jobs: bool


@dataclass(frozen=True, slots=True)
class Solution:
    """A share to submit."""

    job_id: str
    extranonce2_hex: str
    ntime_hex: str
    nonce_hex: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The server's part of the extranonce; `session_id` resumes it on another connection."""

    session_id: str
    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class Authorized:
    """Whether the worker may submit."""

    accepted: bool
    error: str


@dataclass(frozen=True, slots=True)
class ShareAnswered:
    """The verdict about a solution; `error` is `number text` as the server told it."""

    solution: Solution
    accepted: bool
    error: str


@dataclass(frozen=True, slots=True)
class DifficultyChanged:
    """Difficulty of the shares of the jobs that follow."""

    difficulty: float


@dataclass(frozen=True, slots=True)
class ReconnectAsked:
    """The server leaves; come back after `wait_seconds`. Its idea of where is not followed."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A text for the miner's owner."""

    text: str


Event = Subscribed | Authorized | ShareAnswered | DifficultyChanged | ReconnectAsked | MessageShown | Job


class _Line(msgspec.Struct, frozen=True):
    id: int | str | None = None
    method: str = ""
    params: Any = None
    result: Any = None
    error: Any = None


class MinerProtocol:
    """One connection's requests and what came of them."""

    def __init__(self) -> None:
        self._buffer = b""
        self._next_id = 1
        self._waiting: dict[int, Callable[[_Line], Event]] = {}
        self._decoder = msgspec.json.Decoder(_Line)

    def subscribe(self, agent: str, session_id: str = "") -> bytes:
        """Ask for an extranonce1, the old one when `session_id` is still known."""
        return self._request("mining.subscribe", [agent, session_id] if session_id else [agent], _subscribed)

    def authorize(self, user: str, password: str) -> bytes:
        """Name the worker."""
        return self._request("mining.authorize", [user, password], _authorized)

    def submit(self, user: str, solution: Solution) -> bytes:
        """Hand in a share."""
        share = [solution.job_id, solution.extranonce2_hex, solution.ntime_hex, solution.nonce_hex]
        return self._request("mining.submit", [user, *share], lambda line: _answered(solution, line))

    def feed(self, data: bytes) -> list[Event]:
        """The events of all lines that are complete now. Raises ProtocolError."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_LINE_BYTES:
            raise ProtocolError(f"a line of more than {MAX_LINE_BYTES} bytes")
        events = (self._event(line) for line in lines if line.strip())
        return [event for event in events if event is not None]

    def _request(self, method: str, params: list[str], read_answer: Callable[[_Line], Event]) -> bytes:
        if len(self._waiting) >= MAX_UNANSWERED:
            raise ProtocolError(f"the pool left {MAX_UNANSWERED} requests without an answer")
        number, self._next_id = self._next_id, self._next_id + 1
        self._waiting[number] = read_answer
        return msgspec.json.encode({"id": number, "method": method, "params": params}) + b"\n"

    def _event(self, data: bytes) -> Event | None:
        try:
            line = self._decoder.decode(data)
            if line.method:
                return _notification(line)
            read_answer = self._waiting.pop(line.id, None) if isinstance(line.id, int) else None
            return read_answer(line) if read_answer else None
        # msgspec's own errors and UnicodeDecodeError are ValueErrors
        except (ValueError, TypeError, IndexError, RecursionError) as error:
            raise ProtocolError(f"not stratum: {data[:100]!r}") from error


def _subscribed(line: _Line) -> Subscribed:
    if line.error:
        raise ProtocolError(f"no subscription: {_error_text(line.error)}")
    subscriptions, extranonce1_hex, extranonce2_size = msgspec.convert(line.result, tuple[Any, str, int])
    if not 1 <= extranonce2_size <= MAX_EXTRANONCE2_BYTES:
        raise ProtocolError(f"an extranonce2 of {extranonce2_size} bytes")
    return Subscribed(_session_id(subscriptions), bytes.fromhex(extranonce1_hex), extranonce2_size)


def _session_id(subscriptions: object) -> str:
    """The id beside the first subscription, nothing where there is none: it only serves to resume."""
    match subscriptions:
        case [[_, str(session_id), *_], *_]:
            return session_id
    return ""


def _authorized(line: _Line) -> Authorized:
    return Authorized(line.result is True, _error_text(line.error))


def _answered(solution: Solution, line: _Line) -> ShareAnswered:
    return ShareAnswered(solution, line.result is True and not line.error, _error_text(line.error))


def _error_text(error: object) -> str:
    """`[21, "job not found", null]` as `21 job not found`; nothing for no error."""
    if isinstance(error, list):
        return " ".join(str(part) for part in error[:2])
    return str(error) if error else ""


def _difficulty(difficulty: float) -> DifficultyChanged:
    if not 0 < difficulty < math.inf:
        raise ProtocolError(f"a difficulty of {difficulty}")
    return DifficultyChanged(difficulty)


def _notification(line: _Line) -> Event | None:
    params = line.params if isinstance(line.params, list) else []
    match line.method:
        case "mining.notify":
            return msgspec.convert(params, Job)
        case "mining.set_difficulty":
            return _difficulty(msgspec.convert(params[0], float))
        case "client.reconnect":
            return ReconnectAsked(float(params[2]) if len(params) > 2 else 0.0)
        case "client.show_message":
            return MessageShown(str(params[0]))
    return None
