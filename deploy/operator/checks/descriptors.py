"""A miner is a file descriptor: may a process of this user have enough of them?"""

from __future__ import annotations

import resource

from deploy.operator.checks.ground import Ground
from deploy.operator.findings import Finding, fine, hint

WHERE = "limit of file descriptors (ulimit -Hn)"
ENOUGH = 10_000
SPARE = 200
"""Of listeners, logs and connections to others."""


async def check_descriptors(ground: Ground) -> list[Finding]:
    """The limit of this process: services that another program starts may have another one."""
    wanted = sum(pool.limits.max_connections for pool in ground.pools) or ENOUGH
    return judge(resource.getrlimit(resource.RLIMIT_NOFILE)[1], wanted)


def judge(limit: int, wanted: int) -> list[Finding]:
    """Whether so many miners fit. `limit` of `RLIM_INFINITY`: there is none."""
    if limit == resource.RLIM_INFINITY or limit >= wanted + SPARE:
        return [fine("descriptors", WHERE, "none" if limit == resource.RLIM_INFINITY else str(limit))]
    return [
        hint(
            "descriptors-few", WHERE, f"it is {limit}, for {wanted} miners it has to be {wanted + SPARE}",
            why="stratum refuses the miners beyond it",
            mend="raise it where stratum is started: LimitNOFILE= of its systemd unit, ulimits of its "
            "container, "
            "or /etc/security/limits.conf",
        )
    ]  # fmt: skip
