"""JSON-RPC to a coin daemon: exact numbers, bounded time and size, errors sorted by what to do next."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from types import TracebackType
from typing import Any, TypedDict, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from nompcore import metrics
from nompcore.amounts import coins_from_sats, sats_from_coins
from nompcore.config.daemons import DaemonConfig
from nompcore.errors import (
    DaemonError,
    DaemonGarbled,
    DaemonHttpFault,
    DaemonLonely,
    DaemonRefused,
    DaemonSilent,
    DaemonSyncing,
    DaemonUnauthorized,
    DaemonUnreachable,
    DaemonWarmingUp,
)

__all__ = ["Daemon", "coins_from_sats", "sats_from_coins"]

CALL_SECONDS = 15.0

ANSWER_BYTES = 64 * 1024 * 1024
"""Bound of an answer; a full template is about twice a 4 MB block in hex."""

CONNECTIONS = 16
"""Below the daemon's default `-rpcworkqueue=16`; a long poll keeps one for itself."""

KEEPALIVE_SECONDS = 10
"""Well below the 30 s (`-rpcservertimeout`) after which a daemon closes an idle connection."""

_NOT_READY = {-28: DaemonWarmingUp, -10: DaemonSyncing, -9: DaemonLonely}
_UNAUTHORIZED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)

T = TypeVar("T")


class _Fields(TypedDict, total=False):
    """An answer whose result is an object, or anything else."""

    result: dict[str, msgspec.Raw] | list[msgspec.Raw] | str | int | float | bool | None
    error: Any


_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(Any, float_hook=Decimal)
_fields_decoder = msgspec.json.Decoder(_Fields)


