"""Which processes answer, as each tells of itself ($SRV.INFO, NATS ADR-32)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from nompcore.subjects import SERVICES, STRATUM, STRATUM_CONTROL

SILENCE_SECONDS = 0.4
"""After so long without one more answer, those that are there have answered."""

MAX_SECONDS = 2.0


@dataclass(frozen=True, slots=True, order=True)
class Replica:
    """A process of a service, and what it serves."""

    service: str
    name: str
    version: str
    subjects: tuple[str, ...] = ()

    def pools(self) -> list[str]:
        """Pools whose miners a stratum replica has."""
        head, _, tail = STRATUM_CONTROL.of("\0", self.name).partition("\0")
        served = [subject for subject in self.subjects if subject.startswith(head) and subject.endswith(tail)]
        return sorted(subject.removeprefix(head).removesuffix(tail) for subject in served)


async def answering(client: Client) -> list[Replica]:
    """Every replica of our services that answers now."""
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=heard.put)
    await client.publish("$SRV.INFO", b"", reply=inbox)
    found: set[Replica] = set()
    try:
        async with asyncio.timeout(MAX_SECONDS):
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await heard.get()
                replica = replica_of(message.data)
                if replica is not None:
                    found.add(replica)
    except TimeoutError:
        await subscription.unsubscribe()
    return sorted(found)


def replica_of(data: bytes) -> Replica | None:
    """What an answer says; None for one of somebody else's service."""
    try:
        told = json.loads(data)
        name, metadata = told["name"], told.get("metadata") or {}
        if name not in SERVICES:
            return None
        subjects = tuple(str(endpoint["subject"]) for endpoint in told.get("endpoints") or ())
        return Replica(name, str(metadata.get("replica", told["id"])), str(told["version"]), subjects)
    except (ValueError, KeyError, TypeError):
        return None


def of_stratum(replicas: Iterable[Replica], pool: str = "") -> list[tuple[str, str]]:
    """(pool, replica) of stratum: every pool of each, or of one pool."""
    return [
        (served, replica.name)
        for replica in replicas
        if replica.service == STRATUM
        for served in replica.pools()
        if pool in ("", served)
    ]
