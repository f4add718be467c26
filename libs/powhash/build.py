"""Compiles csrc/ into one native library: `python -m powhash.build` (with libs/ on the path).

Nothing is done where the library of these very sources is there already. Where there is no C compiler or no
Python.h, one line says so and the exit status is 0: the pool then mines what the standard library can hash.
`--strict`, for whoever changes csrc/, compiles in any case, with warnings as errors, and fails for them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "csrc"
LIBRARY = HERE / "_native.abi3.so"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O3", "-fno-strict-aliasing", "-fPIC", "-std=c11", "-pthread", "-Wall", "-Wextra")
_LINK = ("-shared", "-pthread", *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()))
_MARK = "powhash sources "

_LOAD = """
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
module_from_spec(spec_from_loader("_native", ExtensionFileLoader("_native", sys.argv[1])))
"""
"""A linker takes what the loader will not: missing functions show only here."""


class CannotBuild(Exception):  # noqa: N818 - it says what is the case
    """This machine cannot compile the library; the text says what is missing and where it comes from."""


class CompilerFailed(CannotBuild):
    """It is there and did not take the sources; the text is what it said."""


def source_digest() -> str:
    """What the library is made of, in 64 hex digits: every source, the flags, the kind of machine."""
    digest = hashlib.sha256(repr((FLAGS, _LINK, sys.platform, platform.machine())).encode())
    for path in sorted(SOURCES.glob("*.[ch]")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def is_current(library: Path, digest: str) -> bool:
    """Whether a library is there and was made of these sources: each carries their digest in its data."""
    return library.is_file() and (_MARK + digest).encode() in library.read_bytes()


def find_compiler() -> str:
    """The C compiler: $CC, or the first of `COMPILERS` that is installed."""
    wanted = os.environ.get("CC", "").split()
    found = next(filter(None, map(shutil.which, wanted[:1] or COMPILERS)), None)
    if found is None:
        raise CannotBuild(
            f"no C compiler ({wanted[0] if wanted else ', '.join(COMPILERS)}); on Debian: apt-get install gcc"
        )
    return found


def find_headers() -> Path:
    """The directory of this Python's Python.h."""
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").is_file():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CannotBuild(
            f"no Python.h of Python {version} in {headers}; on Debian: apt-get install python3-dev"
        )
    return headers


def compile_library(library: Path, digest: str, *, strict: bool = False) -> None:
    """Compile every source and put the linked library in its place at once."""
    compiler, headers = find_compiler(), find_headers()
    flags = [*FLAGS, *(("-Werror",) if strict else ()), f"-I{headers}", f'-DPOWHASH_MARK="{_MARK}{digest}"']
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=".build-") as folder:
        work = Path(folder)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(partial(_compile, compiler, flags, work), sorted(SOURCES.glob("*.c"))))
        made = work / library.name
        _run([compiler, *_LINK, *map(str, objects), "-o", str(made)])
        _run([sys.executable, "-c", _LOAD, str(made)])
        made.replace(library)


def _compile(compiler: str, flags: Sequence[str], folder: Path, source: Path) -> Path:
    made = folder / f"{source.stem}.o"
    _run([compiler, *flags, "-c", str(source), "-o", str(made)])
    return made


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own list
    if done.returncode != 0:
        raise CompilerFailed(f"{command[0]} failed on {command[-1]}:\n{done.stderr.strip()}")


def build(library: Path = LIBRARY, *, strict: bool = False) -> bool:
    """Bring the library up to date; whether there was anything to do."""
    digest = source_digest()
    if not strict and is_current(library, digest):
        return False
    compile_library(library, digest, strict=strict)
    return True


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m powhash.build", description="Compile the hash library.")
    parser.add_argument("--strict", action="store_true", help="always, and fail on any warning")
    strict: bool = parser.parse_args().strict
    try:
        done = build(strict=strict)
    except CannotBuild as reason:
        if strict and isinstance(reason, CompilerFailed):
            sys.exit(f"powhash: {reason}")
        if not isinstance(reason, CompilerFailed):
            LIBRARY.unlink(missing_ok=True)  # one that is there is of other sources
        _say(f"not built, so sha256, scrypt and scrypt-n coins only: {reason}")
    else:
        _say(f"{'made' if done else 'is up to date:'} {LIBRARY}")


def _say(text: str) -> None:
    sys.stderr.write(f"powhash: {text}\n")


if __name__ == "__main__":
    main()
