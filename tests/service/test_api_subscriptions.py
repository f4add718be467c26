"""Miners ask by signed messages: over real HTTP and NATS, with a payouts that answers from samples."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from coincurve import PrivateKey
from pydantic import SecretStr

from nompcore.config import MinerNoticesConfig, PortalConfig
from nompcore.requests import MinerReply, MinerRequest, MinerTerms, MinerTermsReply
from nompcore.subjects import MINER, MINER_TERMS, SUBSCRIPTIONS, subscriber_key
from nompcore.subscriptions import Subscriber
from services.api.serving.small_bodies import MAX_BODY_BYTES
from services.api.subscribing.pace import BURST
from tests.service.api_service import RunningApi, running_api, writer
from tests.service.signing_miner import ADDRESS, PATH, signature
from tests.unit import api_samples as samples

NTFY = {"kind": "subscribe", "channel": "ntfy", "target": "my-rigs", "events": ["worker-offline", "paid"]}
MAIL = {"kind": "subscribe", "channel": "mail", "target": "me@example.org", "events": ["paid"]}


def telling(config: PortalConfig) -> PortalConfig:
    """A portal that tells miners, by mail too."""
    mail = SecretStr("mailto://smtp.example.org?to={recipient}")
    return replace(config, miner_notices=MinerNoticesConfig(public_url="https://pool.example", mail=mail))


class Asking:
    """A portal whose payouts knows one miner; `minimums` are those that were set."""

    def __init__(self, api: RunningApi, minimums: list[int]) -> None:
        self.api = api
        self.minimums = minimums

    async def text(self, want: dict[str, Any]) -> str:
        """The text to sign."""
        answer = await self.api.client.post(f"{PATH}/challenges", json={"want": want})
        assert answer.status_code == 200, answer.text
        text: str = answer.json()["text"]
        return text

    async def send(self, text: str, signed: str) -> httpx.Response:
        """A signed text."""
        return await self.api.client.post(f"{PATH}/subscriptions", json={"text": text, "signature": signed})

    async def do(self, want: dict[str, Any]) -> httpx.Response:
        """Ask, sign and send."""
        text = await self.text(want)
        return await self.send(text, signature(text))

    async def kept(self) -> list[tuple[str, str, bool]]:
        """Channel, target, and whether it is told anything."""
        bucket = self.api.portal.bus.bucket(SUBSCRIPTIONS)
        found = await bucket.load(subscriber_key(samples.POOL, ADDRESS), Subscriber)
        return [(one.channel, one.target, one.is_active) for one in found.subscriptions] if found else []

    async def subscriber(self) -> Subscriber:
        """All that is kept of the address."""
        bucket = self.api.portal.bus.bucket(SUBSCRIPTIONS)
        found = await bucket.load(subscriber_key(samples.POOL, ADDRESS), Subscriber)
        assert found is not None
        return found


@asynccontextmanager
async def asked(nats_url: str, config: PortalConfig) -> AsyncIterator[Asking]:
    """The api, and a payouts that knows the address."""
    minimums: list[int] = []

    async def miner(request: MinerRequest) -> MinerReply:
        return MinerReply(address=request.address, known=request.address == ADDRESS)

    async def terms(request: MinerTerms) -> MinerTermsReply:
        minimums.append(request.minimum_sats)
        return MinerTermsReply(minimum_sats=max(request.minimum_sats, 100_000), pool_minimum_sats=100_000)

    async with writer(nats_url) as payouts:
        await payouts.serve(MINER, miner, samples.POOL)
        await payouts.serve(MINER_TERMS, terms, samples.POOL)
        async with running_api(nats_url, config) as api:
            yield Asking(api, minimums)


@pytest.fixture
async def asking(nats_url: str) -> AsyncIterator[Asking]:
    """A portal that tells miners."""
    async with asked(nats_url, telling(samples.portal_config())) as running:
        yield running


async def test_a_signed_wish_is_kept_and_its_link_ends_it(asking: Asking) -> None:
    done = await asking.do(NTFY)

    assert (done.status_code, done.json()) == (201, {"done": "subscribed: worker-offline, paid"})
    assert await asking.kept() == [("ntfy", "my-rigs", True)]

    (one,) = (await asking.subscriber()).subscriptions
    link = f"/api/v1/unsubscribe?token={one.end_token}"
    page = await asking.api.client.get(link)
    assert (page.status_code, len(re.findall("<button", page.text)) >= 1) == (200, True)
    assert await asking.kept() == [("ntfy", "my-rigs", True)]  # a mail program that looks ends nothing
    assert (await asking.api.client.post(link)).status_code == 200
    assert await asking.kept() == []
    assert (await asking.api.client.post(link + "0")).status_code == 404


async def test_mail_is_told_nothing_before_its_owner_says_so(asking: Asking) -> None:
    assert "a mail with a link" in (await asking.do(MAIL)).json()["done"]
    assert await asking.kept() == [("mail", "me@example.org", False)]

    (one,) = (await asking.subscriber()).subscriptions
    link = f"/api/v1/confirm?token={one.confirm_token}"
    assert (await asking.api.client.get(link)).status_code == 200
    assert await asking.kept() == [("mail", "me@example.org", False)]
    assert (await asking.api.client.post(link)).status_code == 200
    assert await asking.kept() == [("mail", "me@example.org", True)]
    assert (await asking.api.client.post(f"/api/v1/confirm?token={one.end_token}")).status_code == 404


async def test_nothing_is_done_without_the_owners_own_signature_of_our_own_text(asking: Asking) -> None:
    text = await asking.text(NTFY)
    stranger = PrivateKey(b"\x08" * 32)

    answers = [
        await asking.send(text, signature(text, stranger)),
        await asking.send(text, signature(text + " ")),
        await asking.send(text, "junk"),
        await asking.send(text.replace("my-rigs", "others"), signature(text.replace("my-rigs", "others"))),
    ]
    elsewhere = PATH.replace(ADDRESS, samples.ADDRESS)
    body = {"text": text, "signature": signature(text)}
    answers.append(await asking.api.client.post(f"{elsewhere}/subscriptions", json=body))

    assert [answer.status_code for answer in answers] == [403] * 5
    assert await asking.kept() == []


async def test_a_signature_is_taken_once(asking: Asking) -> None:
    text = await asking.text({"kind": "minimum-payment", "coins": "2.5"})
    first, second = await asking.send(text, signature(text)), await asking.send(text, signature(text))

    assert first.json() == {"done": "this address is paid from 2.50000000 LTC on"}
    assert (second.status_code, second.json()["detail"][:32]) == (409, "this signature was used before; ")
    assert asking.minimums == [250_000_000]


async def test_all_of_an_address_can_be_ended(asking: Asking) -> None:
    await asking.do(NTFY)
    await asking.do({**NTFY, "target": "more"})
    assert len(await asking.kept()) == 2

    assert (await asking.do({"kind": "unsubscribe-all"})).status_code == 201
    assert await asking.kept() == []


REFUSED = [
    ({"kind": "minimum-payment", "coins": "0.0001"}, 409),
    ({"kind": "minimum-payment", "coins": "1e3"}, 422),
    ({**NTFY, "target": "no topic"}, 422),
    ({**NTFY, "target": "no/topic"}, 409),
    ({**NTFY, "events": ["paid", "paid"]}, 409),
    ({**NTFY, "channel": "pigeon"}, 422),
    ({**NTFY, "offline_minutes": 1}, 422),
]


async def test_what_cannot_be_done_is_said_before_anything_is_signed(asking: Asking) -> None:
    for want, status in REFUSED:
        answer = await asking.api.client.post(f"{PATH}/challenges", json={"want": want})

        assert answer.status_code == status, want
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_forms_of_the_miners_page_need_no_script(asking: Asking) -> None:
    client, site = asking.api.client, f"/miners/{ADDRESS}"
    page = (await client.get(site)).text
    assert page.count(f'action="{site}/sign" method="post"') == 3
    fields = {"pool": samples.POOL, "kind": "subscribe", "channel": "ntfy", "target": "my-rigs"}
    fields |= {"paid": "on", "offline_minutes": "15", "drop_percent": "50"}

    to_sign = (await client.post(f"{site}/sign", data=fields)).text
    text = html.unescape(re.findall(r'name="text" value="([^"]*)"', to_sign)[0])
    signed = {"pool": samples.POOL, "text": text, "signature": signature(text)}
    done = await client.post(f"{site}/signed", data=signed)
    again = await client.post(f"{site}/signed", data=signed)
    wrong = await client.post(f"{site}/sign", data={**fields, "offline_minutes": "soon"})

    assert (done.status_code, "subscribed: paid" in done.text) == (200, True)
    assert await asking.kept() == [("ntfy", "my-rigs", True)]
    assert (again.status_code, "used before" in again.text) == (409, True)
    assert (wrong.status_code, "offline_minutes" in wrong.text) == (422, True)


async def test_strangers_and_floods_are_turned_away(asking: Asking) -> None:
    unknown = PATH.replace(ADDRESS, samples.ADDRESS)
    post = asking.api.client.post
    assert (await post(f"{unknown}/challenges", json={"want": NTFY})).status_code == 404
    assert (await post(f"{PATH}/challenges", content=b"x" * (MAX_BODY_BYTES + 1))).status_code == 413

    given = 1  # the one of the wrong address counts too
    while (status := (await post(f"{PATH}/challenges", json={"want": NTFY})).status_code) == 200:
        given += 1
        assert given < 2 * BURST, "more than was saved up and came meanwhile"
    assert (status, given >= BURST) == (429, True)


async def test_a_portal_that_tells_nobody_still_takes_minimums(nats_url: str) -> None:
    async with asked(nats_url, samples.portal_config()) as asking:
        refused = await asking.api.client.post(f"{PATH}/challenges", json={"want": NTFY})
        done = await asking.do({"kind": "minimum-payment", "coins": "0"})

    assert (refused.status_code, done.status_code, asking.minimums) == (409, 201, [0])
