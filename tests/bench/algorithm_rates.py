"""Headers a second that each algorithm of the native library hashes: see `--help`.

Through the Python binding, as the stratum service calls it. On one core: by the thread's processor time. By
two threads at once: by the clock, so only an idle machine shows what the second core adds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

import powhash

HEADERS = [hashlib.shake_128(bytes([number])).digest(80) for number in range(16)]
"""Some algorithms (x16r, quark) take different ways for different headers."""

THREADS = 2
SECONDS = 0.1
REPETITIONS = 3

Hash = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Rate:
    """Medians of hashes a second."""

    algorithm: str
    one_core: float
    two_threads: float
    releases_lock: bool


def algorithms() -> dict[str, tuple[Hash, bool]]:
    """Every name of the library, and those whose parameters a coin file sets, at values that coins had."""
    named = {name: (powhash.hasher(name), row.is_slow) for name, row in powhash.ALGORITHMS.items()}
    scrypts = {f"scrypt-n, N={n}": (partial(powhash.scrypt, n=n), True) for n in (2048, 8192)}
    janes = {
        f"scrypt-jane, Nf={nfactor}": (partial(powhash.scrypt_jane, nfactor=nfactor), True)
        for nfactor in (4, 14)
    }
    return {**named, **scrypts, **janes}


def measure(names: list[str], seconds: float, repetitions: int) -> Iterator[Rate]:
    """One algorithm after the other."""
    known = algorithms()
    with ThreadPoolExecutor(THREADS) as threads:
        for name in names:
            hash_, releases_lock = known[name]
            passes = _passes(hash_, seconds)
            one = median(_one_core(hash_, passes) for _ in range(repetitions))
            two = median(_two_threads(threads, hash_, passes) for _ in range(repetitions))
            yield Rate(name, one, two, releases_lock)


def _passes(hash_: Hash, seconds: float) -> int:
    """How often to hash all headers so that it takes about as long."""
    passes = 1
    while (spent := passes * len(HEADERS) / _one_core(hash_, passes)) < seconds / 10:
        passes *= 4
    return max(1, round(passes * seconds / spent))


def _one_core(hash_: Hash, passes: int) -> float:
    """Hashes a second of this thread's processor time."""
    begin = time.thread_time()
    _hash_all(hash_, passes)
    return passes * len(HEADERS) / (time.thread_time() - begin)


def _two_threads(threads: ThreadPoolExecutor, hash_: Hash, passes: int) -> float:
    """Hashes a second of both together."""
    begin = time.perf_counter()
    for done in [threads.submit(_hash_all, hash_, passes) for _ in range(THREADS)]:
        done.result()
    return THREADS * passes * len(HEADERS) / (time.perf_counter() - begin)


def _hash_all(hash_: Hash, passes: int) -> None:
    for _ in range(passes):
        deque(map(hash_, HEADERS), maxlen=0)


def table(rates: list[Rate]) -> Iterator[str]:
    """Lines for people."""
    yield _row("hashes/s", "µs a hash", "two threads", "gain", "lock", "algorithm")
    for rate in rates:
        yield _row(
            f"{rate.one_core:,.0f}",
            f"{1e6 / rate.one_core:,.1f}",
            f"{rate.two_threads:,.0f}",
            f"{rate.two_threads / rate.one_core:.2f}",
            "released" if rate.releases_lock else "kept",
            rate.algorithm,
        )


def _row(*cells: str) -> str:
    *figures, name = cells
    widths = (10, 10, 11, 5, 8)
    return "  ".join(f"{cell:>{width}}" for cell, width in zip(figures, widths, strict=True)) + f"  {name}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.algorithm_rates", description=__doc__)
    parser.add_argument("--algorithms", nargs="+", choices=[*algorithms()], help="default: all of them")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one measurement")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--json", action="store_true", help="every rate as a JSON line")
    given = parser.parse_args()
    rates = []
    for rate in measure(given.algorithms or [*algorithms()], given.seconds, given.repetitions):
        rates.append(rate)
        if given.json:
            print(json.dumps(asdict(rate)), flush=True)
    if not given.json:
        print(*table(rates), sep="\n")


if __name__ == "__main__":
    main()
