"""Decides for each switch at its interval, on one replica at a time, and leaves a report of every decision.

The report in KV says when somebody decided last. Who replaces it, insisting on its revision, has decided;
another replica that found it due as well comes too late and leaves it at that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from nompcore.bucket import Entry
from nompcore.bus import Bus
from nompcore.config.profit import ProfitSwitchSection
from nompcore.config.switching import SwitchConfig
from nompcore.errors import BusError
from nompcore.messages import NetworkSnapshot
from nompcore.subjects import STATS, SWITCH, network_key, profit_key
from nompcore.switching import ProfitReport, SwitchState
from nompcore.wire import decode, encode
from services.notifier.door_metrics import PRICE_FAILURES, PROFIT_DECISIONS
from services.notifier.profit.decision import SWITCH as SWITCH_NOW
from services.notifier.profit.decision import Decision, Rules, decide
from services.notifier.profit.figures import Figures, figures_of
from services.notifier.profit.price_sources import PriceSource, PricesUnavailable
from services.notifier.profit.price_table import PriceTable
from services.notifier.switch_rules import SwitchTable
from services.notifier.switch_states import Standing, SwitchStates

log = logging.getLogger(__name__)

AUTHOR = "profit switching"

RETRY_SECONDS = 30.0
"""While NATS is away, where the interval is longer."""


class ProfitDesk:
    """Of all switches that have a choice. `now_ms` is Unix time."""

    def __init__(
        self,
        bus: Bus,
        table: SwitchTable,
        section: ProfitSwitchSection,
        sources: Sequence[PriceSource],
        now_ms: Callable[[], int],
    ) -> None:
        self._switches = [one for one in table.switches.values() if len(one.pools) > 1]
        self._pools = table.pools
        self._section = section
        self._rules = Rules(
            section.hysteresis_percent, section.minimum_stay_seconds, section.manual_hold_seconds
        )
        self._sources = sources
        self._prices = PriceTable([source.name for source in sources])
        self._states = SwitchStates(bus)
        self._reports = bus.bucket(SWITCH)
        self._stats = bus.bucket(STATS)
        self._now_ms = now_ms

    async def run(self, stop: asyncio.Event) -> None:
        """Decide until `stop`."""
        while not stop.is_set():
            pause_seconds = await self.round()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await stop.wait()

    async def round(self) -> float:
        """Decide what is due; returns in how many seconds something is due again."""
        interval = self._section.update_interval_seconds
        try:
            last = {one.name: await self._reports.get(profit_key(one.name)) for one in self._switches}
            wait_seconds = min((self._due_in_seconds(entry) for entry in last.values()), default=interval)
            if wait_seconds > 0:
                return min(interval, wait_seconds)
            await self._ask_prices()
            for switch in self._switches:
                if self._due_in_seconds(last[switch.name]) <= 0:
                    await self._consider(switch, last[switch.name])
        except BusError as error:
            log.warning("no decision", extra={"reason": str(error)})
            return min(interval, RETRY_SECONDS)
        return interval

    def _due_in_seconds(self, last: Entry | None) -> float:
        if last is None:
            return 0.0
        decided_ms = decode(ProfitReport, last.value).decided_ms
        return (decided_ms - self._now_ms()) / 1000 + self._section.update_interval_seconds

    async def _ask_prices(self) -> None:
        """All sources at once; one that fails leaves what it told before."""
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                group.create_task(self._ask(source))

    async def _ask(self, source: PriceSource) -> None:
        try:
            told = await source.fetch()
        except PricesUnavailable as error:
            PRICE_FAILURES.labels(source.name).inc()
            log.warning("no prices", extra={"source": source.name, "reason": str(error)})
            return
        self._prices.tell(source.name, told.prices, told.told_ms)

    async def _consider(self, switch: SwitchConfig, last: Entry | None) -> None:
        standing, now_ms = await self._states.read(switch), self._now_ms()
        figures = [await self._figures(pool, now_ms) for pool in switch.pools]
        decision = decide(figures, standing.state, self._rules, now_ms)
        report = encode(_report(switch, figures, standing.state, decision, now_ms))
        key = profit_key(switch.name)
        if last is None:
            revision = await self._reports.create(key, report)
        else:
            revision = await self._reports.update(key, report, last.revision)
        if revision is not None:
            await self._carry_out(switch, standing, decision, now_ms)

    async def _figures(self, pool: str, now_ms: int) -> Figures:
        config, section = self._pools[pool], self._section
        names = (name.lower() for name in (pool, config.coin.symbol, config.coin.name))
        return figures_of(
            config,
            await self._stats.load(network_key(pool), NetworkSnapshot),
            self._prices.price(names, now_ms, section.max_price_age_seconds),
            section.fee_percents.get(pool, 0.0),
            now_ms,
            section.max_price_age_seconds,
        )

    async def _carry_out(
        self, switch: SwitchConfig, standing: Standing, decision: Decision, now_ms: int
    ) -> None:
        PROFIT_DECISIONS.labels(switch.name, decision.kind).inc()
        facts = {"switch": switch.name, "choice": decision.choice, "why": decision.why}
        log.info(f"profit switching: {decision.kind}", extra=facts)
        if decision.kind != SWITCH_NOW:
            return
        state = SwitchState(
            switch=switch.name,
            algorithm=switch.algorithm,
            pool=decision.choice,
            since_ms=now_ms,
            author=AUTHOR,
            reason=decision.why,
            automatic=True,
        )
        if not await self._states.write(state, standing):
            PROFIT_DECISIONS.labels(switch.name, "overtaken").inc()
            log.info("somebody else switched meanwhile", extra=facts)


def _report(
    switch: SwitchConfig, figures: Sequence[Figures], state: SwitchState, decision: Decision, now_ms: int
) -> ProfitReport:
    return ProfitReport(
        switch=switch.name,
        algorithm=switch.algorithm,
        pools=[one.profit for one in figures],
        current=state.pool,
        choice=decision.choice,
        decision=decision.kind,
        why=decision.why,
        decided_ms=now_ms,
    )
