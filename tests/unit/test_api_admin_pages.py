"""What the admin center shows and takes: masked configuration, forms, events in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.alarms import AuditFailed
from nompcore.messages import BlockOrphaned, PaymentFailed, PaymentSent
from nompcore.subjects import ALERT
from services.api.admin.config_files import ConfigFiles
from services.api.admin.forms import MAX_FIELDS, FormRefused, parse_form
from services.api.admin.masked_config import MASK, masked
from services.api.admin.news import KEPT, NewsDesk, told
from services.api.admin.order import Order, OrderRefused
from services.api.state.gatherer import EVENTS
from tests.unit.chain_samples import vectors
from tests.unit.config_dir import COINS_DIR, PORTAL_FILE, ConfigDir

SECRET = "s3cret"


@pytest.mark.parametrize(
    "key", ["password", "Password", "apiSecret", "token", "webhooks", "rpcpassword", "url", "minerMail"]
)
@pytest.mark.parametrize(
    "wrap", [lambda v: v, lambda v: [v], lambda v: {"inner": [v]}, lambda v: [[{"a": v}]]]
)
def test_what_stands_under_a_secret_key_is_masked_however_deep(key: str, wrap: Any) -> None:
    shown = json.dumps(masked({"outer": [{key: wrap(SECRET)}]}))

    assert SECRET not in shown
    assert json.dumps(MASK) in shown


def test_a_variable_is_shown_by_name_but_not_a_default_that_may_tell_it() -> None:
    tree = {
        "password": "${RPC_PASSWORD}",
        "a": {"password": f"${{RPC_PASSWORD:-{SECRET}}}"},
        "b": {"token": 7},
    }

    assert masked(tree) == {"password": "${RPC_PASSWORD}", "a": {"password": MASK}, "b": {"token": MASK}}


def test_a_login_with_a_sign_that_should_have_been_escaped_is_masked_as_a_whole() -> None:
    assert masked(f"redis://me:{SECRET}@{SECRET}@redis:6379/0") == f"redis://{MASK}@redis:6379/0"
    assert masked("https://pool.example?to=me@example.org") == "https://pool.example?to=me@example.org"


def test_a_login_in_a_url_is_masked_and_the_rest_is_shown() -> None:
    tree = {"host": "localhost", "port": 1, "redis": f"redis://me:{SECRET}@redis:6379/0", "on": True}

    assert masked(tree) == {
        "host": "localhost",
        "port": 1,
        "redis": f"redis://{MASK}@redis:6379/0",
        "on": True,
    }


def test_files_are_shown_with_the_names_of_variables_and_checked_with_their_values(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "website", "stratumHost", value="${HOST_OF_THE_POOL}")
    config.write(tmp_path)

    shown = dict(ConfigFiles(tmp_path, COINS_DIR, {"HOST_OF_THE_POOL": SECRET}).shown())

    assert list(shown) == ["config.json", "pool_configs/litecoin.json"]
    assert "${HOST_OF_THE_POOL}" in shown["config.json"]
    assert SECRET not in "".join(shown.values())
    assert "a password of our own" not in "".join(shown.values())
    assert ConfigFiles(tmp_path, COINS_DIR, {"HOST_OF_THE_POOL": SECRET}).problems() == []
    (problem,) = ConfigFiles(tmp_path, COINS_DIR, {}).problems()
    assert "HOST_OF_THE_POOL" in problem


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    config = ConfigDir()
    config.files[PORTAL_FILE] = '{ "website": '
    config.write(tmp_path)

    assert dict(ConfigFiles(tmp_path, COINS_DIR, {}).shown())["config.json"].startswith("config.json: ")


def test_a_form_is_read() -> None:
    assert parse_form(b"reason=the+wallet%20moves&empty=&token=a%3Db") == {
        "reason": "the wallet moves", "empty": "", "token": "a=b",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"a=1&a=2", b"\xff", b"a=%ff", b"&".join(b"f%d=1" % number for number in range(MAX_FIELDS + 1))]
)
def test_what_is_no_form_of_ours_is_refused(body: bytes) -> None:
    with pytest.raises(FormRefused):
        parse_form(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    try:
        fields = parse_form(body)
    except FormRefused:
        return
    assert all(isinstance(value, str) for value in fields.values())


def test_an_order_tells_what_it_lacks() -> None:
    order = Order("ann", {"reason": "  ", "amount": "12", "hours": "soon"})

    assert (order.text("absent"), order.whole("amount"), order.whole("absent")) == ("", 12, 0)
    for field in ("reason", "absent"):
        with pytest.raises(OrderRefused, match=f"{field} is missing"):
            order.required(field)
    with pytest.raises(OrderRefused, match="hours: expected a whole number"):
        order.whole("hours")
    with pytest.raises(OrderRefused, match="amount: too large"):
        Order("ann", {"amount": str(2**63)}).whole("amount")


def test_every_event_of_the_gatherer_has_words_and_alarms_are_told_apart() -> None:
    samples = vectors("messages.json")
    found = {}
    for kind in [*(subject.message for subject in EVENTS), ALERT.message]:
        found[kind] = told(kind(**samples[kind.__name__]))

    assert len({name for name, _, _ in found.values()}) == len(EVENTS) + 1
    assert all(text for _, _, text in found.values())
    assert found[PaymentFailed][1]
    assert found[AuditFailed][1]
    assert not found[PaymentSent][1]
    assert not found[BlockOrphaned][1]


async def test_the_newest_events_are_kept_and_no_more() -> None:
    desk = NewsDesk()
    for number in range(KEPT + 5):
        await desk.hear(AuditFailed(pool="ltc", problems=[f"problem {number}"], time_ms=number))

    assert [one.text for one in desk.newest()[:2]] == [f"problem {KEPT + 4}", f"problem {KEPT + 3}"]
    assert len(desk.newest()) == KEPT