class Daemon:
    """One daemon. `name` (host and port unless given) is for logs and metrics and holds no credentials."""

    def __init__(self, config: DaemonConfig, name: str = "") -> None:
        host = f"[{config.host}]" if ":" in config.host else config.host
        path = f"/wallet/{quote(config.wallet, safe='')}" if config.wallet else "/"
        self.name = name or f"{host}:{config.port}"
        self._url = f"{'https' if config.tls else 'http'}://{host}:{config.port}{path}"
        self._config = config
        self._login: tuple[str, str] | None = None
        self._ids = itertools.count(1)
        self._client = httpx.AsyncClient(
            timeout=None,  # noqa: S113  (the whole exchange has one deadline, in `_exchange`)
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEPALIVE_SECONDS),
            # without TLS an empty context spares loading the certificates
            verify=ssl.create_default_context() if config.tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,  # never through a proxy
        )

    async def call(self, method: str, *params: object, timeout_seconds: float = CALL_SECONDS) -> Any:
        """The result of one call; fractions are Decimal. Raises DaemonError, see `nompcore.errors`."""
        with self._counted(method):
            answer = await self._exchange(self._request(method, params), _decoder, timeout_seconds)
            return _result_of(answer)

    async def call_fields(
        self, method: str, *params: object, timeout_seconds: float = CALL_SECONDS
    ) -> Mapping[str, msgspec.Raw]:
        """As `call`, but the result's fields are JSON still: for a large one, of which not all is needed.

        Empty where the result is no object.
        """
        with self._counted(method):
            answer = await self._exchange(self._request(method, params), _fields_decoder, timeout_seconds)
            result = _result_of(answer)
            return result if isinstance(result, dict) else {}

    async def batch(
        self, calls: Sequence[tuple[str, Sequence[object]]], *, timeout_seconds: float = CALL_SECONDS
    ) -> list[Any]:
        """The results of several calls in one exchange; where one failed, its DaemonError stands there."""
        requests = [self._request(method, params) for method, params in calls]
        with self._counted("batch"):
            answers = await self._exchange(requests, _decoder, timeout_seconds)
            return _results_of(requests, answers)

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Daemon:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _request(self, method: str, params: Sequence[object]) -> dict[str, object]:
        return {"jsonrpc": "1.0", "id": next(self._ids), "method": method, "params": params}

    @contextlib.contextmanager
    def _counted(self, method: str) -> Iterator[None]:
        with metrics.DAEMON_CALL_SECONDS.labels(self.name, method).time():
            try:
                yield
            except DaemonError as error:
                metrics.DAEMON_ERRORS.labels(self.name, type(error).__name__).inc()
                raise

    async def _exchange(self, request: object, decoder: msgspec.json.Decoder[T], timeout_seconds: float) -> T:
        """Sends a request or several and decodes the answer."""
        body = _encoder.encode(request)
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._post_logged_in(body)
        except TimeoutError:
            raise DaemonSilent(f"{self.name}: no answer within {timeout_seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._login = None  # a daemon that starts again writes a new cookie
            raise DaemonUnreachable(f"{self.name}: {str(error) or type(error).__name__}") from error
        try:
            return decoder.decode(answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DaemonGarbled(f"{self.name}: the answer is not JSON") from error

    async def _post_logged_in(self, body: bytes) -> bytes:
        """Posts with the login at hand; where that is an outdated cookie, again with the new one."""
        used = self._login = self._login or await self._read_login()
        try:
            return await self._post(body, used)
        except DaemonUnauthorized:
            self._login = await self._read_login()
            if self._login == used:
                raise
            return await self._post(body, self._login)

    async def _read_login(self) -> tuple[str, str]:
        path = self._config.cookie_file
        if path is None:
            return self._config.user, self._config.password.get_secret_value()
        try:
            text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        except PermissionError:
            raise DaemonUnauthorized(f"{self.name}: may not read the cookie file {path}") from None
        except (OSError, UnicodeDecodeError):
            raise DaemonUnreachable(
                f"{self.name}: no cookie file {path}, the daemon is not running"
            ) from None
        user, _, password = text.strip().partition(":")
        return user, password

    async def _post(self, body: bytes, login: tuple[str, str]) -> bytes:
        """The body of the answer, whatever its status, if it can be an answer of JSON-RPC."""
        parts: list[bytes] = []
        size = 0
        headers = {"Content-Type": "application/json"}
        async with self._client.stream(
            "POST", self._url, content=body, headers=headers, auth=login
        ) as answer:
            if answer.status_code in _UNAUTHORIZED:
                raise DaemonUnauthorized(f"{self.name}: HTTP {answer.status_code}, check user and password")
            async for part in answer.aiter_bytes():
                size += len(part)
                if size > ANSWER_BYTES:
                    raise DaemonGarbled(f"{self.name}: the answer exceeds {ANSWER_BYTES} bytes")
                parts.append(part)
        content = b"".join(parts)
        if answer.status_code != httpx.codes.OK and not content.lstrip().startswith((b"{", b"[")):
            raise DaemonHttpFault(f"{self.name}: HTTP {answer.status_code}")
        return content


def _result_of(answer: object) -> Any:
    """The result in an answer, or its error raised."""
    if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
        raise DaemonGarbled("the answer is not JSON-RPC")
    error = answer.get("error")
    if error is None:
        return answer.get("result")
    code = error.get("code") if isinstance(error, dict) else None
    text = error.get("message") if isinstance(error, dict) else error
    code = code if isinstance(code, int) else 0
    if not_ready := _NOT_READY.get(code):
        raise not_ready(f"{text} ({code})")
    raise DaemonRefused(code, str(text))


def _results_of(requests: Sequence[dict[str, object]], answers: object) -> list[Any]:
    """Results in the order of the requests; daemons may answer in another one."""
    if not isinstance(answers, list):
        _result_of(answers)  # one error for the whole batch
        raise DaemonGarbled("the answer to a batch is not a list")
    by_id = {
        answer.get("id"): answer
        for answer in answers
        if isinstance(answer, dict) and isinstance(answer.get("id"), int)
    }
    return [_result_or_error(by_id.get(request["id"])) for request in requests]


def _result_or_error(answer: object) -> Any:
    try:
        return _result_of(answer)
    except DaemonError as error:
        return error
