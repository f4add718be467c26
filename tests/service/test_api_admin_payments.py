"""Orders about payments from the admin center to a real payouts, whose wallet is away."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.subjects import PAYOUTS
from tests.servers import ValkeyServer, wait_until
from tests.service.admin_stage import AdminStage, Browser, admin_stage
from tests.service.payouts_pools import Command, write_pools
from tests.unit import api_samples as samples

PAGE = f"/admin/pools/{samples.POOL}"
REFUSED = "LaddressThatTheWalletRefuses"


class Desk:
    """An operator, and the payouts behind NATS as it is shipped."""

    def __init__(self, operator: Browser, ledger: Path) -> None:
        self.operator = operator
        self._ledger = ledger

    async def page(self, question: str = "status") -> str:
        """The pool's payments."""
        return (await self.operator.get(f"{PAGE}?show={question}")).text

    async def order(self, name: str, **fields: str) -> tuple[int, str]:
        """Status and words of the outcome."""
        answer = await self.operator.order(name, pool=samples.POOL, **fields)
        return answer.status_code, answer.text

    def quarantine(self) -> None:
        """As payouts does when its wallet refuses an address."""
        with sqlite3.connect(self._ledger) as connection:
            row = (samples.POOL, REFUSED, "dust", samples.NOW_MS)
            connection.execute("INSERT INTO quarantined_payees VALUES (?, ?, ?, ?)", row)


@pytest.fixture
async def desk(tmp_path: Path, valkey_server: ValkeyServer) -> AsyncIterator[Desk]:
    ledger = tmp_path / "ledger.db"
    async with admin_stage(tmp_path) as stage:
        payouts = start_payouts(stage, tmp_path / "payouts", valkey_server.url, ledger)
        operator = await stage.start()
        await operator.log_in()
        desk = Desk(operator, ledger)

        async def answers() -> bool:
            return "Open payments" in await desk.page()

        try:
            await wait_until(answers, what="payouts answers")
            yield desk
        finally:
            await payouts.kill()


def start_payouts(stage: AdminStage, directory: Path, redis_url: str, ledger: Path) -> Command:
    """The real one, for the pool of the samples."""
    write_pools(directory, [samples.POOL])
    url = stage.nats.url_for(PAYOUTS, f"{PAYOUTS}-password")
    payouts = Command(
        directory, nats_url=url, redis_url=redis_url, ledger_url=f"sqlite:///{ledger}", replica="payouts-1"
    )
    payouts.start()
    return payouts


async def test_orders_reach_the_real_payouts_and_its_page_tells_of_them(desk: Desk) -> None:
    desk.quarantine()
    quarantined = await desk.page()
    paused = await desk.order("pause", reason="the wallet moves")
    while_paused = await desk.page()
    dry_run = await desk.page("dry-run")
    released = await desk.order("release-payee", address=REFUSED)
    again = await desk.order("release-payee", address=REFUSED)
    resumed = await desk.order("resume")
    after = await desk.page()

    assert REFUSED in quarantined
    assert paused[0] == 200
    assert "Paused by ann since" in while_paused
    assert "the wallet moves" in while_paused
    assert '<p class="notice">' in dry_run  # there is no wallet to ask
    assert (released[0], resumed[0]) == (200, 200)
    assert f"{REFUSED} is released" in released[1]
    assert again[0] == 409
    assert "not in the quarantine" in again[1]
    assert "resumed" in resumed[1]
    assert "Paused by" not in after
    assert REFUSED not in after
