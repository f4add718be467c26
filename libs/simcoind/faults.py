"""Faults on demand: ways in which a coin daemon misbehaves, switched on and off by a control call."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class FaultKind(enum.Enum):
    """What goes wrong; the value is the name used by sim_setfault."""

    SLOW = "slow"  # the answer comes, later
    UNAUTHORIZED = "unauthorized"  # HTTP 401, as with a wrong password
    WARMUP = "warmup"  # error -28, as while loading
    SYNCING = "syncing"  # initial download: -10 to getblocktemplate
    NO_PEERS = "nopeers"  # -9 to getblocktemplate
    DROP = "drop"  # the connection ends, nothing was done
    LOST_REPLY = "lostreply"  # the call is done, then the connection ends without an answer
    BAD_JSON = "badjson"  # the answer stops in the middle


@dataclass(slots=True)
class Fault:
    """A fault that is on. `methods` empty: all calls; `remaining` None: until it is switched off."""

    kind: FaultKind
    methods: frozenset[str]
    seconds: float  # of `slow`
    remaining: int | None


class FaultBoard:
    """The fault that is on at the moment, at most one."""

    def __init__(self) -> None:
        self.fault: Fault | None = None

    def strike(self, method: str) -> Fault | None:
        """The fault that this call meets; each strike uses up one of a limited number."""
        fault = self.fault
        if fault is None or (fault.methods and method not in fault.methods):
            return None
        if fault.remaining is not None:
            fault.remaining -= 1
            if fault.remaining <= 0:
                self.fault = None
        return fault
