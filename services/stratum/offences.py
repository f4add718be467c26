"""What speaks against an address, counted until it is enough for a ban. Pure; times are of a steady clock.

    invalid shares   NOMP's rule (spec 1.8) mended: of each `check_threshold` shares of an address so many
                     percent invalid. Not of a connection, or reconnecting would start the count anew. When
                     the rest of the window cannot save it, its end is not waited for.
    junk             connections that had to be closed for rubbish
    failed logins    worker names that are none

Junk and failed logins count within `forget_seconds`.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_GROUPS = 100_000  # about 30 MB; beyond it the address seen first is forgotten: found without a search

INVALID_SHARES, JUNK, FAILED_LOGINS = "invalid-shares", "junk", "failed-logins"


@dataclass(frozen=True, slots=True)
class BanRules:
    """One pool's: see `banning` in docs/configuration.md."""

    enabled: bool
    seconds: float
    invalid_percent: float
    check_threshold: int
    forget_seconds: float
    junk_limit: int
    failed_login_limit: int


@dataclass(slots=True)
class _Record:
    valid: int = 0
    invalid: int = 0
    junk: int = 0
    failed_logins: int = 0
    since: float = 0.0  # of the first junk or failed login that counts


class Offences:
    """Of one pool in this process. A method's answer is the reason for a ban, None for none yet."""

    def __init__(self, rules: BanRules) -> None:
        self._rules = rules
        self._enabled, self._window = rules.enabled, rules.check_threshold
        self._records: dict[str, _Record] = {}

    def __len__(self) -> int:
        return len(self._records)

    def valid_share(self, group: str) -> None:
        """An accepted share. Runs for each one."""
        if self._enabled:
            record = self._records.get(group) or self._record(group)
            record.valid += 1
            if record.valid + record.invalid >= self._window:
                record.valid = record.invalid = 0

    def invalid_share(self, group: str, now: float) -> str | None:
        """A refused share; stale ones, and those that could not be stored, are not for here."""
        if not self._rules.enabled:
            return None
        record = self._record(group)
        record.invalid += 1
        # the valid ones still to come in this window cannot lower the percentage below this
        if record.invalid * 100 >= self._rules.invalid_percent * self._rules.check_threshold:
            return self._ban(group, INVALID_SHARES)
        self._end_window(record)
        return None

    def junk(self, group: str, now: float) -> str | None:
        """A connection closed for rubbish."""
        record = self._recent(group, now)
        if record is None:
            return None
        record.junk += 1
        return self._ban(group, JUNK) if record.junk > self._rules.junk_limit else None

    def failed_login(self, group: str, now: float) -> str | None:
        """A worker name that is none."""
        record = self._recent(group, now)
        if record is None:
            return None
        record.failed_logins += 1
        return (
            self._ban(group, FAILED_LOGINS) if record.failed_logins > self._rules.failed_login_limit else None
        )

    def forget_old(self, now: float) -> None:
        """Drop the addresses of which nothing is known but junk and logins long ago."""
        for group, record in list(self._records.items()):
            if not (record.valid or record.invalid) and now - record.since > self._rules.forget_seconds:
                del self._records[group]

    def _record(self, group: str) -> _Record:
        record = self._records.get(group)
        if record is None:
            if len(self._records) >= MAX_GROUPS:
                del self._records[next(iter(self._records))]
            record = self._records[group] = _Record()
        return record

    def _recent(self, group: str, now: float) -> _Record | None:
        """The record with old junk and logins forgotten; None when nobody is ever banned."""
        if not self._rules.enabled:
            return None
        record = self._record(group)
        if now - record.since > self._rules.forget_seconds:
            record.since, record.junk, record.failed_logins = now, 0, 0
        return record

    def _end_window(self, record: _Record) -> None:
        if record.valid + record.invalid >= self._rules.check_threshold:
            record.valid = record.invalid = 0

    def _ban(self, group: str, reason: str) -> str:
        del self._records[group]
        return reason
