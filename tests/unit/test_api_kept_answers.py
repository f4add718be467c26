"""Answers that are made once a gathering."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from services.api.serving.entity_tags import EntityTags, entity_tag
from services.api.serving.kept_answers import KeptAnswers, kept_paths
from services.api.serving.rate_limit import Gate

PATH = "/api/v1/pools"
BODY = b'{"pools":[]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


class Routes:
    """An application that counts how often it had to answer."""

    def __init__(self, status: int = 200) -> None:
        self.made = 0
        self.status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.made += 1
        scope["route"] = PATH
        await send({"type": "http.response.start", "status": self.status, "headers": [*HEADERS]})
        await send({"type": "http.response.body", "body": BODY})


class World:
    """The middleware over those routes, and the gathering that it is told of."""

    def __init__(self, status: int = 200, gate: Gate | None = None) -> None:
        self.routes = Routes(status)
        self.revision = 1
        self.app = KeptAnswers(EntityTags(self.routes), {PATH}, lambda: self.revision, gate)

    async def ask(self, path: str = PATH, *, query: bytes = b"", wanted: str = "") -> tuple[int, bytes]:
        """Status and body."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        headers = [(b"if-none-match", wanted.encode())] if wanted else []
        scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers,
        }  # fmt: skip
        await self.app(scope, receive, send)
        self.route = scope.get("route")
        sent[0]["headers"].append((b"x-outer", b"1"))  # as middlewares further out do
        self.headers = dict(sent[0]["headers"])
        return sent[0]["status"], sent[1]["body"]


async def test_an_answer_is_made_once_a_gathering() -> None:
    world = World()
    answers = [await world.ask() for _ in range(3)]
    assert answers == [(200, BODY)] * 3
    assert world.routes.made == 1
    world.revision += 1
    assert await world.ask() == (200, BODY)
    assert world.routes.made == 2


async def test_a_kept_answer_is_measured_as_its_route() -> None:
    world = World()
    for _ in range(2):
        await world.ask()
        assert world.route == PATH


async def test_who_has_the_answer_gets_304_also_as_the_first_who_asks() -> None:
    world, tag = World(), entity_tag(BODY)
    for _ in range(2):
        assert await world.ask(wanted=f'W/"old", {tag}') == (304, b"")
        assert world.headers[b"etag"] == tag.encode()
        assert b"content-length" not in world.headers
    assert await world.ask(wanted='"old"') == (200, BODY)
    assert world.routes.made == 1


async def test_what_others_add_to_the_headers_is_not_kept() -> None:
    world = World()
    for _ in range(2):
        await world.ask()
    sent_twice = [name for name in world.headers if name == b"x-outer"]
    assert len(sent_twice) == 1
    assert len(world.headers) == len(HEADERS) + 5  # tag, cache's rule, two for other sites, the outer one


@pytest.mark.parametrize(("path", "query"), [("/api/v1/pools/x", b""), (PATH, b"limit=1")])
async def test_what_strangers_make_up_is_not_kept(path: str, query: bytes) -> None:
    world = World()
    for _ in range(2):
        assert await world.ask(path, query=query) == (200, BODY)
    assert world.routes.made == 2


async def test_who_asks_too_often_hears_so_from_the_routes() -> None:
    world = World(gate=Gate(rate=0.001, burst=2))
    for _ in range(4):  # the first is made, and counted by the routes' own limit
        await world.ask()
    assert world.routes.made == 2


async def test_every_site_may_read_them() -> None:
    world = World()
    for _ in range(2):
        await world.ask()
        assert world.headers[b"access-control-allow-origin"] == b"*"


async def test_only_good_answers_are_kept() -> None:
    world = World(status=503)
    for _ in range(2):
        assert await world.ask() == (503, BODY)
    assert world.routes.made == 2


def test_the_paths_are_those_of_the_pools() -> None:
    assert {"/api/stats", "/pools/litecoin", "/api/v1/pools/litecoin"} <= kept_paths(["litecoin"])
    assert "/api/v1/status" not in kept_paths(["litecoin"])  # it tells of this moment
