"""A block's reward divided by the weights of its round. Integers only, and every sum is exact.

The fee is rounded down. Each address gets the whole part of its quota; the units left over, fewer than there
are addresses, go one each to the largest remainders, ties to the address that sorts first (the method of
largest remainder). The result depends on nothing but the weights: not on their order, not on replicas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PPM = 1_000_000
"""Parts of one whole in which fees are configured."""


@dataclass(frozen=True, slots=True)
class Split:
    """Who gets what of a reward, in sats; `fee_sats` and all credits add up to the reward."""

    fee_sats: int
    credits: dict[str, int]  # address → sats; addresses that would get nothing are absent


def split(reward_sats: int, fee_ppm: int, weights: Mapping[str, int]) -> Split:
    """Divide a reward among addresses by their work. ValueError for negative input or no work at all."""
    if reward_sats < 0 or not 0 <= fee_ppm <= PPM:
        raise ValueError("a reward is not negative and a fee is between nothing and all of it")
    if any(work <= 0 for work in weights.values()) or not weights:
        raise ValueError("a round holds work, and work is positive")
    fee_sats = reward_sats * fee_ppm // PPM
    return Split(fee_sats, _largest_remainder(reward_sats - fee_sats, weights))


def _largest_remainder(amount_sats: int, weights: Mapping[str, int]) -> dict[str, int]:
    total = sum(weights.values())
    quotas = {address: divmod(amount_sats * work, total) for address, work in weights.items()}
    left_over = amount_sats - sum(whole for whole, _ in quotas.values())
    by_remainder = sorted(quotas, key=lambda address: (-quotas[address][1], address))
    lucky = set(by_remainder[:left_over])
    parts = {address: whole + (address in lucky) for address, (whole, _) in quotas.items()}
    return {address: sats for address, sats in parts.items() if sats}


def estimate(reward_sats: int, fee_ppm: int, work: int, total_work: int) -> int:
    """What one address may expect of a block that is not mature yet, rounded down."""
    if total_work <= 0:
        return 0
    return (reward_sats - reward_sats * fee_ppm // PPM) * work // total_work
