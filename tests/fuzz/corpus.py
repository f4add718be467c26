"""The inputs that are kept, each for what no other reaches: a file a target, a base64 line an input."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "kept"


def kept_inputs(name: str) -> list[bytes]:
    """All of a corpus."""
    return [base64.b64decode(line, validate=True) for line in _file(name).read_text().splitlines()]


def keep(name: str, inputs: Iterable[bytes]) -> None:
    """Replace a corpus."""
    lines = sorted(base64.b64encode(one).decode() for one in set(inputs) if one)
    _file(name).write_text("".join(f"{line}\n" for line in lines))


def unpack(inputs: Iterable[bytes], folder: Path) -> None:
    """As the fuzzer wants them: a file an input."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in inputs:
        (folder / hashlib.sha1(one).hexdigest()).write_bytes(one)


def packed(folder: Path) -> list[bytes]:
    """The inverse of `unpack`."""
    return [path.read_bytes() for path in folder.iterdir()]


def _file(name: str) -> Path:
    return FOLDER / f"{name}.base64"
