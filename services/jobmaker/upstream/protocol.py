"""Stratum v1 as an upstream pool's client speaks it: bytes in, events out; requests out as bytes. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from nompcore.encoding import hex_to_bytes
from nompcore.errors import EncodingError
from nompcore.upstream_job import UpstreamNotify
from nompcore.version import VERSION
from services.jobmaker.upstream.events import (
    Answered,
    Asked,
    Authorized,
    Configured,
    DifficultyChanged,
    Event,
    ExtranonceChanged,
    MessageShown,
    ReconnectAsked,
    Subscribed,
    UpstreamGarbled,
    VersionMaskChanged,
)

AGENT = f"nomp/{VERSION}"

MAX_LINE_BYTES = 1024 * 1024
"""A job is a few KB even with a full merkle branch; more without a newline is no stratum."""

MAX_EXTRANONCE_BYTES = 32
"""More does not fit into a coinbase script of 100 bytes beside the rest."""

MAX_UNANSWERED = 10_000

MAX_TEXT_LETTERS = 300
"""Of what goes into logs and snapshots."""

_UNKNOWN = -1


class _Line(msgspec.Struct, frozen=True):
    id: int | float | str | None = None
    method: str | None = None
    params: Any = None
    result: Any = None
    error: Any = None


class UpstreamProtocol:
    """One connection's requests and what came of them."""

    def __init__(self) -> None:
        self._buffer = b""
        self._next = 1
        self._waiting: dict[int, Callable[[int, _Line], Event | None]] = {}
        self._decoder = msgspec.json.Decoder(_Line)

    def configure(self, version_mask: int) -> bytes:
        """Ask for version bits to roll (BIP 310)."""
        wanted = {"version-rolling.mask": f"{version_mask:08x}", "version-rolling.min-bit-count": 0}
        return self._request("mining.configure", [["version-rolling"], wanted], _configured)[1]

    def subscribe(self) -> bytes:
        """Ask for an extranonce1."""
        return self._request("mining.subscribe", [AGENT], _subscribed)[1]

    def follow_extranonce(self) -> bytes:
        """Say that extranonce1 may change; whatever is answered, a change is followed."""
        return self._request("mining.extranonce.subscribe", [], lambda number, line: None)[1]

    def authorize(self, user: str, password: str) -> bytes:
        """Log in."""
        return self._request("mining.authorize", [user, password], _authorized)[1]

    def submit(self, params: list[str]) -> tuple[int, bytes]:
        """A share: the number that its `Answered` will have, and the line."""
        return self._request("mining.submit", params, _answered)

    def give_up(self, number: int) -> None:
        """Do not wait for an answer any longer; where it has come, nothing."""
        self._waiting.pop(number, None)

    def feed(self, data: bytes) -> list[Event]:
        """The events of all lines that are complete now. Raises UpstreamGarbled."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_LINE_BYTES:
            raise UpstreamGarbled(f"a line of more than {MAX_LINE_BYTES} bytes")
        events = (self._event(line) for line in lines if line.strip())
        return [event for event in events if event is not None]

    def _request(
        self, method: str, params: list[Any], read_answer: Callable[[int, _Line], Event | None]
    ) -> tuple[int, bytes]:
        if len(self._waiting) >= MAX_UNANSWERED:
            raise UpstreamGarbled(f"{MAX_UNANSWERED} requests without an answer")
        number, self._next = self._next, self._next + 1
        self._waiting[number] = read_answer
        return number, msgspec.json.encode({"id": number, "method": method, "params": params}) + b"\n"

    def _event(self, data: bytes) -> Event | None:
        try:
            line = self._decoder.decode(data)
            if line.method:
                return _said(line)
            number = int(line.id) if isinstance(line.id, (int, float)) else _UNKNOWN
            read_answer = self._waiting.pop(number, None)
            return read_answer(number, line) if read_answer else None
        # msgspec's own errors and UnicodeDecodeError are ValueErrors
        except (ValueError, TypeError, IndexError, OverflowError, RecursionError, EncodingError) as error:
            raise UpstreamGarbled(f"not stratum: {data[:100]!r}") from error


def _configured(number: int, line: _Line) -> Configured:
    """An upstream pool without version rolling answers with an error, or not at all."""
    result = line.result if isinstance(line.result, dict) else {}
    if line.error or result.get("version-rolling") is not True:
        return Configured(0)
    return Configured(_mask(result.get("version-rolling.mask", "0")))


def _subscribed(number: int, line: _Line) -> Subscribed:
    if line.error:
        raise UpstreamGarbled(f"no subscription: {_error_text(line.error)}")
    _, extranonce1_hex, size = msgspec.convert(line.result, tuple[Any, str, int])
    return Subscribed(*_extranonces(extranonce1_hex, size))


def _authorized(number: int, line: _Line) -> Authorized:
    return Authorized(line.result is True, _error_text(line.error))


def _answered(number: int, line: _Line) -> Answered:
    accepted = line.result is True and not line.error
    return Answered(number, accepted, _error_number(line.error), _error_text(line.error))


def _error_text(error: object) -> str:
    """`[21, "job not found", null]` as `21 job not found`; nothing for no error."""
    if isinstance(error, list):
        return " ".join(str(part) for part in error[:2])[:MAX_TEXT_LETTERS]
    return str(error)[:MAX_TEXT_LETTERS] if error else ""


def _error_number(error: object) -> int:
    if isinstance(error, list) and error and isinstance(error[0], int):
        return error[0]
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 0


def _extranonces(extranonce1_hex: str, size: int) -> tuple[bytes, int]:
    extranonce1 = hex_to_bytes(extranonce1_hex)
    if not 1 <= size <= MAX_EXTRANONCE_BYTES or len(extranonce1) > MAX_EXTRANONCE_BYTES:
        raise UpstreamGarbled(f"extranonces of {len(extranonce1)} and {size} bytes")
    return extranonce1, size


def _mask(text: object) -> int:
    mask = int(msgspec.convert(text, str), 16)
    if not 0 <= mask <= 0xFFFFFFFF:
        raise UpstreamGarbled(f"a version mask of {text}")
    return mask


def _difficulty(value: object) -> DifficultyChanged:
    difficulty = msgspec.convert(value, float)
    if not 0 < difficulty < math.inf:
        raise UpstreamGarbled(f"a difficulty of {difficulty}")
    return DifficultyChanged(difficulty)


class _Notify(msgspec.Struct, array_like=True, frozen=True):
    """The parameters of mining.notify, in their order."""

    job_id: str
    prevhash_hex: str
    coinb1_hex: str
    coinb2_hex: str
    merkle_branch_hex: tuple[str, ...]
    version_hex: str
    nbits_hex: str
    ntime_hex: str
    clean_jobs: bool = False


def _notify(params: list[Any]) -> UpstreamNotify:
    notify = msgspec.convert(params, _Notify)
    return UpstreamNotify(
        job_id=notify.job_id,
        prevhash_hex=notify.prevhash_hex,
        coinb1_hex=notify.coinb1_hex,
        coinb2_hex=notify.coinb2_hex,
        merkle_branch_hex=notify.merkle_branch_hex,
        version=int.from_bytes(hex_to_bytes(notify.version_hex, 4), "big", signed=True),
        nbits_hex=notify.nbits_hex,
        ntime=int.from_bytes(hex_to_bytes(notify.ntime_hex, 4), "big"),
        clean_jobs=notify.clean_jobs,
    )


def _reconnect(params: list[Any]) -> ReconnectAsked:
    host, port, wait = [*params, *(None, None, None)[len(params) :]][:3]
    wait_seconds = float(wait or 0)
    if math.isnan(wait_seconds):
        raise UpstreamGarbled("a wait of no time")
    return ReconnectAsked(str(host or "")[:MAX_TEXT_LETTERS], int(port or 0), wait_seconds)


_NOTIFICATIONS: dict[str, Callable[[list[Any]], Event]] = {
    "mining.notify": _notify,
    "mining.set_difficulty": lambda params: _difficulty(params[0]),
    "mining.set_extranonce": lambda params: ExtranonceChanged(*_extranonces(*_pair(params))),
    "mining.set_version_mask": lambda params: VersionMaskChanged(_mask(params[0])),
    "client.reconnect": _reconnect,
    "client.show_message": lambda params: MessageShown(str(params[0])[:MAX_TEXT_LETTERS]),
}

_QUESTIONS = {"client.get_version": AGENT, "mining.ping": "pong", "client.ping": "pong"}


def _pair(params: list[Any]) -> tuple[str, int]:
    return msgspec.convert(params[:2], tuple[str, int])


def _said(line: _Line) -> Event | None:
    """What is not known is left: extensions are for those who asked for them."""
    method = line.method or ""
    if method in _QUESTIONS:
        answer = {"id": line.id, "result": _QUESTIONS[method], "error": None}
        return Asked(msgspec.json.encode(answer) + b"\n")
    read = _NOTIFICATIONS.get(method)
    return read(line.params if isinstance(line.params, list) else []) if read else None
