"""A job as a busy chain gives it: a merkle branch of twelve steps."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from nompcore.merkle import branch
from nompcore.messages import Job
from tests.stratum_work import make_job

TRANSACTIONS = 3000

_BRANCH_HEX = [
    step.hex()
    for step in branch([sha256(number.to_bytes(4, "big")).digest() for number in range(TRANSACTIONS)])
]


def full_job(number: int) -> Job:
    """A clean job for another block than any other number's."""
    job = make_job(str(number), block=number)
    return msgspec.structs.replace(job, merkle_branch_hex=_BRANCH_HEX)
