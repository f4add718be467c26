"""The positional parameters of a call, taken one by one with the type that they must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from nompcore.encoding import from_display
from nompcore.errors import EncodingError
from simcoind.rpc.error import INVALID_PARAMETER, MISC, RpcError

T = TypeVar("T")

HASH_DIGITS = 64


class Params:
    """What a call was given. A missing parameter answers -1 with the usage, a wrong type -1 with its name."""

    def __init__(self, values: Sequence[Any], usage: str) -> None:
        self._values = values
        self._usage = usage

    def value(self, index: int) -> Any:
        """A parameter as it came; None when it is absent or null."""
        return self._values[index] if index < len(self._values) else None

    def text(self, index: int, default: str | None = None) -> str:
        """A string; required without a default."""
        return self._typed(index, str, "a string", default)

    def integer(self, index: int, default: int | None = None) -> int:
        """An integer; required without a default."""
        value = self._typed(index, int, "an integer", default)
        if isinstance(value, bool):
            raise RpcError(MISC, "JSON value is not an integer as expected")
        return value

    def boolean(self, index: int, default: bool | None = None) -> bool:
        """A boolean; required without a default."""
        return self._typed(index, bool, "a boolean", default)

    def array(self, index: int, default: list[Any] | None = None) -> list[Any]:
        """A list; required without a default."""
        return self._typed(index, list, "an array", default)

    def mapping(self, index: int, default: dict[str, Any] | None = None) -> dict[str, Any]:
        """An object; required without a default."""
        return self._typed(index, dict, "an object", default)

    def hash_le(self, index: int, name: str) -> bytes:
        """A hash in display form, turned to internal byte order."""
        return hash_from_display(self.text(index), name)

    def _typed(self, index: int, kind: type[T], title: str, default: T | None) -> T:
        value = self.value(index)
        if value is None:
            if default is None:
                raise RpcError(MISC, self._usage)
            return default
        if not isinstance(value, kind):
            raise RpcError(MISC, f"JSON value is not {title} as expected")
        return value


def hash_from_display(text: str, name: str) -> bytes:
    """Internal byte order of a hash in display form. Raises RpcError -8."""
    if len(text) != HASH_DIGITS:
        raise RpcError(
            INVALID_PARAMETER, f"{name} must be of length {HASH_DIGITS} (not {len(text)}, for '{text}')"
        )
    try:
        return from_display(text)
    except EncodingError as error:
        raise RpcError(INVALID_PARAMETER, f"{name} must be hexadecimal string (not '{text}')") from error


def outpoint_of(row: object) -> tuple[bytes, int]:
    """Txid, internal byte order, and index of an object with `txid` and `vout`. Raises RpcError -8."""
    if not isinstance(row, Mapping) or not isinstance(row.get("txid"), str):
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, missing txid key")
    index = row.get("vout")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= 0xFFFFFFFF:
        raise RpcError(INVALID_PARAMETER, "Invalid parameter, missing vout key")
    return hash_from_display(row["txid"], "txid"), index
