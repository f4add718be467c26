"""Can this machine hash as the pools' coins do, rightly and fast?"""

from __future__ import annotations

import powhash
from deploy.operator.checks.ground import Ground, without_pools
from deploy.operator.findings import Finding, fine, hint, wrong
from nompcore.errors import CoinError, HashingError
from nompcore.hashing import self_test

WHERE = "hash library (libs/powhash)"
COMPILE = "install gcc and python3-dev, then `make powhash`, and restart stratum and jobmaker"


async def check_hashes(ground: Ground) -> list[Finding]:
    """Of the algorithms of all pools."""
    found = without_pools(ground, WHERE)
    for algorithm in sorted({pool.coin.algorithm for pool in ground.pools}):
        found += judge(algorithm, is_compiled=algorithm in powhash.ALGORITHMS, trouble=_trouble(algorithm))
    return found


def _trouble(algorithm: str) -> str:
    try:
        self_test(algorithm)
    except (HashingError, CoinError) as error:
        return str(error)
    return ""


def judge(algorithm: str, *, is_compiled: bool, trouble: str) -> list[Finding]:
    """Of one algorithm."""
    if trouble:
        return [wrong("hash-wrong", WHERE, trouble, why="every honest share would be refused", mend=COMPILE)]
    if not is_compiled:
        return [
            hint(
                "hash-slow", WHERE,
                f"{algorithm} is hashed without the library: {powhash.WHY_NOT or 'it is an old one'}",
                why="a share costs several times as much, so a stratum replica serves fewer miners",
                mend=COMPILE,
            )
        ]  # fmt: skip
    return [fine("hashes", WHERE, f"{algorithm} is compiled and hashes rightly")]
