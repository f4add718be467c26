"""Messages ↔ the bytes that travel: JSON, so that `nats sub` shows what happens."""

from __future__ import annotations

import functools
from typing import TypeVar

import msgspec

from nompcore.errors import BusError
from nompcore.messages import Message

T = TypeVar("T", bound=Message)

_encoder = msgspec.json.Encoder()


def encode(message: Message) -> bytes:
    """The wire form of a message."""
    return _encoder.encode(message)


def decode(kind: type[T], data: bytes) -> T:
    """The message of type `kind` in `data`. Raises BusError when it is none."""
    try:
        message: T = _decoder(kind).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BusError(f"not a {kind.__name__}: {error}") from error
    return message


@functools.cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    return msgspec.json.Decoder(kind)
