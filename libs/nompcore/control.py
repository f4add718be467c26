"""What the admin center asks stratum replicas, and every process, and its log.

Messages under the rules of `messages.py`.
"""

from __future__ import annotations

import msgspec

from nompcore.messages import Ban, Message


class StratumControl(Message, frozen=True, kw_only=True):
    """An order, or a question, to one replica. Which fields count depends on `action`."""

    action: str  # "connections" | "kick" | "ban" | "unban" | "bans"
    search: str = ""  # connections: part of a worker's name, of an IP address or of the program's name
    offset: int = 0  # connections, bans
    limit: int = 0  # connections, bans; 0: as many as a replica shows at once
    connection: str = ""  # kick: an id of a `LiveConnection`
    worker: str = ""  # kick: a worker's name, or a payout address with all its workers
    ip: str = ""  # kick, ban, unban: an IPv4 address, or an IPv6 address with the /64 around it
    seconds: float = 0.0  # ban: for how long
    reason: str = ""  # ban
    author: str = ""  # who asks; kick, ban, unban


class LiveConnection(Message, frozen=True, kw_only=True):
    """One miner's connection as it is now."""

    connection: str  # of one replica, for `kick`
    ip: str
    port: int  # of the pool
    agent: str
    workers: list[str]  # the first of them
    worker_count: int
    difficulty: float
    accepted: int
    rejected: int
    seconds: float  # since it was made
    idle_seconds: float  # since its last good share, or since it was made


class StratumControlReply(Message, frozen=True, kw_only=True):
    """What a replica did, or a page of what it was asked for."""

    replica: str
    done: str = ""  # in words
    affected: int = 0  # connections closed
    total: int = 0  # of which the lists are a page
    connections: list[LiveConnection] = msgspec.field(default_factory=list)  # in the order of their coming
    bans: list[Ban] = msgspec.field(default_factory=list)  # those that end last first


# What came of an order to reload, at one process.
RELOAD_CURRENT = "current"  # it runs with what the files say
RELOAD_APPLIED = "applied"  # it has taken over what changed
RELOAD_WAITS = "waits"  # for its turn to restart
RELOAD_RESTARTS = "restarts"  # it ends its work in hand, and comes back; then it is current
RELOAD_BY_HAND = "by hand"  # the process above it has to be restarted by whoever started it
RELOAD_WRONG = "wrong"  # the files are: it goes on as it was


class ReloadOrder(Message, frozen=True, kw_only=True):
    """All processes are to take over their configuration's files as they are now."""

    order_id: str
    author: str
    time_ms: int


class ReloadAnswer(Message, frozen=True, kw_only=True):
    """How an order stands at one process."""

    order_id: str
    service: str
    replica: str
    state: str  # RELOAD_…
    changed: list[str] = msgspec.field(default_factory=list)  # names of keys that changed, never values
    problems: list[str] = msgspec.field(default_factory=list)  # of the files
    time_ms: int


class AdminAction(Message, frozen=True, kw_only=True):
    """A line of the admin center's log. What is asked is one line, what came of it another of the same id."""

    action_id: str
    who: str
    ip: str
    action: str  # "login", "logout", or a name of the admin center's table of actions
    asked: dict[str, str]  # the form's fields, without secrets
    outcome: str  # "asked" | "done" | "refused"
    text: str  # in words
    time_ms: int
