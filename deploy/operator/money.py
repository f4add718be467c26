"""Amounts for people: coins where the configuration tells how many decimals they have, else units."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.amounts import coins_from_sats


@dataclass(frozen=True, slots=True)
class Money:
    """Of one coin. `decimals` is None where the coin is not known."""

    symbol: str = ""
    decimals: int | None = None

    def told(self, sats: int) -> str:
        """An amount with its unit."""
        if self.decimals is None:
            return f"{sats} units"
        return f"{coins_from_sats(sats, self.decimals)} {self.symbol}".rstrip()
