"""Stands before every path of the admin center.

Without a session nobody sees anything but the login form, and without the form's token nothing is done. A new
path is guarded because it is behind this, not because it asks to be.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nompcore.errors import BusError
from services.api.admin.forms import FormRefused, read_form
from services.api.admin.operators import Operator
from services.api.admin.session import Session, form_token, is_token, login_token, session_of
from services.api.admin.session_keys import SessionKeys
from services.api.admin.visit import COOKIE, LOGIN, LOGIN_COOKIE, TOKEN_FIELD, Visit, is_encrypted
from services.api.serving.rate_limit import Gate
from services.api.state.metrics import ADMIN_REFUSED

log = logging.getLogger(__name__)

READING = ("GET", "HEAD")

# What browsers say of requests that another site has caused (Fetch Metadata); older ones say nothing.
OWN_SITE = ("same-origin", "none", "")

NOT_KEPT = {"Cache-Control": "no-store"}


class Guard:
    """Wraps the application. Answers 303 or 403 by itself where a request may not pass."""

    def __init__(
        self,
        app: ASGIApp,
        operators: Mapping[str, Operator],
        keys: SessionKeys,
        gate: Gate,
        now_ms: Callable[[], int],
    ) -> None:
        self._app = app
        self._operators = operators
        self._keys = keys
        self._gate = gate
        self._now_ms = now_ms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await PlainTextResponse("not here", 403)(scope, receive, send)
            return
        request = Request(scope, receive)

        async def send_unkept(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(NOT_KEPT)
            await send(message)

        try:
            refusal = await self._refusal(request)
        except FormRefused as error:
            refusal = _refused("form", str(error), 400)
        except BusError as error:
            log.warning("nobody can be let in", extra={"reason": str(error)})
            refusal = _refused("unavailable", "sessions cannot be checked now; try again shortly", 503)
        await (refusal or self._app)(scope, receive, send_unkept)

    async def _refusal(self, request: Request) -> Response | None:
        """Why the request does not pass; None where it does, and then its visit is in the scope."""
        if request.method not in (*READING, "POST"):
            return _refused("method", "not that way", 405)
        key, session = await self._keys.key(), await self._session(request)
        if session is None and request.url.path != LOGIN:
            if request.method in READING:
                ADMIN_REFUSED.labels("no-session").inc()
                return RedirectResponse(LOGIN, 303)
            return _refused("no-session", "log in first")
        nonce = request.cookies.get(LOGIN_COOKIE, "")
        fresh = nonce or secrets.token_hex(16)
        token = form_token(session, key) if session else login_token(fresh, key)
        fields: dict[str, str] = {}
        if request.method == "POST":
            fields = await read_form(request)
            is_ours = is_token(token, fields.pop(TOKEN_FIELD, "")) and (session is not None or nonce != "")
            if not is_ours or request.headers.get("sec-fetch-site", "") not in OWN_SITE:
                return _refused("token", "this form is not from here, or too old: load the page again")
        request.scope["nomp_visit"] = Visit(session, self._gate.sender_of(request.scope), token, fields)
        request.scope["nomp_nonce"] = fresh
        return None

    async def _session(self, request: Request) -> Session | None:
        cookie = request.cookies.get(COOKIE, "")
        session = (
            session_of(cookie, await self._keys.key(), self._operators, self._now_ms()) if cookie else None
        )
        return None if session is None or await self._keys.is_ended(session) else session


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """A cookie for these paths, not for scripts or other sites; over TLS only, where there is TLS."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/admin",
        secure=is_encrypted(request),
        httponly=True,
        samesite="strict",
    )


def _refused(why: str, text: str, status: int = 403) -> Response:
    ADMIN_REFUSED.labels(why).inc()
    return PlainTextResponse(f"{text}\n", status)
