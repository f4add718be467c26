"""Stratum v1 on the wire: bytes ↔ typed requests, replies and notifications. No IO.

One JSON object a line. Replies are `{"id","result","error"}`, notifications `{"id":null,"method","params"}`,
both in that key order (spec 1.1). The request's id is any JSON value and is echoed byte for byte. Errors are
always `[number, text, null]`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from nompcore.errors import RejectReason
from nompcore.messages import Job

MAX_ID_BYTES = 128  # an id is held until its share is stored, so its size is bounded

EXTENSIONS = ("version-rolling", "minimum-difficulty", "subscribe-extranonce", "info")  # BIP 310


class MalformedLineError(Exception):
    """Not a JSON object with a method: the peer does not speak stratum, or garbles it."""


class _Line(msgspec.Struct, frozen=True):
    id: msgspec.Raw = msgspec.Raw(b"null")
    method: str = ""
    params: Any = None


@dataclass(frozen=True, slots=True)
class Subscribe:
    """mining.subscribe; user agent and session id are ignored as in NOMP."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Authorize:
    """mining.authorize; the password is dropped while parsing, so that nothing can log it."""

    id: bytes
    user: str


@dataclass(frozen=True, slots=True)
class Submit:
    """mining.submit. The texts are unchecked: sizes and hex are the share validation's concern."""

    id: bytes
    worker: str
    job_id: str
    extranonce2_hex: str
    ntime_hex: str
    nonce_hex: str


@dataclass(frozen=True, slots=True)
class Configure:
    """mining.configure (BIP 310): the extensions asked for, of those that exist."""

    id: bytes
    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetTransactions:
    """mining.get_transactions."""

    id: bytes


@dataclass(frozen=True, slots=True)
class ExtranonceSubscribe:
    """mining.extranonce.subscribe."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """mining.ping."""

    id: bytes


@dataclass(frozen=True, slots=True)
class BadParams:
    """A known method whose params cannot be what the method needs."""

    id: bytes
    method: str


@dataclass(frozen=True, slots=True)
class UnknownMethod:
    """A method this server does not have."""

    id: bytes
    method: str


Request = (
    Subscribe
    | Authorize
    | Submit
    | Configure
    | GetTransactions
    | ExtranonceSubscribe
    | Ping
    | BadParams
    | UnknownMethod
)

_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode


def parse_request(line: bytes) -> Request:
    """One line without its newline, as a typed request. Raises MalformedLineError."""
    try:
        call = _decode(line)
    except (ValueError, RecursionError) as error:  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise MalformedLineError from error
    request_id = bytes(call.id)
    if len(request_id) > MAX_ID_BYTES:
        raise MalformedLineError
    parse = _PARSERS.get(call.method)
    if parse is None:
        return UnknownMethod(request_id, call.method)
    return parse(request_id, call.params)


def _parse_submit(request_id: bytes, params: Any) -> Submit | BadParams:
    if isinstance(params, list) and len(params) >= 5:
        worker, job_id, extranonce2_hex, ntime_hex, nonce_hex = params[:5]
        if (
            isinstance(worker, str)
            and isinstance(job_id, str)
            and isinstance(extranonce2_hex, str)
            and isinstance(ntime_hex, str)
            and isinstance(nonce_hex, str)
        ):
            return Submit(request_id, worker, job_id, extranonce2_hex, ntime_hex, nonce_hex)
    return BadParams(request_id, "mining.submit")


def _parse_authorize(request_id: bytes, params: Any) -> Authorize | BadParams:
    if isinstance(params, list) and params and isinstance(params[0], str):
        return Authorize(request_id, params[0])
    return BadParams(request_id, "mining.authorize")


def _parse_configure(request_id: bytes, params: Any) -> Configure | BadParams:
    if not isinstance(params, list) or not params or not isinstance(params[0], list):
        return BadParams(request_id, "mining.configure")
    return Configure(request_id, tuple(name for name in EXTENSIONS if name in params[0]))


_PARSERS: dict[str, Callable[[bytes, Any], Request]] = {
    "mining.submit": _parse_submit,
    "mining.subscribe": lambda request_id, params: Subscribe(request_id),
    "mining.authorize": _parse_authorize,
    "mining.configure": _parse_configure,
    "mining.get_transactions": lambda request_id, params: GetTransactions(request_id),
    "mining.extranonce.subscribe": lambda request_id, params: ExtranonceSubscribe(request_id),
    "mining.ping": lambda request_id, params: Ping(request_id),
}

METHODS = frozenset(_PARSERS)


def result_line(request_id: bytes, result: object) -> bytes:
    """A reply with a result."""
    return b'{"id":%b,"result":%b,"error":null}\n' % (request_id, _encode(result))


def true_line(request_id: bytes) -> bytes:
    """The reply every accepted share gets."""
    return b'{"id":%b,"result":true,"error":null}\n' % request_id


def error_line(request_id: bytes, number: int, text: str, *, result: bool | None = None) -> bytes:
    """A reply with an error; `result` is null except where NOMP says false (mining.authorize)."""
    return b'{"id":%b,"result":%b,"error":%b}\n' % (
        request_id,
        _encode(result),
        _encode((number, text, None)),
    )


_REFUSALS = {reason: _encode((reason.number, reason.text, None)) for reason in RejectReason}


def refusal_line(request_id: bytes, reason: RejectReason) -> bytes:
    """The reply a refused share gets."""
    return b'{"id":%b,"result":null,"error":%b}\n' % (request_id, _REFUSALS[reason])


def subscribed_line(request_id: bytes, extranonce1_hex: str, extranonce2_size: int) -> bytes:
    """The reply to mining.subscribe.

    The subscription id is NOMP's form (16 fixed digits and 16 of our own); it is unique while the connection
    lives because extranonce1 is, and nothing ever refers to it.
    """
    subscription_id = f"deadbeefcafebabe{extranonce1_hex:0>16}"
    subscriptions = [[method, subscription_id] for method in ("mining.set_difficulty", "mining.notify")]
    return result_line(request_id, [subscriptions, extranonce1_hex, extranonce2_size])


def set_difficulty_line(difficulty: float) -> bytes:
    """mining.set_difficulty; whole numbers without a fraction, since some firmware reads only those."""
    number = int(difficulty) if difficulty.is_integer() else difficulty
    return b'{"id":null,"method":"mining.set_difficulty","params":[%b]}\n' % _encode(number)


def notify_line(job: Job, *, clean_jobs: bool) -> bytes:
    """mining.notify with its nine parameters (spec 1.6)."""
    params = [
        job.job_id,
        job.prevhash_hex,
        job.coinb1_hex,
        job.coinb2_hex,
        job.merkle_branch_hex,
        f"{job.version & 0xFFFFFFFF:08x}",
        job.nbits_hex,
        f"{job.ntime:08x}",
        clean_jobs,
    ]
    return b'{"id":null,"method":"mining.notify","params":%b}\n' % _encode(params)
