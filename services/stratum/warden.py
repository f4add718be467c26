"""Offences of one pool's miners, and what follows from them: bans, of addresses that are not exempt."""

from __future__ import annotations

import logging

from services.stratum.ban_list import BanList
from services.stratum.counters import PoolCounters
from services.stratum.offences import BanRules, Offences
from services.stratum.proxy_policy import Networks

log = logging.getLogger(__name__)


class Warden:
    """Of one pool; the ban list is that of all. A group is an address as in ip_group.py, "" for nobody."""

    def __init__(
        self, pool: str, rules: BanRules, exempt: Networks, bans: BanList, counters: PoolCounters
    ) -> None:
        self._pool = pool
        self._rules = rules
        self._exempt = exempt
        self._bans = bans
        self._offences = Offences(rules)
        self._counters = counters
        # for every accepted share: nothing but the count
        self.valid_share = self._offences.valid_share

    def is_banned(self, group: str) -> bool:
        """Whether nobody may connect from there."""
        return self._bans.is_banned(group)

    def invalid_share(self, group: str, now: float) -> None:
        """A share refused for what it is; stale ones and those that could not be stored are none."""
        self._act(group, self._offences.invalid_share(group, now))

    def junk(self, group: str, now: float) -> None:
        """A connection closed because its peer does not speak stratum."""
        self._act(group, self._offences.junk(group, now))

    def failed_login(self, group: str, now: float) -> None:
        """A worker name that is none."""
        self._act(group, self._offences.failed_login(group, now))

    def forget_old(self, now: float) -> None:
        """Drop what lies too far back; called every few seconds."""
        self._offences.forget_old(now)

    def _act(self, group: str, reason: str | None) -> None:
        if reason is None or not group or self._is_exempt(group):
            return
        self._counters.bans[reason] += 1
        log.warning("address banned", extra={"pool": self._pool, "group": group, "reason": reason})
        self._bans.ban(group, reason, self._pool, self._rules.seconds)

    def _is_exempt(self, group: str) -> bool:
        return group.partition("/")[0] in self._exempt
