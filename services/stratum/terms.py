"""What a stratum port offers to every miner that connects to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.stratum.authorization import Authorizer
from services.stratum.counters import PoolCounters
from services.stratum.difficulty import TargetRules
from services.stratum.difficulty_policy import DifficultyPolicy
from services.stratum.job_registry import JobRegistry
from services.stratum.session_token import TokenMint
from services.stratum.switch_authorization import SwitchAuthorizer


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Of one port of one pool. `take_extranonce1` gives None while no prefix is held."""

    pool: str
    jobs: JobRegistry
    authorizer: Authorizer | SwitchAuthorizer
    targets: TargetRules
    policy: DifficultyPolicy
    tokens: TokenMint
    take_extranonce1: Callable[[], str | None]
    version_mask: int
    counters: PoolCounters
    checks_logins: bool = False  # MPOS has to confirm them
