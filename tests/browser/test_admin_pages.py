"""The admin center in a real browser: logging in, every page, and an order without any script."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from nompcore.messages import PaymentFailed
from nompcore.requests import DryRun, PaymentsControl, PaymentsControlReply, QuarantinedPayee
from nompcore.subjects import NOTIFIER, PAYMENT_FAILED, PAYMENTS_CONTROL
from tests.browser.visitor import PHONE, Visitor, visiting
from tests.service.admin_stage import PASSWORD, admin_stage
from tests.service.switching_portal import profit_report, store_switch, switch_state
from tests.unit import api_samples as samples

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = (
    "/admin", "/admin/connections", "/admin/bans", "/admin/pools/litecoin?show=dry-run", "/admin/config",
    "/admin/log", "/admin/switching",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def center(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[int]:
    """The port of an admin center with something to show."""
    async with admin_stage(tmp_path_factory.mktemp("admin")) as stage:

        async def answer(request: PaymentsControl) -> PaymentsControlReply:
            payee = QuarantinedPayee(address=samples.ADDRESS, reason="not an address", since_ms=1)
            preview = DryRun(outputs={"LaddressTwo" * 4: 150_000_000}, total_sats=150_000_000, fee_sats=1000)
            return PaymentsControlReply(
                done=f"{request.action} was done",
                state="running",
                quarantined=[payee],
                open_payments=samples.payments_reply().payments,
                dry_run=preview if request.action == "dry-run" else None,
            )

        await stage.payouts.serve(PAYMENTS_CONTROL, answer, samples.POOL)
        stage.portal_keys["proxy"] = {"scrypt": {"enabled": True, "port": 4444}}
        stage.portal_keys["profitSwitch"] = {"enabled": True}
        url = stage.nats.url_for(NOTIFIER, f"{NOTIFIER}-password")
        await store_switch(url, switch_state(), profit_report())
        port = (await stage.start()).client.base_url.port or 0
        alarm = PaymentFailed(pool=samples.POOL, payment_id="p-1", reason="the wallet is empty", time_ms=1)
        await stage.payouts.publish(PAYMENT_FAILED, alarm, pool=samples.POOL)
        yield port


async def log_in(visitor: Visitor) -> None:
    """As a person does."""
    await visitor.goto("/admin")
    await visitor.page.get_by_label("Name").fill("ann")
    await visitor.page.get_by_label("Password").fill(PASSWORD)
    await visitor.page.get_by_role("button", name="Log in").click()
    await visitor.page.get_by_role("heading", name="Overview").wait_for()


async def test_every_page_can_be_used_by_everybody(browser: Browser, center: int) -> None:
    async with visiting(browser, center) as visitor:
        await visitor.goto("/admin/login")
        assert await visitor.violations() == []
        await log_in(visitor)
        for path in PAGES:
            assert await visitor.goto(path) == 200, path
            assert await visitor.violations() == [], path
        assert visitor.faults == []


async def test_nothing_sticks_out_on_a_phone(browser: Browser, center: int) -> None:
    async with visiting(browser, center, viewport=PHONE) as visitor:
        await log_in(visitor)
        for path in PAGES:
            await visitor.goto(path)
            assert await visitor.overflow() == 0, path


async def test_an_order_is_given_without_scripts_and_logged(browser: Browser, center: int) -> None:
    async with visiting(browser, center, java_script_enabled=False) as visitor:
        await log_in(visitor)
        await visitor.goto("/admin/pools/litecoin")
        await visitor.page.get_by_label("Reason", exact=True).first.fill("the wallet moves")
        await visitor.page.get_by_role("button", name="Pause").click()
        assert "pause was done" in await visitor.text()
        await visitor.page.get_by_role("link", name="Back").click()
        await visitor.page.get_by_role("link", name="Log", exact=True).click()
        assert "reason=the wallet moves" in await visitor.text()
