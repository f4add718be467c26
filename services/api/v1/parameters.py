"""What paths and queries of /api/v1 may say."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from nompcore.requests import PageRequest

MAX_PAGE = 200
DEFAULT_PAGE = 50

# A bound for the ledger's search: no known coin has found, and no query should page through, a million rows.
MAX_OFFSET = 1_000_000

# base58, bech32 and cashaddr with its prefix fit; names of MPOS accounts as well
MAX_ADDRESS = 128
ADDRESS_PATTERN = r"^[A-Za-z0-9:_-]+$"

MAX_POOL_NAME = 64
MAX_POINTS = 1_000
DEFAULT_POINTS = 300
MAX_UNIX_SECONDS = 2**53

PoolName = Annotated[str, Path(max_length=MAX_POOL_NAME, description="name of the pool")]
Address = Annotated[
    str, Path(min_length=1, max_length=MAX_ADDRESS, pattern=ADDRESS_PATTERN, description="payout address")
]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET, description="rows to pass over")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="rows to return")]
Since = Annotated[int, Query(ge=0, le=MAX_UNIX_SECONDS, description="Unix time in seconds, 0: all there is")]
Points = Annotated[int, Query(ge=1, le=MAX_POINTS, description="points to return at most, averaged")]


def page_request(offset: int, limit: int) -> PageRequest:
    """The page as payouts is asked for it."""
    return PageRequest(offset=offset, limit=limit)
