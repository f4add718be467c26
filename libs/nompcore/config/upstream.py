"""Bigger pools that a pool takes its work from, instead of a daemon."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from nompcore.coinbase import ExtranonceSizes
from nompcore.config.section import Section, key
from nompcore.config.values import PortNumber, Positive, Secret, Switch, Text

UPSTREAM_EXTRANONCES = ExtranonceSizes(2, 2)
"""Most pools leave four bytes: two tell our miners apart, two are theirs. Fixed, so that miners stay when the
work comes from another upstream pool, or from the daemon."""


class UpstreamPool(Section):
    """One upstream pool and our login there."""

    host: Annotated[Text, key("host", "name or address", ours=True)]
    port: Annotated[PortNumber, key("port", "its stratum port", ours=True)]
    user: Annotated[
        Text, key("user", "our login there: with most pools an address, or address.name", ours=True)
    ]
    password: Annotated[Secret, key("password", "the password there", ours=True)] = SecretStr("x")
    tls: Annotated[Switch, key("tls", "speak TLS, and check its certificate", ours=True)] = False

    @property
    def name(self) -> str:
        """How logs and people call it."""
        return f"{self.host}:{self.port}"


class UpstreamSection(Section):
    """Upstream pools in order of preference (docs/upstream.md)."""

    enabled: Annotated[Switch, key("enabled", "take the work from upstream pools", ours=True)] = True
    pools: Annotated[
        list[UpstreamPool],
        Field(min_length=1),
        key("pools", "upstream pools, the preferred one first", ours=True),
    ]
    fall_back_to_daemon: Annotated[
        Switch, key("fallBackToDaemon", "while none of them gives work: mine for ourselves", ours=True)
    ] = False
    min_difficulty: Annotated[
        Positive | None,
        key(
            "minDifficulty",
            "an upstream pool whose shares are easier is not used; "
            "without it a hundredth of the lowest difficulty of the ports",
            ours=True,
        ),
    ] = None
