"""A misconfiguration planted in a portal that is in order, and what `nomp check` has to say of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from tests.service.nomp_check_stage import Place

Seed = Callable[[Place], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Case:
    """`code` has to be found; `where` and `mend` hold these words. `follows`: what else it makes wrong."""

    name: str
    seed: Seed
    code: str
    where: str
    mend: str
    follows: frozenset[str]


class Cases(list[Case]):
    """Those of one subject, in the order of their decorators."""

    def lasting(self, code: str, where: str, mend: str, *follows: str) -> Callable[[Seed], Seed]:
        """A seed that is planted for the length of a block."""

        def add(seed: Seed) -> Seed:
            name = getattr(seed, "__name__", code).replace("_", "-")
            self.append(Case(name, seed, code, where, mend, frozenset(follows)))
            return seed

        return add

    def plain(
        self, code: str, where: str, mend: str, *follows: str
    ) -> Callable[[Callable[[Place], None]], Seed]:
        """A seed that only changes the place."""

        def add(spoil: Callable[[Place], None]) -> Seed:
            @asynccontextmanager
            async def seed(place: Place) -> AsyncIterator[None]:
                spoil(place)
                yield

            seed.__name__ = spoil.__name__
            return self.lasting(code, where, mend, *follows)(seed)

        return add
