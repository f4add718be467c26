"""The templates' environment: everything escaped, a missing value is an error."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from services.api.site import page_text
from services.api.site.texts import Texts
from services.api.v1.parameters import ADDRESS_PATTERN, MAX_ADDRESS
from services.api.views.hashrate_text import hashrate_text
from services.api.views.pool_views import utc

TEMPLATES = Path(__file__).parents[1] / "templates"

CODE = re.compile(r"`([^`]+)`")


def environment(texts: Texts) -> Environment:
    """The environment with our texts and filters."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.globals["t"] = texts
    for text in (page_text.count, page_text.compact, page_text.percent, page_text.plain, page_text.short):
        templates.filters[text.__name__] = text
    for made in (page_text.span, page_text.stamp, hashrate_text, utc):
        templates.filters[made.__name__] = made
    templates.filters["ago"] = ago
    templates.filters["prose"] = prose
    templates.filters["miner_of"] = miner_of
    templates.filters["rig_of"] = rig_of
    return templates


@pass_context
def ago(context: Context, then: datetime) -> str:
    """`page_text.ago` against the moment of rendering."""
    return page_text.ago(then, context["now"])


def prose(text: str) -> Markup:
    """Text of a docstring: what stands between backticks is code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped)


def miner_of(worker: str) -> str:
    """The address in what a miner logs in with; empty where it is no address and so has no page.

    >>> miner_of("LaddressOne.rig 1"), miner_of("<b>")
    ('LaddressOne', '')
    """
    address = worker.strip().split(".", 1)[0]
    return address if len(address) <= MAX_ADDRESS and re.fullmatch(ADDRESS_PATTERN, address) else ""


def rig_of(worker: str) -> str:
    """What a miner calls one of its workers; empty where it gave no name.

    >>> rig_of("LaddressOne.rig.1"), rig_of("LaddressOne")
    ('rig.1', '')
    """
    return worker.partition(".")[2]
