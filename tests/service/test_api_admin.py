"""Who gets into the admin center, and what nobody else sees: real processes, NATS as it is shipped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.routing import Route

from nompcore.bus import Bus
from nompcore.config import load_config
from nompcore.subjects import API
from services.api.admin.center import AdminCenter
from services.api.admin.config_files import ConfigFiles
from services.api.admin.operators import read_operators
from services.api.admin.totp import STEP_SECONDS, code_at
from services.api.state.portal import open_portal
from tests.servers import NatsServer, free_port
from tests.service.admin_stage import ANN, PASSWORD, WEBHOOK, AdminStage, Browser, admin_stage
from tests.unit.config_dir import COINS_DIR, ConfigDir

FORM = "/admin/login"
PAGES = (
    "/admin", "/admin/connections", "/admin/bans", "/admin/pools/litecoin",
    "/admin/pools/litecoin?show=audit", "/admin/config", "/admin/log",
)  # fmt: skip


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[AdminStage]:
    async with admin_stage(tmp_path) as stage:
        yield stage


@pytest.fixture
async def routes(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[list[Route]]:
    """Every path that the code has."""
    ConfigDir().write(tmp_path / "config")
    config = load_config(tmp_path / "config", COINS_DIR, {})
    bus = await Bus.connect(nats_server.url, service=API, replica="routes")
    portal = open_portal(config, bus, lambda: 0)
    files = ConfigFiles(tmp_path / "config", COINS_DIR, {})
    yield AdminCenter(portal, read_operators(ANN), files).routes
    await bus.drain()


async def status_of(browser: Browser, path: str) -> int:
    return (await browser.get(path)).status_code


async def test_without_a_session_no_path_answers_or_does_anything(
    stage: AdminStage, routes: list[Route]
) -> None:
    await stage.serve_payments()
    browser = await stage.start()
    paths = [route.path.format(pool="litecoin", order="pause") for route in routes] + ["/admin/unheard-of"]
    seen = 0
    for path in {*paths} - {FORM}:
        read = await browser.get(path)
        assert (read.status_code, read.headers["location"], read.content) == (303, FORM, b""), path
        done = await browser.post(path, {"pool": "litecoin", "reason": "mine", "token": "x"})
        assert (done.status_code, done.text) == (403, "log in first\n"), path
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
            assert (await browser.client.request(method, path)).status_code == 405, path
        seen += 1
    forged = await browser.client.get("/admin", headers={"cookie": "nomp_admin=ann.1764000000123.x.0"})

    assert seen > 8
    assert forged.status_code == 303
    assert await stage.actions() == []
    assert stage.asked == []


async def test_the_form_lets_in_and_logging_out_ends_the_session_on_every_replica(stage: AdminStage) -> None:
    browser, other = await stage.start(), await stage.start()

    answer = await browser.log_in()
    other.client.cookies = browser.client.cookies
    before = [await status_of(browser, "/admin"), await status_of(other, "/admin")]
    ended = await browser.post("/admin/logout", {"token": await browser.token("/admin")})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    after = await other.client.get("/admin", headers={"cookie": cookie})

    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert before == [200, 200]
    assert ended.status_code == 303
    assert after.status_code == 303
    assert [(one.action, one.outcome, one.who, one.ip) for one in await stage.actions()] == [
        ("login", "asked", "ann", "127.0.0.1"),
        ("login", "done", "ann", "127.0.0.1"),
        ("logout", "asked", "ann", "127.0.0.1"),
        ("logout", "done", "ann", "127.0.0.1"),
    ]


async def test_the_cookie_is_for_nobody_else(stage: AdminStage) -> None:
    browser = await stage.start()

    plain = (await browser.log_in()).headers["set-cookie"].lower()
    token = await browser.token("/admin")
    page = await browser.get("/admin")
    await browser.post("/admin/logout", {"token": token})
    fields = {"name": "ann", "password": PASSWORD, "token": await browser.token(FORM)}
    behind_tls = await browser.post(FORM, fields, **{"x-forwarded-proto": "https"})
    secured = behind_tls.headers["set-cookie"].lower()

    for cookie in (plain, secured):
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/admin" in cookie
    assert "secure" not in plain
    assert "secure" in secured
    assert page.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in page.headers
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert "style=" not in page.text


async def test_guessing_is_slowed_for_all_replicas_and_every_name(stage: AdminStage) -> None:
    browser, other = await stage.start(), await stage.start()

    wrong = [await browser.log_in(f"guess {number}") for number in range(3)]
    refused = await browser.log_in("guess 4")
    elsewhere = await other.log_in("guess 5", name="bob")
    even_right = await other.log_in()

    assert [answer.status_code for answer in wrong] == [401, 401, 401]
    for answer in (refused, elsewhere, even_right):
        assert answer.status_code == 429
        wait = int(answer.headers["retry-after"])
        assert 1 <= wait <= 2
        assert f"wait {wait} s" in answer.text
    assert all("Wrong name, password or digits." in answer.text for answer in wrong)
    assert [one.outcome for one in await stage.actions()] == ["asked", "refused"] * 3


async def test_who_knows_the_password_is_let_in_after_the_wait(stage: AdminStage) -> None:
    browser = await stage.start()
    for number in range(3):
        await browser.log_in(f"guess {number}")
    refused = await browser.log_in()
    await asyncio.sleep(int(refused.headers["retry-after"]))

    answer = await browser.log_in()
    slip = await (await stage.start()).log_in("a slip")

    assert answer.status_code == 303
    assert slip.status_code == 401


async def test_a_form_of_another_site_does_nothing(stage: AdminStage) -> None:
    await stage.serve_payments()
    browser, stranger = await stage.start(), await stage.start()
    await stranger.log_in()
    others = await stranger.token("/admin")
    await browser.log_in()
    mine = await browser.token("/admin")
    fields = {"pool": "litecoin", "reason": "mine"}
    before = len(await stage.actions())

    refused = [
        await browser.post("/admin/do/pause", fields),
        await browser.post("/admin/do/pause", {**fields, "token": ""}),
        await browser.post("/admin/do/pause", {**fields, "token": others}),
        await browser.post("/admin/do/pause", {**fields, "token": mine}, **{"sec-fetch-site": "cross-site"}),
        await browser.post("/admin/logout", {"token": others}),
    ]
    by_json = await browser.client.post("/admin/do/pause", json={**fields, "token": mine})
    by_get = await browser.client.get("/admin/do/pause", params={**fields, "token": mine})
    login = await stage.browser(browser.client.base_url.port or 0).post(
        FORM, {"name": "ann", "password": PASSWORD, "token": mine}
    )

    assert [answer.status_code for answer in refused] == [403] * 5
    assert (by_json.status_code, by_get.status_code, login.status_code) == (400, 405, 403)
    assert stage.asked == []
    assert len(await stage.actions()) == before
    assert (await browser.post("/admin/do/pause", {**fields, "token": mine})).status_code == 200
    assert [order.action for order in stage.asked] == ["pause"]


async def test_digits_are_asked_for_and_good_once(stage: AdminStage) -> None:
    secret = b"12345678901234567890"
    browser = await stage.start(f"{ANN}:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    digits = code_at(secret, int(time.time() // STEP_SECONDS))

    without = await browser.log_in()
    with_them = await browser.log_in(code=digits)
    await browser.post("/admin/logout", {"token": await browser.token("/admin")})
    again = await browser.log_in(code=digits)

    assert (without.status_code, with_them.status_code, again.status_code) == (401, 303, 401)


async def test_no_answer_holds_a_secret(stage: AdminStage) -> None:
    browser = await stage.start(f"{ANN}:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    secrets = [
        "a password of our own", "secret of the listener", "T0KEN-of-the-webhook", "api-password",
        PASSWORD, ANN.partition(":")[2], "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    ]  # fmt: skip
    answers = [await browser.log_in("wrong"), await browser.log_in()]
    step = int(time.time() // STEP_SECONDS)
    answers.append(await browser.log_in(code=code_at(b"12345678901234567890", step)))
    answers += [await browser.get(path) for path in PAGES]
    answers.append(await browser.order("check-config"))
    answers.append(await browser.get("/admin/log"))
    config = await browser.get("/admin/config")

    assert [answer.status_code for answer in answers] == [401, 401, 303, *[200] * len(PAGES), 200, 200]
    for answer in answers:
        for secret in secrets:
            assert secret not in answer.text, answer.url
    for process in stage.replicas:
        for secret in secrets:
            assert secret not in process.output
    assert "stratumHost" in config.text
    assert WEBHOOK.partition("/T0")[0] not in config.text
    assert not [one for one in await stage.actions() if any(s in str(one) for s in secrets)]


async def test_on_its_own_port_the_public_one_does_not_know_it(stage: AdminStage) -> None:
    public_port, own_port = free_port(), free_port()
    browser = await stage.start(API_PORT=str(public_port), ADMIN_PORT=str(own_port))
    public = stage.browser(public_port)

    assert (await browser.log_in()).status_code == 303
    assert await status_of(browser, "/admin") == 200
    assert await status_of(browser, "/static/pool.css") == 200
    assert (await browser.get("/")).headers["location"] == "/admin"
    assert (await browser.get("/api/stats")).headers["location"] == "/admin"
    assert await status_of(public, "/admin") == 404
    assert await status_of(public, "/admin/login") == 404
    assert await status_of(public, "/") == 200


async def test_without_operators_there_is_none(stage: AdminStage) -> None:
    browser = await stage.start("")

    assert [await status_of(browser, path) for path in ("/admin", FORM, "/")] == [404, 404, 200]


async def test_nobody_is_let_in_while_nats_is_away(stage: AdminStage) -> None:
    browser = await stage.start()
    await browser.log_in()
    await stage.nats.kill()

    answer = await browser.get("/admin")

    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/plain; charset=utf-8")
    assert "sessions cannot be checked" in answer.text
    await stage.nats.start()
