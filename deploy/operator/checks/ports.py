"""Ports that services of this machine listen on: are they free, or held by those services?"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from deploy.operator.checks.ground import Ground
from deploy.operator.checks.port_owner import owner_of
from deploy.operator.findings import Finding, fine, unchecked, wrong
from nompcore.subjects import API, NOTIFIER, STRATUM


@dataclass(frozen=True, slots=True)
class Claim:
    """A port that a service wants, and where that is said."""

    port: int
    service: str
    where: str


async def check_ports(ground: Ground) -> list[Finding]:
    """Of this machine only: services elsewhere have ports of their own."""
    claims = _claims(ground)
    taken = [claim for claim in claims if not _is_free(claim.port)]
    found = [finding for claim in taken for finding in judge(claim, owner_of(claim.port))]
    if found or not claims:
        return found
    return [fine("ports", "ports of services", f"{len(claims)} are free, or held by them")]


def judge(claim: Claim, owner: str | None) -> list[Finding]:
    """`owner`: the command line of the program that listens; None where this user may not see it."""
    if owner is None:
        return [
            unchecked(
                "port-owner", claim.where, f"something listens on port {claim.port} that this user may "
                "not see",
                mend=f"run this command as the user of {claim.service}, or look with `ss -ltnp`",
            )
        ]  # fmt: skip
    if f"services.{claim.service}" in owner:
        return []
    return [
        wrong(
            "port-taken", claim.where, f"port {claim.port} is taken by another program: {owner[:80]}",
            why=f"{claim.service} cannot listen there",
            mend="stop that program, or give another port (docs/configuration.md, docs/settings.md)",
        )
    ]  # fmt: skip


def _claims(ground: Ground) -> list[Claim]:
    claims = [Claim(ground.settings.api_port, API, "environment: API_PORT")]
    for pool in ground.pools:
        claims += [
            Claim(port, STRATUM, f"pool_configs/{pool.name}.json: ports.{port}") for port in pool.ports
        ]
    if ground.config is None:
        return claims
    for switch in ground.config.switches.values():
        claims += [Claim(port, STRATUM, f"config.json: switch {switch.name}") for port in switch.ports]
    if ground.config.block_notify is not None:
        claims.append(
            Claim(ground.config.block_notify.port, NOTIFIER, "config.json: blockNotifyListener.port")
        )
    return [claim for claim in claims if claim.port]


def _is_free(port: int) -> bool:
    """Whether nothing listens on it, on any address of IPv4."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104  (a moment, without listening)
        except PermissionError:
            return True  # below 1024 as a plain user: the service's own user may
        except OSError:
            return False
        return True
