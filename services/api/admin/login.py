"""From a name, a password and perhaps six digits to a session; every failure looks the same."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.api.admin.audit_log import DONE, REFUSED, AuditLog
from services.api.admin.login_gate import LoginGate
from services.api.admin.operators import Operator, password_fits
from services.api.admin.session import Session
from services.api.admin.session_keys import SessionKeys
from services.api.admin.totp import matching_step
from services.api.state.metrics import ADMIN_LOGINS

log = logging.getLogger(__name__)

MAX_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class Refusal:
    """No session: wrong, or too soon by so many whole seconds."""

    wait_seconds: int = 0


class Login:
    """Of all operators. `try_login` raises BusError where it can neither be counted nor be written down."""

    def __init__(
        self,
        operators: Mapping[str, Operator],
        keys: SessionKeys,
        gate: LoginGate,
        audit: AuditLog,
        now_ms: Callable[[], int],
    ) -> None:
        self._operators = operators
        self._keys = keys
        self._gate = gate
        self._audit = audit
        self._now_ms = now_ms
        self._one_at_a_time = asyncio.Lock()  # a hash takes 64 MiB

    async def try_login(self, name: str, password: str, code: str, ip: str) -> Session | Refusal:
        """The new session, or why there is none."""
        wait = await self._gate.take(ip, self._now_ms())
        if wait:
            ADMIN_LOGINS.labels("too-soon").inc()
            return Refusal(math.ceil(wait))
        operator = self._operators.get(name)
        entry = await self._audit.begin(operator.name if operator else "", ip, "login", {})
        if operator is None or not await self._is(operator, password, code):
            if operator is None:
                await self._is(None, password, code)
            ADMIN_LOGINS.labels("refused").inc()
            await self._audit.finish(entry, REFUSED, "wrong name, password or digits")
            log.warning("login refused", extra={"ip": ip, "operator": operator.name if operator else ""})
            return Refusal()
        await self._gate.succeeded(ip)
        ADMIN_LOGINS.labels("done").inc()
        await self._audit.finish(entry, DONE, "logged in")
        log.warning("operator logged in", extra={"ip": ip, "operator": operator.name})
        return Session(operator, self._now_ms(), secrets.token_hex(16))

    async def _is(self, operator: Operator | None, password: str, code: str) -> bool:
        """Whether it is the operator; takes the same time for nobody."""
        async with self._one_at_a_time:
            fits = await asyncio.to_thread(password_fits, operator, password[:MAX_PASSWORD])
        if operator is None or operator.totp is None:
            return fits
        step = matching_step(operator.totp, code, self._now_ms() / 1000)
        # digits are used up only together with the password: else who guesses could use up an operator's
        return fits and step is not None and await self._keys.take_step(operator.name, step)
