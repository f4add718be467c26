"""The C library without Python: the same digests however it is compiled, and nothing undefined on the way."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import powhash
from powhash.build import FLAGS as OPTIMIZED
from powhash.build import SOURCES, find_compiler
from tests.unit.chain_samples import ROOT, VECTORS, vectors
from tests.unit.test_powhash_genesis import header_of

UNOPTIMIZED = (
    "-O0",
    "-fsanitize=undefined,address",
    "-fno-sanitize=null,object-size,pointer-overflow",  # the other one sees where they lead
    "-fno-sanitize-recover=all",
)
PLAIN_C = ("-U__SSE2__", "-D__builtin_cpu_supports(feature)=0")
"""Makes of any processor one without vectors, as far as the sources ask."""

ASKED = ("__SSE2__", "__builtin_cpu_supports")
# With the strongest optimization it is the library itself.
BUILDS = {
    "sanitized": UNOPTIMIZED,
    "sanitized plain C": (*UNOPTIMIZED, *PLAIN_C),
}
FLAGS = ("-std=c11", "-pthread", "-Wall", "-Wextra", "-Werror", f"-I{SOURCES}")
DRIVER = ROOT / "tests" / "powhash_driver.c"

LENGTHS = (0, 1, 32, 55, 56, 63, 64, 65, 71, 72, 111, 112, 119, 120, 127, 128, 129, 135, 136, 191, 192, 256)
"""Around the ends of the blocks and paddings of all digests."""


class Answer(NamedTuple):
    """One line for the driver, and what it has to say."""

    algorithm: str
    parameter: int
    message: bytes
    digest: str

    @property
    def line(self) -> str:
        return f"{self.algorithm} {self.parameter} x{self.message.hex()}\n"


@pytest.fixture(scope="module")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The driver with the whole library, compiled in each way."""
    work = tmp_path_factory.mktemp("powhash")
    sources = [*sorted(path for path in SOURCES.glob("*.c") if "Python.h" not in with_headers(path)), DRIVER]
    wanted = {build: [object_of(source, build, work) for source in sources] for build in BUILDS}
    each_once = dict.fromkeys(part for parts in wanted.values() for part in parts)
    with ThreadPoolExecutor(os.cpu_count()) as compilers:
        deque(compilers.map(compile_object, each_once), maxlen=0)
        programs = compilers.map(link, wanted, wanted.values(), repeat(work))
    return dict(zip(wanted, programs, strict=True))


class Object(NamedTuple):
    """An object file that is to be made."""

    source: Path
    build: str
    made: Path


def object_of(source: Path, build: str, work: Path) -> Object:
    """Plain C of a source that asks for nothing of the processor is what it is anyway."""
    if build == "sanitized plain C" and not any(word in with_headers(source) for word in ASKED):
        build = "sanitized"
    return Object(source, build, work / f"{source.stem} {build}.o")


@cache
def with_headers(source: Path) -> str:
    """The file and the headers of the library that it includes, and those that they include."""
    text = source.read_text()
    names = (line.split('"')[1] for line in text.splitlines() if line.startswith('#include "'))
    return text + "".join(with_headers(SOURCES / name) for name in names)


def compile_object(wanted: Object) -> None:
    """Run the compiler."""
    flags = (*FLAGS, *BUILDS[wanted.build])
    run([find_compiler(), *flags, "-c", str(wanted.source), "-o", str(wanted.made)])


def link(build: str, objects: list[Object], work: Path) -> Path:
    """The program."""
    flags = ("-pthread", *BUILDS[build])
    run([find_compiler(), *flags, *(str(part.made) for part in objects), "-o", str(work / build)])
    return work / build


def run(command: list[str], given: str = "") -> str:
    """What a program prints; it has to end well."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def known_answers() -> Iterator[Answer]:
    """Every row of the vectors that names an algorithm, a message and its digest, and the first blocks."""
    for path in sorted(VECTORS.glob("powhash_*.json")):
        for row in rows_within(vectors(path.name)):
            match row:
                case {"algorithm": name, "input": message, "digest": digest}:
                    yield Answer(name, 0, bytes.fromhex(message), digest)
                case {"algorithm": name, "header": message, "digest": digest}:
                    yield Answer(name, 0, bytes.fromhex(message), digest)
                case {"nfactor": nfactor, "header": message, "digest": digest}:
                    yield Answer("scrypt-jane", int(nfactor), bytes.fromhex(message), digest)
                case {"algorithm": name, "digit": digit, "digest": digest}:
                    yield Answer(
                        name, 0, bytes([*range(4), *[int(digit, 16) * 17] * 32, *range(36, 80)]), digest
                    )
                case {"algorithm": name, "coin": _, "pow": displayed}:
                    parameter = row.get("n", row.get("nfactor", 0))
                    name = "scrypt-n" if "n" in row else name
                    yield Answer(name, parameter, header_of(row), bytes.fromhex(displayed)[::-1].hex())


def rows_within(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of a JSON document."""
    match value:
        case dict():
            yield value
            for member in value.values():
                yield from rows_within(member)
        case list():
            for member in value:
                yield from rows_within(member)


def other_lengths() -> Iterator[Answer]:
    """Messages of any length for what takes them, and the digests that the library of this machine gives."""
    for name, algorithm in powhash.ALGORITHMS.items():
        for length in LENGTHS if algorithm.input_bytes == 0 else ():
            message = bytes(i * 7 % 251 for i in range(length))
            yield Answer(name, 0, message, powhash.digest(name, message).hex())


def test_the_vectors_know_an_answer_of_every_algorithm() -> None:
    assert {*powhash.ALGORITHMS} <= {answer.algorithm for answer in known_answers()}


@pytest.mark.timeout(600)  # ten seconds on two idle cores, but compilers share them with other tests
@pytest.mark.parametrize("build", BUILDS)
def test_every_build_gives_the_known_answers(drivers: dict[str, Path], build: str) -> None:
    answers = [*known_answers(), *other_lengths()]

    said = run([str(drivers[build])], "".join(answer.line for answer in answers)).split()

    wrong = [answer for answer, digest in zip(answers, said, strict=True) if digest != answer.digest]
    assert wrong == []


def test_the_optimized_library_gives_the_known_answers() -> None:
    assert "-O3" in OPTIMIZED
    wrong = [answer for answer in known_answers() if said_by_library(answer).hex() != answer.digest]
    assert wrong == []


def said_by_library(asked: Answer) -> bytes:
    """As the driver asks the sources."""
    match asked.algorithm:
        case "scrypt-n":
            return powhash.scrypt(asked.message, asked.parameter)
        case "scrypt-jane":
            return powhash.scrypt_jane(asked.message, asked.parameter)
        case name:
            return powhash.digest(name, asked.message)
