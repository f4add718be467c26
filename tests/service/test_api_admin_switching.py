"""Switching coins in the admin center: the page, and orders that the real desk of the notifier takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.bus import Bus
from nompcore.config import PortConfig, SwitchConfig
from nompcore.subjects import NOTIFIER, SWITCH, SWITCH_ORDER, switch_key
from nompcore.switching import SwitchState
from services.notifier.switch_desk import SwitchDesk
from services.notifier.switch_rules import SwitchTable
from services.notifier.switch_states import SwitchStates
from tests.service.admin_stage import AdminStage, admin_stage
from tests.unit import api_samples as samples


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[AdminStage]:
    async with admin_stage(tmp_path) as stage:
        stage.portal_keys["proxy"] = {"scrypt": {"enabled": True, "port": 4444, "diff": 16}}
        yield stage


@pytest.fixture
async def notifier(stage: AdminStage) -> AsyncIterator[Bus]:
    """A notifier that takes orders."""
    bus = await Bus.connect(
        stage.nats.url_for(NOTIFIER, f"{NOTIFIER}-password"), service=NOTIFIER, replica="test"
    )
    await bus.ensure()
    switch = SwitchConfig(
        name="scrypt", algorithm="scrypt", ports={4444: PortConfig(diff=16)}, pools=(samples.POOL,)
    )
    table = SwitchTable({"scrypt": switch}, {samples.POOL: samples.pool_config()})
    desk = SwitchDesk(table, SwitchStates(bus), lambda: samples.NOW_MS)
    await bus.serve(SWITCH_ORDER, desk.take, pool="")
    yield bus
    await bus.drain()


async def test_an_operator_switches_and_the_log_says_so(stage: AdminStage, notifier: Bus) -> None:
    operator = await stage.start()
    await operator.log_in()
    before = (await operator.get("/admin/switching")).text

    done = await operator.order("switch", switch="scrypt", coin="ltc", reason="ticket <7>", author="eve")

    after = (await operator.get("/admin/switching")).text
    stored = await notifier.bucket(SWITCH).load(switch_key("scrypt"), SwitchState)
    assert done.status_code == 200
    assert "scrypt mines litecoin" in done.text
    assert ", the default" in before
    assert "ordered by ann: ticket &lt;7&gt;" in after
    assert stored is not None
    assert (stored.pool, stored.author, stored.reason, stored.automatic) == (
        "litecoin",
        "ann",
        "ticket <7>",
        False,
    )
    log = [(one.action, one.outcome, one.text) for one in await stage.actions()][-2:]
    assert log == [("switch", "asked", ""), ("switch", "done", "scrypt mines litecoin")]


async def test_an_order_that_is_not_carried_out_says_why(stage: AdminStage, notifier: Bus) -> None:
    operator = await stage.start()
    await operator.log_in()

    unknown = await operator.order("switch", switch="scrypt", coin="nocoin", reason="r")
    without_reason = await operator.order("switch", switch="scrypt", coin="ltc")

    assert (unknown.status_code, without_reason.status_code) == (409, 409)
    assert "Switch message to coin that is not recognized: nocoin" in unknown.text
    assert "reason is missing" in without_reason.text
    assert await notifier.bucket(SWITCH).get(switch_key("scrypt")) is None


async def test_a_notifier_that_is_away_is_told(stage: AdminStage) -> None:
    operator = await stage.start()
    await operator.log_in()

    answer = await operator.order("switch", switch="scrypt", coin="ltc", reason="r")

    assert answer.status_code == 409
    assert "no answer" in answer.text
    assert [one.outcome for one in await stage.actions()][-2:] == ["asked", "refused"]
