"""What a form sent: few fields, each once."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_BYTES = 16 * 1024
MAX_FIELDS = 40
READ_SECONDS = 10.0  # a browser sends a form with its head: who dawdles holds a connection
FORM_TYPE = "application/x-www-form-urlencoded"


class FormRefused(Exception):  # noqa: N818 - a state, as the page tells it
    """Not a form of ours."""


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises FormRefused."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != FORM_TYPE:
        raise FormRefused("not a form")
    body = b""
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise FormRefused("too large a form")
    except TimeoutError as error:
        raise FormRefused("the form does not come") from error
    return parse_form(body)


def parse_form(body: bytes) -> dict[str, str]:
    """The fields of an encoded form. Raises FormRefused."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise FormRefused("not a form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise FormRefused("a field is given twice")
    return fields
