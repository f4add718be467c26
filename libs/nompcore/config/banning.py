"""Banning of addresses that send too many invalid shares, rubbish, or logins that fail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nompcore.config.section import Section, key
from nompcore.config.values import Count, NetworkText, Percent, Positive, Switch


class BanningSection(Section):
    """When an address is banned and for how long. A ban holds on every replica and for every pool."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    time_seconds: Annotated[Positive, key("time", "length of a ban", unit="seconds")] = 600
    invalid_percent: Annotated[
        Percent, key("invalidPercent", "share of invalid shares that bans; stale ones never count")
    ] = 50
    check_threshold: Annotated[
        Count, key("checkThreshold", "shares of an address over which the percentage is taken")
    ] = 500
    purge_interval_seconds: Annotated[
        Positive,
        key("purgeInterval", "rubbish and failed logins older than this are forgotten", unit="seconds"),
    ] = 300
    junk_limit: Annotated[
        Count, key("junkLimit", "connections closed for rubbish, after which one more bans", ours=True)
    ] = 10
    failed_login_limit: Annotated[
        Count, key("failedLoginLimit", "failed logins, after which one more bans", ours=True)
    ] = 50
    exempt: Annotated[
        list[NetworkText], key("exempt", "networks that are never banned, such as a rented farm's", ours=True)
    ] = Field(default_factory=list)
