"""A key-value bucket: bytes by key, each change with a revision that the next change can insist on."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import nats.js.errors
from nats.js.api import Header
from nats.js.kv import KeyValue

from nompcore.bucket_watch import BucketWatch, Change, Present
from nompcore.jetstream import bucket_stream, is_removal
from nompcore.link import Link
from nompcore.messages import Message
from nompcore.subject_kinds import Bucket as BucketRow
from nompcore.wire import decode, encode

T = TypeVar("T", bound=Message)

_WRONG_LAST_SEQUENCE = (10071, 10164)
"""JetStream error numbers for a change that insisted on a revision which is not the last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and its revision."""

    value: bytes
    revision: int


class Bucket:
    """One bucket of the table. Every method raises BusUnavailable without an answer in time."""

    def __init__(self, link: Link, row: BucketRow) -> None:
        self.name = row.name
        self.ttl_seconds = row.ttl_seconds
        self._link = link
        self._row = row
        self._store = KeyValue(
            name=row.name, stream=bucket_stream(row), pre=f"$KV.{row.name}.", js=link.js, direct=True
        )

    async def get(self, key: str) -> Entry | None:
        """The value of the key, None where there is none (any more)."""
        async with self._exchange("get", key):
            try:
                message = await self._link.js.get_msg(
                    bucket_stream(self._row), subject=f"$KV.{self.name}.{key}", direct=True
                )
            except nats.js.errors.NotFoundError:
                return None
        if is_removal(message.headers):
            return None
        return Entry(message.data or b"", message.seq or 0)

    async def put(self, key: str, value: bytes, *, ttl_seconds: float | None = None) -> int:
        """Sets the key whatever it was, for so long (in whole seconds, rounded up); returns the revision.

        A time to live needs a bucket whose entries may end (`entries_end`).
        """
        headers = (
            None if ttl_seconds is None else {Header.MSG_TTL.value: f"{max(1, math.ceil(ttl_seconds))}s"}
        )
        async with self._exchange("put", key):
            ack = await self._link.js.publish(f"$KV.{self.name}.{key}", value, headers=headers)
        return ack.seq

    async def create(self, key: str, value: bytes) -> int | None:
        """Sets the key if it does not exist; returns the revision, None where it exists."""
        async with self._exchange("create", key):
            try:
                return await self._store.create(key, value)
            except nats.js.errors.KeyWrongLastSequenceError:
                return None

    async def update(self, key: str, value: bytes, revision: int) -> int | None:
        """Sets the key if its last revision is `revision`; returns the new one, None where it is not."""
        async with self._exchange("update", key):
            try:
                return await self._store.update(key, value, last=revision)
            except nats.js.errors.KeyWrongLastSequenceError:
                return None

    async def delete(self, key: str, revision: int | None = None) -> bool:
        """Removes the key, where `revision` is given only at that one; whether it did."""
        async with self._exchange("delete", key):
            try:
                return await self._store.delete(key, last=revision)
            except nats.js.errors.APIError as error:
                if error.err_code not in _WRONG_LAST_SEQUENCE:
                    raise
                return False

    def watch(self) -> AsyncIterator[Present | Change]:
        """What is present, then every change, for ever; what is present again after each interruption."""
        return BucketWatch(self._link, self._row).changes()

    async def load(self, key: str, kind: type[T]) -> T | None:
        """The message stored under the key."""
        entry = await self.get(key)
        return decode(kind, entry.value) if entry else None

    async def store(self, key: str, message: Message) -> int:
        """Stores a message under the key; returns the revision."""
        return await self.put(key, encode(message))

    def _exchange(self, verb: str, key: str) -> AbstractAsyncContextManager[None]:
        return self._link.exchange(f"{verb} {key} in bucket {self.name}")
