"""What differs between two configurations, key by key, and which services it concerns. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from nompcore.config.portal import PortalConfig
from nompcore.subjects import API, JOBMAKER, NOTIFIER, PAYOUTS, SERVICES, STRATUM

WITHOUT_RESTART = frozenset({"log_level"})
"""Keys that a running process takes over."""

BY_HAND = frozenset({"stratum_forks"})
"""Keys of the process above the services' own: only whoever starts that one can renew it."""

NOBODY_ACTS_ON = frozenset({"warnings"})

CONCERNS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("website",): (API, PAYOUTS),
    ("block_notify",): (NOTIFIER,),
    ("coin_switch",): (NOTIFIER,),
    ("cli_port",): (NOTIFIER,),
    ("webhooks",): (NOTIFIER,),
    ("alerts",): (NOTIFIER,),
    ("miner_notices",): (API, NOTIFIER),
    ("stratum_forks",): (STRATUM,),
    ("pools", "*", "banning"): (STRATUM,),
    ("pools", "*", "limits"): (STRATUM,),
    ("pools", "*", "tls_options"): (STRATUM,),
    ("pools", "*", "connection_timeout_seconds"): (STRATUM,),
    ("pools", "*", "tcp_proxy_protocol"): (STRATUM,),
    ("pools", "*", "tcp_proxy_networks"): (STRATUM,),
    ("pools", "*", "tcp_proxy_required"): (STRATUM,),
    ("pools", "*", "daemons"): (JOBMAKER, PAYOUTS, API, NOTIFIER),
    ("pools", "*", "payments"): (PAYOUTS, API, NOTIFIER),
}
"""Of some sections, the services that act on them. Every other section concerns all: a restart too many harms
nobody, one too few leaves an old rule in force.
"""

Path = tuple[str, ...]


def changed_paths(old: PortalConfig, new: PortalConfig) -> list[Path]:
    """Where they differ, as deep as both have the same keys. Names only: values may be secrets."""
    return sorted(path for path in _differences(old, new, ()) if path[0] not in NOBODY_ACTS_ON)


def concerned(path: Path) -> tuple[str, ...]:
    """The services that act on what is at a path."""
    for pattern, services in CONCERNS.items():
        if len(path) >= len(pattern) and all(
            want in ("*", have) for want, have in zip(pattern, path, strict=False)
        ):
            return services
    return SERVICES


def changes_for(service: str, old: PortalConfig, new: PortalConfig) -> list[Path]:
    """What has changed for a service."""
    return [path for path in changed_paths(old, new) if service in concerned(path)]


def _differences(old: Any, new: Any, path: Path) -> Iterator[Path]:
    before, after = _members(old), _members(new)
    if before is None or after is None or type(old) is not type(new):
        if old != new:
            yield path
        return
    for name in before.keys() | after.keys():
        if name in before and name in after:
            yield from _differences(before[name], after[name], (*path, name))
        else:
            yield (*path, name)


def _members(value: Any) -> dict[str, Any] | None:
    """What is inside, by name; None where a value is compared as a whole."""
    if isinstance(value, Mapping):
        return {str(name): inner for name, inner in value.items()}
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        # A function made for a coin is another one each time; what it was made of is compared.
        return {field.name: getattr(value, field.name) for field in fields(value) if field.compare}
    return None
