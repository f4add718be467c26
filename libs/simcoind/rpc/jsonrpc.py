"""JSON-RPC 1.0 as coin daemons speak it: requests out of a body, answers into one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from simcoind.rpc.error import INVALID_REQUEST, METHOD_NOT_FOUND, PARSE, RpcError

MAX_BATCH = 2_000
"""Calls in one batch."""

HTTP_OK, HTTP_BAD_REQUEST, HTTP_NOT_FOUND, HTTP_ERROR = 200, 400, 404, 500

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # amounts must not pass through a float


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `error` is set when it is not even a call."""

    method: str
    params: list[Any]
    request_id: str | int | None = None
    error: RpcError | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a result, or an error."""

    request_id: str | int | None
    result: object = None
    error: RpcError | None = None

    @property
    def status(self) -> int:
        """The HTTP status that coin daemons give it."""
        if self.error is None:
            return HTTP_OK
        return {INVALID_REQUEST: HTTP_BAD_REQUEST, METHOD_NOT_FOUND: HTTP_NOT_FOUND}.get(
            self.error.code, HTTP_ERROR
        )


def parse_body(body: bytes) -> Request | list[Request]:
    """The call or the batch of a request body. Raises RpcError for a body that is neither."""
    try:
        data = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RpcError(PARSE, "Parse error") from error
    if isinstance(data, list):
        if len(data) > MAX_BATCH:
            raise RpcError(INVALID_REQUEST, f"More than {MAX_BATCH} calls in a batch")
        return [_request(row) for row in data]
    if not isinstance(data, dict):
        raise RpcError(PARSE, "Top-level object parse error")
    return _request(data)


def _request(row: object) -> Request:
    if not isinstance(row, dict):
        return Request("", [], error=RpcError(INVALID_REQUEST, "Invalid Request object"))
    request_id, method, params = row.get("id"), row.get("method"), row.get("params") or []
    if not isinstance(request_id, str | int | None):
        return Request("", [], error=RpcError(INVALID_REQUEST, "Id must be a string or an integer"))
    if not isinstance(method, str):
        return Request("", [], request_id, RpcError(INVALID_REQUEST, "Method must be a string"))
    if not isinstance(params, list):
        return Request(method, [], request_id, RpcError(INVALID_REQUEST, "Params must be an array"))
    return Request(method, params, request_id)


def encode_replies(replies: Reply | list[Reply]) -> bytes:
    """A response body."""
    data = [_plain(reply) for reply in replies] if isinstance(replies, list) else _plain(replies)
    return _ENCODER.encode(data) + b"\n"


def _plain(reply: Reply) -> dict[str, Any]:
    error = {"code": reply.error.code, "message": reply.error.text} if reply.error else None
    return {"result": reply.result, "error": error, "id": reply.request_id}
