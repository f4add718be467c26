"""What an answer of a session has to be: bounded, whole lines of JSON, the first with the request's id."""

from __future__ import annotations

from typing import Any

import msgspec

LONGEST_ANSWER = 16 * 1024


class _Call(msgspec.Struct):
    """A request or an answer; numbers of any size stay as they are written."""

    id: msgspec.Raw = msgspec.Raw(b"null")
    method: str = ""
    params: Any = None


_decode = msgspec.json.Decoder(_Call).decode


def check_lines(data: bytes) -> list[tuple[str, Any]]:
    """Nothing, or lines; their methods, "" in a reply, each with its first parameter."""
    if not data:
        return []
    assert data.endswith(b"\n")
    assert len(data) <= LONGEST_ANSWER
    assert data.decode()
    calls = [_decode(line) for line in data[:-1].split(b"\n")]
    return [(call.method, call.params[0] if call.params else None) for call in calls]


def job_id_of(submit: bytes) -> str:
    """The job that a well-formed mining.submit names."""
    job_id: str = _decode(submit).params[1]
    return job_id


def check_reply(request: bytes, data: bytes) -> None:
    """An answer; none only to what is no request."""
    call = _decode(request)
    if data:
        assert data.startswith(b'{"id":%b,"result":' % bytes(call.id))
    else:
        assert not call.method
