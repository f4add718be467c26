"""How csrc/ becomes a library, and what is said where it cannot. These tests need no library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import powhash
from powhash import build


def test_the_library_is_there_unless_this_machine_cannot_make_one() -> None:
    """Where there is no compiler, the tests of the library are left out, and the answer is here."""
    assert bool(powhash.ALGORITHMS) == can_compile()
    assert bool(powhash.ALGORITHMS) != bool(powhash.WHY_NOT)


def can_compile() -> bool:
    try:
        build.find_compiler()
        build.find_headers()
    except build.CannotBuild:
        return False
    return True


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A csrc/ of two files, with the library to be made beside it."""
    folder = tmp_path / "csrc"
    folder.mkdir()
    (folder / "one.c").write_text("int one(void) { return 1; }\n")
    (folder / "one.h").write_text("int one(void);\n")
    monkeypatch.setattr(build, "SOURCES", folder)
    return folder


def test_every_source_and_header_counts(sources: Path) -> None:
    before = build.source_digest()

    (sources / "one.h").write_text("int one(void); \n")
    changed = build.source_digest()
    (sources / "one.h").rename(sources / "two.h")

    assert len({before, changed, build.source_digest()}) == 3


def test_a_library_of_other_sources_is_not_current(sources: Path, tmp_path: Path) -> None:
    library = tmp_path / "made.so"
    digest = build.source_digest()

    assert not build.is_current(library, digest)
    library.write_bytes(b"\x7fELF... powhash sources " + digest.encode() + b"...")
    assert build.is_current(library, digest)
    (sources / "one.c").write_text("int one(void) { return 2; }\n")
    assert not build.is_current(library, build.source_digest())


def test_a_machine_without_a_compiler_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(build.CannotBuild, match=r"no C compiler .*clang.*: apt-get install gcc"):
        build.find_compiler()


def test_the_compiler_asked_for_is_the_one_that_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-cc -m32")

    with pytest.raises(build.CannotBuild, match=r"no C compiler .*no-such-cc"):
        build.find_compiler()


def test_a_python_without_headers_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: "/nowhere")

    with pytest.raises(build.CannotBuild, match=r"no Python\.h of .* in /nowhere; .* python3-dev"):
        build.find_headers()


def test_a_source_that_is_no_c_leaves_the_old_library(sources: Path, tmp_path: Path) -> None:
    (sources / "one.c").write_text("this is not C\n")
    library = tmp_path / "made.so"
    library.write_bytes(b"old")

    with pytest.raises(build.CannotBuild):
        build.build(library)
    assert library.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".build-")] == []


def test_the_command_says_in_one_line_why_there_is_no_library_and_does_not_fail(tmp_path: Path) -> None:
    shutil.copytree(build.HERE, tmp_path / "powhash", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    environ = {**os.environ, "CC": "no-such-cc", "PYTHONPATH": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "powhash.build"], env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0
    (line,) = done.stderr.splitlines()
    assert line.startswith("powhash: not built, so sha256, scrypt and scrypt-n coins only: no C compiler")
