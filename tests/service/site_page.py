"""The pages of the web site, and what a reader without JavaScript finds in one."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.service.api_service import RunningApi
from tests.unit import api_samples as samples

POOL_PAGE = f"/pools/{samples.POOL}"
MINER_PAGE = f"/miners/{samples.ADDRESS}"

PAGES = (
    "/",
    POOL_PAGE,
    f"{POOL_PAGE}/workers",
    f"{POOL_PAGE}/blocks",
    f"{POOL_PAGE}/payments",
    MINER_PAGE,
    "/miners",
    "/getting-started",
    "/mining-key",
    "/status",
    "/docs",
)


class Page(HTMLParser):
    """Text, tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


async def page(api: RunningApi, path: str) -> Page:
    """A page of ours."""
    return Page((await api.client.get(path)).text)
