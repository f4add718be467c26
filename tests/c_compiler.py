"""The system's C compiler, for programs that operators build themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

STRICT = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")


def compiled(source: Path, directory: Path) -> Path:
    """The program that `source` becomes; a warning is an error."""
    program = directory / source.stem
    subprocess.run(["cc", *STRICT, "-o", str(program), str(source)], check=True)
    return program
