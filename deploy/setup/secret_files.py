"""Random passwords, one file each (mode 0600), made once and kept."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

TOKEN_BYTES = 24  # 192 bits: beyond guessing, short enough for a URL


def ensure_secret(path: Path) -> str:
    """Return the secret in `path`, creating it first when the file does not exist."""
    if path.exists():
        return path.read_text().strip()
    secret = secrets.token_hex(TOKEN_BYTES)
    write_private(path, secret)
    return secret


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read; the old content stays until the new one is complete."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.rename(path)
