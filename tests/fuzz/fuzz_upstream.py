"""Any bytes of an upstream pool: events of bounded parts and jobs for our miners, or a connection that ends.

An input's first byte says how long the pieces are; the rest is what the pool sends after our first requests.
"""

from __future__ import annotations

import math

from nompcore.coinbase import ExtranonceSizes
from nompcore.errors import EncodingError
from nompcore.messages import Job
from nompcore.upstream_job import build_upstream_job
from nompcore.wire import decode, encode
from services.jobmaker.upstream.dialogue import Said, UpstreamDialogue, UpstreamRefuses, UpstreamWork
from services.jobmaker.upstream.events import Answered, Asked, UpstreamGarbled
from services.jobmaker.upstream.protocol import MAX_EXTRANONCE_BYTES, MAX_LINE_BYTES
from tests.stratum_work import coin

COIN = coin()
SIZES = ExtranonceSizes(4, 2)
MASK = 0x1FFFE000
PIECES = (1, 3, 17, 100, 1 << 16)


def check_upstream(data: bytes) -> None:
    """Play one connection."""
    if not data:
        return
    piece, sent = PIECES[data[0] % len(PIECES)], data[1:]
    dialogue = UpstreamDialogue("user", "x", MASK)
    dialogue.begin()
    dialogue.submit(["1", "00000000", "6553f100", "0000002c"])
    try:
        for start in range(0, len(sent), piece):
            for said in dialogue.receive(sent[start : start + piece]):
                _check(said)
            assert len(dialogue.protocol._buffer) <= MAX_LINE_BYTES
    except (UpstreamGarbled, UpstreamRefuses, EncodingError) as error:
        str(error).encode()


def _check(said: Said) -> None:
    if isinstance(said, UpstreamWork):
        _check_work(said)
    elif isinstance(said, Asked):
        assert said.reply.count(b"\n") == 1
    elif isinstance(said, Answered):
        assert type(said.accepted) is bool
        said.error.encode()


def _check_work(work: UpstreamWork) -> None:
    terms = work.terms
    assert 0 < terms.difficulty < math.inf
    assert len(terms.extranonce1) <= MAX_EXTRANONCE_BYTES
    assert 1 <= terms.extranonce2_size <= MAX_EXTRANONCE_BYTES
    assert terms.version_mask & ~MASK == 0
    job = build_upstream_job(
        work.notify,
        terms,
        pool="btc",
        coin=COIN,
        job_id="1",
        extranonces=SIZES,
        clean_jobs=True,
        created_ms=0,
    )
    assert decode(Job, encode(job)) == job
