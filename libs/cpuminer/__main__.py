"""Mine: `python -m cpuminer --url stratum+tcp://127.0.0.1:3032 --user ADDRESS.rig --algorithm scrypt`."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import time
from urllib.parse import urlsplit

from cpuminer.mining import Miner
from cpuminer.pace import Pace
from cpuminer.report import Report
from cpuminer.session import MinerSettings
from cpuminer.work import algorithm
from nompcore.errors import NompError

EXIT_BAD_OPTIONS = 2


def parse_options(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="cpuminer", description="A small stratum miner on the CPU.")
    parser.add_argument("--url", required=True, help="stratum+tcp://host:port")
    parser.add_argument("--user", required=True, help="payout address, with .rig behind it if you like")
    parser.add_argument("--password", default="x")
    parser.add_argument("--algorithm", default="scrypt", help="as coin files name it")
    parser.add_argument("--hashes-per-second", type=_rate, default=0.0, help="0: as fast as it goes")
    parser.add_argument("--sprint-seconds", type=_rate, default=0.0, help="from the first job on, at:")
    parser.add_argument("--sprint-hashes-per-second", type=_rate, default=0.0)
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    return parser.parse_args(arguments)


def _rate(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def settings_of(options: argparse.Namespace) -> MinerSettings:
    """What to mine. Raises ValueError or NompError."""
    url = urlsplit(options.url)
    if url.scheme not in ("stratum+tcp", "tcp") or not url.hostname or not url.port:
        raise ValueError(f"--url must look like stratum+tcp://host:port, not {options.url}")
    chosen = algorithm(options.algorithm)
    return MinerSettings(url.hostname, url.port, options.user, options.password, options.algorithm, chosen)


async def mine(miner: Miner) -> None:
    """Mine until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncio.TaskGroup() as tasks:
        mining = tasks.create_task(miner.run(stop))
        await stop.wait()
        mining.cancel()


def write_line(line: str) -> None:
    """Hand a line to whoever reads along."""
    sys.stdout.write(line)
    sys.stdout.flush()


def main() -> int:
    """Run until told to stop; the exit code."""
    options = parse_options(sys.argv[1:])
    try:
        settings = settings_of(options)
    except (NompError, ValueError) as error:
        sys.stderr.write(f"cpuminer: {error}\n")
        return EXIT_BAD_OPTIONS
    pace = Pace(options.hashes_per_second, options.sprint_seconds, options.sprint_hashes_per_second)
    report = Report(write_line, as_json=options.json)
    asyncio.run(mine(Miner(settings, pace, report, time.monotonic, random.SystemRandom())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
