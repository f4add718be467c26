"""wrk against one path: Debian's package of that name, installed where it is not there yet."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from dataclasses import dataclass

from deploy.launcher.debian_package import install_package

PROGRAM = "wrk"

UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}

_QUANTILE = re.compile(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)$", re.MULTILINE)
_REQUESTS = re.compile(r"(\d+) requests in")
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_FAULTS = re.compile(r"(Socket errors|Non-2xx or 3xx responses):.*")


@dataclass(frozen=True, slots=True)
class WrkResult:
    """What it counted; times from request to whole answer."""

    requests: int
    requests_a_second: float
    p50_ms: float
    p99_ms: float


def require_wrk() -> None:
    """End the program with a clear line where it is not there and cannot be had."""
    if shutil.which(PROGRAM) is None and not install_package(PROGRAM):
        sys.exit(f"{PROGRAM} is not installed and cannot be: apt-get install {PROGRAM}")


async def wrk(url: str, *, connections: int, seconds: int, headers: tuple[str, ...] = ()) -> WrkResult:
    """One thread, a closed loop on each connection. AssertionError when an answer was not a good one."""
    options = [word for header in headers for word in ("-H", header)]
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "--latency", "-t1", f"-c{connections}", f"-d{seconds}s", *options, url,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, _ = await process.communicate()
    return parse(printed.decode())


def parse(printed: str) -> WrkResult:
    """What it prints, with `--latency`."""
    fault = _FAULTS.search(printed)
    assert fault is None, fault
    quantiles = {int(share): float(time) * UNITS_MS[unit] for share, time, unit in _QUANTILE.findall(printed)}
    requests, rate = _REQUESTS.search(printed), _RATE.search(printed)
    assert requests and rate and {50, 99} <= quantiles.keys(), printed
    return WrkResult(int(requests[1]), float(rate[1]), quantiles[50], quantiles[99])
