"""A reload ordered in the admin center, by an api that runs behind NATS as it is shipped."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.servers import wait_until
from tests.service.admin_stage import AdminStage, Browser, admin_stage
from tests.unit import api_samples as samples
from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[AdminStage]:
    async with admin_stage(tmp_path) as stage:
        yield stage


def rewrite(stage: AdminStage, replica: str, host: str) -> None:
    """Another stratumHost in a replica's files."""
    file = stage.directory / replica / PORTAL_FILE
    portal = json.loads(file.read_text())
    portal["website"]["stratumHost"] = host
    file.write_text(json.dumps(portal))


async def text(operator: Browser) -> str:
    """The page of the configuration; empty while the api comes back."""
    try:
        return (await operator.get("/admin/config")).text
    except httpx.TransportError:
        return ""


async def test_a_changed_file_is_taken_over_and_the_operator_stays_logged_in(stage: AdminStage) -> None:
    operator = await stage.start()
    await operator.log_in()
    before = await text(operator)
    rewrite(stage, "api-0", "b.example")
    differs = await text(operator)
    ordered = await operator.order("reload")

    async def is_current() -> bool:
        return ">current</span>" in await text(operator)

    await wait_until(is_current, what="the api runs with the new files")
    after = await text(operator)

    assert "website.stratum_host" not in before
    assert '<td class="name">website.stratum_host<td>api, payouts' in differs
    assert "<h1>Done</h1>" in ordered.text
    assert "every process has been asked" in ordered.text
    assert "Last ordered by ann" in after
    assert "website.stratum_host" not in after
    assert "b.example" in (await operator.get("/getting-started")).text
    assert [one.outcome for one in await stage.actions() if one.action == "reload"] == ["asked", "done"]


async def test_an_exempt_address_is_not_banned_and_the_page_says_why(stage: AdminStage) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, "banning", value={"enabled": True, "exempt": ["203.0.113.0/24"]})
    directory = stage.directory / "exempting"
    config.write(directory)
    operator = await stage.start(NOMP_CONFIG_DIR=str(directory))
    await operator.log_in()

    answer = await operator.order("ban", pool=samples.POOL, ip="203.0.113.7", hours="1", reason="floods")

    assert answer.status_code == 409
    assert "203.0.113.7 is in banning.exempt of litecoin" in answer.text


async def test_wrong_files_are_refused_before_any_process_is_asked(stage: AdminStage) -> None:
    operator = await stage.start()
    await operator.log_in()
    (stage.directory / "api-0" / PORTAL_FILE).write_text("{")

    ordered = await operator.order("reload")

    assert ordered.status_code == 409
    assert "<h1>Not done</h1>" in ordered.text
    assert "the files are wrong" in ordered.text
    assert "Last ordered" not in await text(operator)
