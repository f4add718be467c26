"""Renders every page from what is live and what payouts answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from nompcore.config import PoolConfig
from nompcore.errors import BusError
from nompcore.messages import WorkerSnapshot
from services.api.serving.problem import ProblemError, payouts_unavailable, unknown_miner
from services.api.serving.reference import build_reference
from services.api.site.address_versions import address_versions
from services.api.site.connecting import Entrance, entrance, switch_entrance
from services.api.site.environment import environment, miner_of
from services.api.site.kept import Kept
from services.api.site.miner_everywhere import find_miner
from services.api.site.paging import Paging, offset_of, page_request
from services.api.site.signed_wishes import channels_of
from services.api.site.sparkline import spark_points
from services.api.site.texts import Texts, read_texts
from services.api.state.live import PoolLive
from services.api.state.portal import Portal
from services.api.views import models, row_views
from services.api.views.status_view import status_of

# A page that waits longer for payouts says that it does not answer.
WAIT_SECONDS = 1.0

R = TypeVar("R")


class Pages:
    """One method a page. Those of live figures are rendered once per gathering, however many look."""

    def __init__(self, portal: Portal, texts: Texts | None = None) -> None:
        self._portal = portal
        self._templates = environment(texts or read_texts())
        site = portal.config.website
        self._templates.globals["site"] = site.stratum_host
        self._templates.globals["has_site"] = site.enabled
        self._templates.globals["tells_miners"] = portal.config.miner_notices.enabled
        self._templates.globals["channels"] = channels_of(portal.config.miner_notices)
        self._kept: Kept[str] = Kept(portal.state)
        self._ranked: Kept[list[WorkerSnapshot]] = Kept(portal.state)

    def home(self) -> str:
        """`/`: all pools."""
        return self._kept.get("home", lambda: self._render("home.html", "pools", **self._home_context()))

    def pool(self, name: str) -> str:
        """`/pools/<pool>`: everything live about one."""
        pool = self._portal.pool(name)
        return self._kept.get(
            f"pool {name}", lambda: self._pool_page("pool.html", pool, **self._recent(pool))
        )

    def workers(self, name: str, number: int) -> str:
        """`/pools/<pool>/workers`: the strongest first."""
        pool = self._portal.pool(name)
        ranked = self._ranked.get(name, lambda: strongest(self._portal.state.pools[name]))
        shown = ranked[offset_of(number) : offset_of(number + 1)]
        return self._pool_page("workers.html", pool, workers=shown, paging=Paging(number, len(ranked)))

    async def blocks(self, name: str, number: int) -> str:
        """`/pools/<pool>/blocks`: the newest first."""
        pool = self._portal.pool(name)
        reply = await soon(self._portal.details.blocks(name, page_request(number)))
        rows = [row_views.block(row, pool) for row in reply.blocks]
        return self._pool_page("blocks.html", pool, blocks=rows, paging=Paging(number, reply.total))

    async def payments(self, name: str, number: int) -> str:
        """`/pools/<pool>/payments`: the newest first."""
        pool = self._portal.pool(name)
        reply = await soon(self._portal.details.payments(name, page_request(number)))
        rows = [row_views.payment(row, pool) for row in reply.payments]
        return self._pool_page("payments.html", pool, payments=rows, paging=Paging(number, reply.total))

    async def miner(self, login: str) -> str:
        """`/miners/<address>`: one miner over all pools; a problem when there is none or nobody can say."""
        address = miner_of(login)
        if not address:
            raise ProblemError(422, "not an address", "An address has only letters and digits.")
        found = await find_miner(self._portal, address)
        if not found.places:
            raise payouts_unavailable() if found.silent else unknown_miner()
        return self._render("miner.html", "miner", address=address, found=found)

    def lookup(self) -> str:
        """`/miners`: whose?"""
        return self._render("lookup.html", "miner")

    def getting_started(self) -> str:
        """`/getting-started`: how to connect, for every coin and port."""
        host = self._portal.config.website.stratum_host
        entrances = [*self._switch_entrances(host), *(entrance(pool, host) for pool in self._pools())]
        return self._render("getting_started.html", "start", entrances=entrances)

    def mining_key(self) -> str:
        """`/mining-key`: the part of an address that coins share, found in the browser."""
        return self._render("mining_key.html", "key", versions=address_versions(self._pools()))

    def status(self) -> str:
        """`/status`: services, daemons and replicas."""
        return self._kept.get(
            "status", lambda: self._render("status.html", "status", **self._status_context())
        )

    def docs(self, openapi: dict[str, Any]) -> str:
        """`/docs`: the API reference."""
        return self._render("docs.html", "docs", reference=build_reference(openapi))

    def signed(self, template: str, **context: object) -> str:
        """A page about what is done by a signature, or by a link in a message."""
        return self._render(template, "", **context)

    def failure(self, problem: ProblemError) -> str:
        """A problem as a page."""
        return self._render("failure.html", "", problem=problem)

    def _render(self, template: str, here: str, **context: object) -> str:
        now = datetime.fromtimestamp(self._portal.now_ms() / 1000, UTC)
        return self._templates.get_template(template).render(now=now, here=here, **context)

    def _pools(self) -> list[PoolConfig]:
        return [pool for _, pool in sorted(self._portal.config.pools.items())]

    def _detail(self, name: str) -> models.PoolDetail:
        return self._portal.views.detail(name, self._portal.now_ms())

    def _spark(self, name: str) -> str:
        return spark_points([point.hashrate for point in self._portal.state.pools[name].history])

    def _switch_entrances(self, host: str) -> Iterator[Entrance]:
        pools = self._portal.config.pools
        for live in self._portal.switches.switches.values():
            follows = [pools[name] for name in live.config.pools]
            yield switch_entrance(live.config, follows, pools[live.pool], host)

    def _pool_page(self, template: str, pool: PoolConfig, **context: object) -> str:
        live = self._portal.state.pools[pool.name]
        return self._render(
            template, "pools", pool=self._detail(pool.name), answers=live.payouts_answers, **context
        )

    def _recent(self, pool: PoolConfig) -> dict[str, object]:
        live = self._portal.state.pools[pool.name]
        return {
            "spark": self._spark(pool.name),
            "entrance": entrance(pool, self._portal.config.website.stratum_host),
            "blocks": [row_views.block(row, pool) for row in live.recent_blocks],
            "payments": [row_views.payment(row, pool) for row in live.recent_payments],
        }

    def _home_context(self) -> dict[str, object]:
        pools = [self._detail(name) for name in sorted(self._portal.config.pools)]
        newest = {name: live.recent_blocks[:1] for name, live in self._portal.state.pools.items()}
        return {
            "pools": pools,
            "spark": {pool.name: self._spark(pool.name) for pool in pools},
            "newest": {
                name: row_views.block(rows[0], self._portal.config.pools[name]) if rows else None
                for name, rows in newest.items()
            },
        }

    def _status_context(self) -> dict[str, object]:
        pools = [self._detail(name) for name in sorted(self._portal.config.pools)]
        portal = self._portal
        status = status_of(portal.config.pools, portal.state, portal.now_ms(), connected=portal.bus.connected)
        return {"status": status, "pools": pools}


def strongest(live: PoolLive) -> list[WorkerSnapshot]:
    """A pool's workers, the strongest first, equals in the order of their names."""
    return sorted(live.pool.workers if live.pool else [], key=lambda w: (-w.hashrate, w.worker))


async def soon(answer: Awaitable[R]) -> R:
    """An answer of payouts within `WAIT_SECONDS`; raises the problem that pages show instead of it."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            return await answer
    except (BusError, TimeoutError) as error:
        raise payouts_unavailable() from error
