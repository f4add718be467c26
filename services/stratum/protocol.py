"""Stratum v1 from the wire: one JSON object a line → a typed request. No IO; `replies.py` is the way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from services.stratum.password_options import parse_password
from services.stratum.requests import (
    VERSION_MASK_ALL,
    Authorize,
    BadParams,
    Configure,
    ExtranonceSubscribe,
    GetTransactions,
    GetVersion,
    MultiVersion,
    Ping,
    Reply,
    Request,
    Submit,
    Subscribe,
    SuggestDifficulty,
    SuggestTarget,
    UnknownMethod,
)

MAX_ID_BYTES = 128  # an id is held until its share is stored, so its size is bounded

MAX_EXTENSIONS = 16  # of one mining.configure; BIP 310 knows four
MAX_AGENT_LETTERS = 64


class MalformedLineError(Exception):
    """Not a JSON object with a method: the peer does not speak stratum, or garbles it."""


class _Line(msgspec.Struct, frozen=True):
    id: msgspec.Raw = msgspec.Raw(b"null")
    method: str = ""
    params: Any = None
    result: Any = None  # of an answer to one of our own requests
    error: Any = None


_decode = msgspec.json.Decoder(_Line).decode


def parse_request(line: bytes) -> Request:
    """One line without its newline, as a typed request. Raises MalformedLineError."""
    try:
        call = _decode(line)
        request_id = bytes(call.id)
        request_id.decode()  # msgspec does not look into what it leaves as it is, and we send it back
    except (ValueError, RecursionError) as error:  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise MalformedLineError from error
    if len(request_id) > MAX_ID_BYTES:
        raise MalformedLineError
    parse = _PARSERS.get(call.method)
    if parse is not None:
        return parse(request_id, call.params)
    if not call.method and (call.result is not None or call.error is not None):
        return Reply(_printable(call.result) if isinstance(call.result, str) else "")
    return UnknownMethod(request_id, call.method)


def _parse_submit(request_id: bytes, params: Any) -> Submit | BadParams:
    if isinstance(params, list) and len(params) >= 5:
        worker, job_id, extranonce2_hex, ntime_hex, nonce_hex = params[:5]
        version_bits_hex = params[5] if len(params) > 5 else None
        if (
            isinstance(worker, str)
            and isinstance(job_id, str)
            and isinstance(extranonce2_hex, str)
            and isinstance(ntime_hex, str)
            and isinstance(nonce_hex, str)
            and (version_bits_hex is None or isinstance(version_bits_hex, str))
        ):
            return Submit(request_id, worker, job_id, extranonce2_hex, ntime_hex, nonce_hex, version_bits_hex)
    return BadParams(request_id, "mining.submit")


def _parse_authorize(request_id: bytes, params: Any) -> Authorize | BadParams:
    if isinstance(params, list) and params and isinstance(params[0], str):
        password = _text(params, 1)
        return Authorize(request_id, params[0], parse_password(password), password)
    return BadParams(request_id, "mining.authorize")


def _parse_subscribe(request_id: bytes, params: Any) -> Subscribe:
    """Whatever the parameters are, a miner that says hello gets work."""
    return Subscribe(request_id, _printable(_text(params, 0)), _text(params, 1))


def _text(params: Any, index: int) -> str:
    """The parameter if it is there and a text, else nothing."""
    text = params[index] if isinstance(params, list) and len(params) > index else ""
    return text if isinstance(text, str) else ""


def _printable(text: str) -> str:
    """What may stand in a log: a few printable ASCII characters."""
    if text.isascii() and text.isprintable():
        return text[:MAX_AGENT_LETTERS]
    return "".join(letter for letter in text[:MAX_AGENT_LETTERS] if " " <= letter <= "~")


def _parse_configure(request_id: bytes, params: Any) -> Configure | BadParams:
    if not isinstance(params, list) or not params or not isinstance(params[0], list):
        return BadParams(request_id, "mining.configure")
    names = tuple(name for name in params[0][:MAX_EXTENSIONS] if isinstance(name, str) and len(name) <= 64)
    given = params[1] if len(params) > 1 and isinstance(params[1], dict) else {}
    least = given.get("minimum-difficulty.value")
    minimum = 0.0 if least == 0 else _number(least)  # 0 asks for none
    return Configure(request_id, names, _mask(given.get("version-rolling.mask")), minimum)


def _mask(value: Any) -> int:
    """The mask a miner names; all bits when it names none that can be read."""
    try:
        return int(value, 16) & VERSION_MASK_ALL if isinstance(value, str) else VERSION_MASK_ALL
    except ValueError:
        return VERSION_MASK_ALL


def _number(value: Any) -> float | None:
    """A difficulty as a number or, as some firmware writes it, in a text; None for anything else."""
    try:
        number = float(value) if isinstance(value, int | float | str) and value is not True else math.nan
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < math.inf else None


def _parse_suggest_difficulty(request_id: bytes, params: Any) -> SuggestDifficulty | BadParams:
    number = _number(params[0]) if isinstance(params, list) and params else None
    if number is None:
        return BadParams(request_id, "mining.suggest_difficulty")
    return SuggestDifficulty(request_id, number)


_PARSERS: dict[str, Callable[[bytes, Any], Request]] = {
    "mining.submit": _parse_submit,
    "mining.subscribe": _parse_subscribe,
    "mining.authorize": _parse_authorize,
    "mining.configure": _parse_configure,
    "mining.get_transactions": lambda request_id, params: GetTransactions(request_id, _text(params, 0)),
    "mining.suggest_difficulty": _parse_suggest_difficulty,
    "mining.suggest_target": lambda request_id, params: SuggestTarget(request_id, _text(params, 0)),
    "mining.multi_version": lambda request_id, params: MultiVersion(request_id),
    "client.get_version": lambda request_id, params: GetVersion(request_id),
    "mining.extranonce.subscribe": lambda request_id, params: ExtranonceSubscribe(request_id),
    "mining.ping": lambda request_id, params: Ping(request_id),
}

METHODS = frozenset(_PARSERS)
