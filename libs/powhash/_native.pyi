from collections.abc import Mapping
from typing import Any, TypeVar

_W = TypeVar("_W")

def algorithms() -> list[tuple[str, int, bool]]: ...
def digest(place: int, data: bytes, /) -> bytes: ...
def scrypt(data: bytes, n: int, r: int, /) -> bytes: ...
def scrypt_jane(data: bytes, nfactor: int, /) -> bytes: ...
def unhex(texts: list[str], /) -> list[bytes]: ...
def merkle_branch(txids_le: bytes, /) -> bytes: ...
def send_to_all(fds: list[int], data: bytes, /) -> list[tuple[int, int]]: ...
def share_difficulty(digest: bytes, multiplier: int, /) -> float: ...
def share_job(
    owner: object,
    serial: int,
    algorithm: str,
    coinb1: bytes,
    coinb2: bytes,
    branch: bytes,
    prevhash_le: bytes,
    network_target_le: bytes,
    key_prefix: bytes,
    version: int,
    nbits: int,
    ntime: int,
    multiplier: int,
    hashes_coinbase_once: bool,
    extranonce1_size: int = 4,
    extranonce2_size: int = 4,
    /,
) -> object | None: ...
def share_check(
    line: bytes,
    workers: Mapping[str, _W],
    jobs: Mapping[str, object],
    extranonce1: bytes,
    seen: set[bytes],
    version_mask: int,
    first_serial: int,
    target_le: bytes,
    now_seconds: float,
    /,
) -> tuple[bytes, _W, Any, bytes, float] | None: ...
def accept_some(listener: int, /) -> tuple[list[tuple[int, str, int]], int]: ...
def receive_some(epoll: int, arena: bytearray, /) -> list[tuple[int, bytes | int | None]]: ...
def send_each(fds: list[int], data: list[bytes], /) -> list[tuple[int, int]]: ...
