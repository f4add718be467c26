"""Banning of addresses that send too many invalid shares."""

from __future__ import annotations

from typing import Annotated

from nompcore.config.section import Section, key
from nompcore.config.values import Count, Percent, Positive, Switch

BANNING_INACTIVE = "nobody is banned; limit connections in the load balancer or firewall"


class BanningSection(Section):
    """When an address is banned and for how long."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    time_seconds: Annotated[Positive, key("time", "length of a ban", unit="seconds")] = 600
    invalid_percent: Annotated[Percent, key("invalidPercent", "share of invalid shares that bans")] = 50
    check_threshold: Annotated[Count, key("checkThreshold", "shares between two looks at the percentage")] = (
        500
    )
    purge_interval_seconds: Annotated[
        Positive, key("purgeInterval", "how often ended bans are forgotten", unit="seconds")
    ] = 300
