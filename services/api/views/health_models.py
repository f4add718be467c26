"""What /health answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.api.views.models import Model


class PoolHealth(Model):
    """How current a pool's figures are; ages in seconds, null while nothing has been heard."""

    network_age_seconds: float | None
    pool_age_seconds: float | None
    stale: bool
    replicas: int
    payouts_answers: bool


class Health(Model):
    """The api and what it depends on."""

    status: Annotated[str, Field(description="`ok`, or `unavailable` when NATS is away")]
    nats_connected: bool
    listeners: int
    pools: dict[str, PoolHealth]
