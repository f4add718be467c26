"""How much of a stratum replica the world, and one address of it, may take."""

from __future__ import annotations

from typing import Annotated

from nompcore.config.section import Section, key
from nompcore.config.values import WholeNumber


class LimitsSection(Section):
    """Limits of one replica; 0 is none. The balancer's own address has none."""

    max_connections: Annotated[
        WholeNumber,
        key("maxConnections", "connections of this pool; 0: as many as the process has descriptors"),
    ] = 0
    connections_per_minute: Annotated[
        WholeNumber,
        key("connectionsPerMinute", "new connections of one address; so many may come at once; 0: no limit"),
    ] = 6000
    logins_per_minute: Annotated[
        WholeNumber,
        key("loginsPerMinute", "`mining.authorize` of one address; so many may come at once; 0: no limit"),
    ] = 6000
