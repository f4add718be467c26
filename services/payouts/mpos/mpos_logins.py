"""Miners' logins, looked up in MPOS's workers. No password is logged, and none is compared faster for being
more wrong."""

from __future__ import annotations

import asyncio
import hmac
import logging
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from nompcore.config import MposConfig
from nompcore.config.mpos import LoginCheck
from nompcore.requests import LoginReply, LoginRequest
from services.payouts import metrics
from services.payouts.mpos import mpos_metrics
from services.payouts.mpos.mpos_database import MposDatabase, MposUnavailable
from services.payouts.mpos.mpos_tables import PASSWORD_LETTERS, WORKER_LETTERS, accounts, pool_worker

log = logging.getLogger(__name__)

WELCOME: Final = LoginReply(ok=True)
UNKNOWN_WORKER: Final = LoginReply(ok=False, text="unknown worker")
WRONG: Final = LoginReply(ok=False, text="unknown worker or wrong password")
"""One answer for both: nobody learns which workers there are."""
UNCHECKED: Final = LoginReply(ok=False, text="logins cannot be checked now, try again", try_again=True)


class MposLogins:
    """One pool's."""

    def __init__(self, database: MposDatabase, config: MposConfig, pool: str) -> None:
        self._database = database
        self._checks_password = config.login_check is LoginCheck.PASSWORD
        self._creates = config.auto_create_worker
        self._pool = pool

    async def answer(self, request: LoginRequest) -> LoginReply:
        """May this worker mine? Refused when the database cannot say."""
        try:
            reply = await asyncio.to_thread(self.check, request.user, request.password)
        except MposUnavailable as error:
            metrics.OUTAGES.labels(self._pool, "mpos login", type(error).__name__).inc()
            log.warning("login not checked", extra={"pool": self._pool, "reason": str(error)})
            reply = UNCHECKED
        answer = "ok" if reply.ok else "unchecked" if reply.try_again else "refused"
        mpos_metrics.LOGINS.labels(self._pool, answer).inc()
        return reply

    def check(self, user: str, password: str) -> LoginReply:
        """Look the worker up, and add it where that is wanted and its account is known."""
        stored = self._stored_password(user)
        if stored is None and self._creates:
            with self._database.transaction() as connection:
                _add_worker(connection, user, password)
            stored = self._stored_password(user)
        if stored is None:
            return WRONG if self._checks_password else UNKNOWN_WORKER
        is_right = hmac.compare_digest(stored.encode(), password.encode())
        return WELCOME if is_right or not self._checks_password else WRONG

    def _stored_password(self, user: str) -> str | None:
        """The worker's password, "" if it has none; None for an unknown worker. Whether names that differ in
        case are one is the database's affair; workers added by a pool are in lower case."""
        names = sorted({user, user.lower()})
        found = select(pool_worker.c.password).where(pool_worker.c.username.in_(names)).limit(1)
        with self._database.transaction() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else row.password or ""


def _add_worker(connection: Connection, user: str, password: str) -> None:
    """Add it, unless there is no such account, the texts do not fit, or another replica has added it."""
    name = user.lower()
    if len(name) > WORKER_LETTERS or len(password) > PASSWORD_LETTERS:
        return
    account = select(accounts.c.id).where(accounts.c.username == name.partition(".")[0])
    account_id = connection.execute(account).scalars().first()
    if account_id is None:
        return
    row = {"account_id": account_id, "username": name, "password": password}
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(pool_worker).values(row))
