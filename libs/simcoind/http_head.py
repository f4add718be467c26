"""The head of an HTTP/1.1 request, and that of its response. Pure."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

WALLET_PREFIX = "/wallet/"


class HttpError(Exception):
    """A request that is answered with a bare status, then the connection ends."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """What the server needs to know of a request before its body."""

    wallet_name: str | None
    authorization: str
    content_length: int
    keep_alive: bool


def parse_head(data: bytes, max_body: int) -> Head:
    """The head that ends with an empty line. Raises HttpError."""
    request_line, *lines = data.decode("latin-1").split("\r\n")
    try:
        method, target, version = request_line.split(" ")
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST) from error
    if method != "POST":
        raise HttpError(HTTPStatus.METHOD_NOT_ALLOWED)
    headers = dict(_header(line) for line in lines if line)
    return Head(
        _wallet_name(target),
        headers.get("authorization", ""),
        _content_length(headers, max_body),
        version == "HTTP/1.1" and headers.get("connection", "").lower() != "close",
    )


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise HttpError(HTTPStatus.BAD_REQUEST)
    return name.strip().lower(), value.strip()


def _wallet_name(target: str) -> str | None:
    try:
        path = urlsplit(target).path
    except ValueError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST) from error
    if path.startswith(WALLET_PREFIX):
        return unquote(path.removeprefix(WALLET_PREFIX))
    if path != "/":
        raise HttpError(HTTPStatus.NOT_FOUND)
    return None


def _content_length(headers: dict[str, str], max_body: int) -> int:
    text = headers.get("content-length")
    if text is None:
        raise HttpError(HTTPStatus.LENGTH_REQUIRED)
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise HttpError(HTTPStatus.BAD_REQUEST)
    if int(text) > max_body:
        raise HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)


def basic_authorization(user: str, password: str) -> str:
    """The Authorization header of a client that knows the password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def is_authorized(head: Head, wanted: str) -> bool:
    """Whether the header is the wanted one, compared in constant time."""
    return hmac.compare_digest(head.authorization.encode("latin-1"), wanted.encode())


def response_head(status: int, length: int, *, keep_alive: bool) -> bytes:
    """Status line and headers of a response with a JSON body of `length` bytes."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Length: {length}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
    ]
    if length:
        lines.append("Content-Type: application/json")
    if status == HTTPStatus.UNAUTHORIZED:
        lines.append('WWW-Authenticate: Basic realm="jsonrpc"')
    return "\r\n".join([*lines, "", ""]).encode()
