"""The newest price of each coin from each source. What a source does not tell any more grows old here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.notifier.profit.prices import Price


class PriceTable:
    """`sources` by name, in the order in which they are believed."""

    def __init__(self, sources: Sequence[str]) -> None:
        self._known: dict[str, dict[str, Price]] = {name: {} for name in sources}

    def tell(self, source: str, prices: dict[str, float], told_ms: int) -> None:
        """Keep what a source told."""
        for name, value in prices.items():
            self._known[source][name] = Price(value, source, told_ms)

    def price(self, names: Iterable[str], now_ms: int, max_age_seconds: float) -> Price | None:
        """A coin's price by any of its lower-case names: the first source's that is fresh, else the newest.

        None where no source ever told one.
        """
        wanted = tuple(names)
        found = [known[name] for known in self._known.values() for name in wanted if name in known]
        fresh = (price for price in found if now_ms - price.told_ms <= max_age_seconds * 1000)
        return next(fresh, max(found, key=lambda price: price.told_ms, default=None))
