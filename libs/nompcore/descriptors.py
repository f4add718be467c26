"""A connection is a file descriptor: use all that this process may have."""

from __future__ import annotations

import resource

UNLIMITED = 1 << 20  # where there is no limit: what Linux allows a process unless told otherwise


def raise_descriptor_limit() -> int:
    """Lift the soft limit, often 1,024, to the hard one; returns it. 10,000 miners need 10,000 and a few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = UNLIMITED
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
