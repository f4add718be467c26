"""The kinds of rows in the table of what travels over NATS (`subjects.py`): what each may say of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, TypeVar

from nompcore import messages as m

T = TypeVar("T", bound=m.Message)
Q = TypeVar("Q", bound=m.Message)
R = TypeVar("R", bound=m.Message)

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


class Storage(Enum):
    """Where a stream lives: memory for what is worthless after a restart, file for what is money."""

    MEMORY = "memory"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Stream:
    """A JetStream stream. Limits retention always: nothing is removed because it was read.

    Without an age limit (0) it is cut by the service `cutter`, which knows what is still needed; nobody else
    may remove a message.
    """

    name: str
    storage: Storage
    max_age_seconds: int
    max_messages_per_subject: int = -1
    duplicate_window_seconds: int = 2 * MINUTE
    cutter: str = ""
    in_stretches: bool = False  # its one reader reads pieces of it, and removes the consumer of each


@dataclass(frozen=True, slots=True)
class Subject(Generic[T]):
    """A subject that carries one message type; in `stream` when it must not be lost."""

    pattern: str
    message: type[T]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    stream: Stream | None = None

    def of(self, pool: str, replica: str = "") -> str:
        """The subject of one pool (and replica, where the pattern has one)."""
        return self.pattern.format(pool=pool, replica=replica)

    @property
    def wildcard(self) -> str:
        """The subject of all pools and replicas."""
        return self.pattern.format(pool="*", replica="*")

    def only(self, pool: str) -> Subject[T]:
        """The same of one pool alone, for whoever works for that pool only."""
        return replace(self, pattern=self.of(pool))


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Q, R]):
    """A request answered by one service: any replica of it, or the named one where the pattern has one."""

    pattern: str
    request: type[Q]
    reply: type[R]
    server: str
    clients: tuple[str, ...]

    def of(self, pool: str, replica: str = "") -> str:
        """The subject of one pool (and replica, where the pattern has one)."""
        return self.pattern.format(pool=pool, replica=replica)

    @property
    def wildcard(self) -> str:
        """The subject of all pools and replicas."""
        return self.pattern.format(pool="*", replica="*")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A key-value bucket; with a TTL its entries are leases that end by themselves."""

    name: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    ttl_seconds: float = 0
    storage: Storage = Storage.FILE
    entries_end: bool = False  # each may have a time to live of its own
    is_watched: bool = False  # its readers follow its changes


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """An object store; objects end by themselves."""

    name: str
    writers: tuple[str, ...]
    ttl_seconds: int
