"""An object store in the format of NATS ADR-20, so that `nats object` reads it: chunks, then a description.

Only what the pool needs: objects are written once under a new name and end by the store's time to live.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import msgspec
import nats.js.errors
from nats.js.api import Header

from nompcore.errors import BusError
from nompcore.jetstream import store_stream
from nompcore.link import Link
from nompcore.subject_kinds import ObjectStore

CHUNK_BYTES = 4 * 1024 * 1024
"""A block of Bitcoin in one: the server writes each chunk to its disk before the next one comes.

Other clients make chunks of 128 kB, and read any. A server with a smaller `max_payload` gets smaller ones.
"""

CHUNK_SECONDS = 20.0
"""For the storing of one, should the server be far away."""

GET_SECONDS = 30.0
"""For a whole object; a block waits for it."""


class _Description(msgspec.Struct):
    """The fields of ADR-20 that make an object readable."""

    name: str
    bucket: str
    nuid: str
    size: int
    chunks: int
    digest: str
    mtime: str = ""
    deleted: bool = False


class Objects:
    """One store of the table."""

    def __init__(self, link: Link, row: ObjectStore) -> None:
        self.name = row.name
        self._stream = store_stream(row)
        self._link = link

    async def put(self, name: str, data: bytes) -> None:
        """Stores the object; it exists only once all of it is stored. Raises BusUnavailable."""
        nuid = self._link.nc.new_inbox().rpartition(".")[2]
        chunk_bytes = min(CHUNK_BYTES, self._link.nc.max_payload)
        chunks = range(0, len(data), chunk_bytes)
        description = _Description(
            name, self.name, nuid, len(data), len(chunks), _digest(data), datetime.now(UTC).isoformat()
        )
        what = f"put object {name} in {self.name}"
        for start in chunks:
            async with self._link.exchange(what, CHUNK_SECONDS):
                chunk = data[start : start + chunk_bytes]
                await self._link.js.publish(self._chunks(nuid), chunk, timeout=CHUNK_SECONDS)
        async with self._link.exchange(what):
            await self._link.js.publish(
                self._meta(name), msgspec.json.encode(description), headers={Header.ROLLUP: "sub"}
            )

    async def get(self, name: str) -> bytes | None:
        """The object, None where there is none (any more). BusUnavailable, or BusError when it is damaged."""
        what = f"get object {name} from {self.name}"
        async with self._link.exchange(what, GET_SECONDS):
            try:
                meta = await self._link.js.get_msg(self._stream, subject=self._meta(name), direct=True)
                description = msgspec.json.decode(meta.data or b"", type=_Description)
                data = await self._gather(description)
            except nats.js.errors.NotFoundError:
                return None
        if _digest(data) != description.digest:
            raise BusError(f"{what}: the digest does not match")
        return data

    async def _gather(self, description: _Description) -> bytes:
        """All chunks, asked for one after another."""
        parts: list[bytes] = []
        sequence = 1
        for _ in range(description.chunks):
            chunk = await self._link.js.get_msg(
                self._stream, subject=self._chunks(description.nuid), seq=sequence, direct=True, next=True
            )
            parts.append(chunk.data or b"")
            sequence = (chunk.seq or 0) + 1
        return b"".join(parts)

    def _chunks(self, nuid: str) -> str:
        return f"$O.{self.name}.C.{nuid}"

    def _meta(self, name: str) -> str:
        return f"$O.{self.name}.M.{base64.urlsafe_b64encode(name.encode()).decode()}"


def _digest(data: bytes) -> str:
    return f"SHA-256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()}"
