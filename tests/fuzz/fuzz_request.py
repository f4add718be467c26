"""Any bytes as one line: a typed request with bounded parts, or a MalformedLineError."""

from __future__ import annotations

import math
from typing import get_args

from services.stratum.password_options import MAX_DIFFICULTY
from services.stratum.protocol import (
    MAX_AGENT_LETTERS,
    MAX_EXTENSIONS,
    MAX_ID_BYTES,
    MalformedLineError,
    parse_request,
)
from services.stratum.requests import (
    VERSION_MASK_ALL,
    Authorize,
    Configure,
    Reply,
    Request,
    Subscribe,
    SuggestDifficulty,
)

REQUESTS = get_args(Request)


def check_request(data: bytes) -> None:
    """Parse one input."""
    try:
        request = parse_request(data)
    except MalformedLineError:
        return
    assert type(request) in REQUESTS
    if not isinstance(request, Reply):
        assert request.id in data or request.id == b"null"
        assert len(request.id) <= MAX_ID_BYTES
    _check_parts(request)


def _check_parts(request: Request) -> None:
    if isinstance(request, Subscribe):
        assert len(request.agent) <= MAX_AGENT_LETTERS
        assert request.agent.isascii()
        assert request.agent.isprintable()
    elif isinstance(request, Authorize):
        for wish in (request.options.difficulty, request.options.minimum):
            assert wish is None or 0 < wish <= MAX_DIFFICULTY
    elif isinstance(request, Configure):
        assert len(request.extensions) <= MAX_EXTENSIONS
        assert 0 <= request.version_mask <= VERSION_MASK_ALL
        assert request.minimum_difficulty is None or 0 <= request.minimum_difficulty < math.inf
    elif isinstance(request, SuggestDifficulty):
        assert 0 < request.difficulty < math.inf
