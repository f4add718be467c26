"""Where the other pages of a list are. Pure."""

from __future__ import annotations

from urllib.parse import quote

from nompcore.requests import PageRequest
from services.api.views.page_models import Links


def page_links(path: str, page: PageRequest, total: int) -> Links:
    """The pages around `page` of a list of `total` rows that is served at `path`.

    >>> page_links("/blocks", PageRequest(offset=50, limit=50), 120).next
    '/blocks?offset=100&limit=50'
    """
    last = max(0, total - 1) // page.limit * page.limit
    before, after = max(0, page.offset - page.limit), page.offset + page.limit
    return Links(
        self=_url(path, page.offset, page.limit),
        first=_url(path, 0, page.limit),
        previous=_url(path, min(before, last), page.limit) if page.offset else None,
        next=_url(path, after, page.limit) if after < total else None,
        last=_url(path, last, page.limit),
    )


def link_header(links: Links) -> str:
    """The same for the header `Link` (RFC 8288)."""
    targets = {"first": links.first, "prev": links.previous, "next": links.next, "last": links.last}
    return ", ".join(f'<{url}>; rel="{relation}"' for relation, url in targets.items() if url)


def _url(path: str, offset: int, limit: int) -> str:
    return f"{quote(path)}?offset={offset}&limit={limit}"
