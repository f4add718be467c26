"""Lines to a miner: replies and notifications as bytes. No IO.

Replies are `{"id","result","error"}`, notifications `{"id":null,"method","params"}`, both in that key order
(spec 1.1). The request's id is any JSON value and is echoed byte for byte. Errors are always
`[number, text, null]`.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from nompcore.errors import RejectReason
from nompcore.messages import Job

_encode = msgspec.json.Encoder().encode


def result_line(request_id: bytes, result: object) -> bytes:
    """A reply with a result."""
    return b'{"id":%b,"result":%b,"error":null}\n' % (request_id, _encode(result))


def true_line(request_id: bytes) -> bytes:
    """The reply every accepted share gets."""
    return b'{"id":%b,"result":true,"error":null}\n' % request_id


def error_line(request_id: bytes, number: int, text: str, *, result: bool | None = None) -> bytes:
    """A reply with an error; `result` is null except where NOMP says false (mining.authorize)."""
    return b'{"id":%b,"result":%b,"error":%b}\n' % (
        request_id,
        _encode(result),
        _encode((number, text, None)),
    )


_REFUSALS = {reason: _encode((reason.number, reason.text, None)) for reason in RejectReason}


def refusal_line(request_id: bytes, reason: RejectReason) -> bytes:
    """The reply a refused share gets."""
    return b'{"id":%b,"result":null,"error":%b}\n' % (request_id, _REFUSALS[reason])


def subscribed_line(request_id: bytes, token: str, extranonce1_hex: str, extranonce2_size: int) -> bytes:
    """The reply to mining.subscribe; the subscription id is the session's token. Both are hex digits."""
    name = token.encode()
    return (
        b'{"id":%b,"result":[[["mining.set_difficulty","%b"],["mining.notify","%b"]],"%b",%d],"error":null}\n'
        % (request_id, name, name, extranonce1_hex.encode(), extranonce2_size)
    )


@lru_cache(maxsize=1024)
def set_difficulty_line(difficulty: float) -> bytes:
    """mining.set_difficulty; whole numbers without a fraction, since some firmware reads only those."""
    number = int(difficulty) if difficulty.is_integer() else difficulty
    return b'{"id":null,"method":"mining.set_difficulty","params":[%b]}\n' % _encode(number)


def notify_line(
    job: Job, *, clean_jobs: bool, job_id: str | None = None, ntime_ahead_seconds: int = 0
) -> bytes:
    """mining.notify with its nine parameters (spec 1.6); under another id and with a later ntime if asked."""
    params = [
        job_id or job.job_id,
        job.prevhash_hex,
        job.coinb1_hex,
        job.coinb2_hex,
        job.merkle_branch_hex,
        f"{job.version & 0xFFFFFFFF:08x}",
        job.nbits_hex,
        f"{job.ntime + ntime_ahead_seconds:08x}",
        clean_jobs,
    ]
    return b'{"id":null,"method":"mining.notify","params":%b}\n' % _encode(params)


def set_extranonce_line(extranonce1_hex: str, extranonce2_size: int) -> bytes:
    """mining.set_extranonce: what jobs from now on are built with."""
    params = _encode((extranonce1_hex, extranonce2_size))
    return b'{"id":null,"method":"mining.set_extranonce","params":%b}\n' % params


def set_version_mask_line(version_mask: int) -> bytes:
    """mining.set_version_mask (BIP 310): some firmware reads the mask here, not in configure's answer."""
    return b'{"id":null,"method":"mining.set_version_mask","params":["%08x"]}\n' % version_mask


def show_message_line(text: str) -> bytes:
    """client.show_message: a text for the miner's screen or log."""
    return b'{"id":null,"method":"client.show_message","params":[%b]}\n' % _encode(text)


RECONNECT_LINE = b'{"id":null,"method":"client.reconnect","params":[]}\n'
"""Come back to where you came from: behind a balancer that is another replica."""

GET_VERSION_LINE = b'{"id":1,"method":"client.get_version","params":[]}\n'
"""A number as id, since cgminer echoes nothing else."""
