"""Real miners at the real stratum service: which of their shares it takes. See `--help`.

    python -m tests.bench.real_miners --miner /opt/cpuminer-opt/cpuminer --miner /opt/cpuminer-multi/cpuminer

For each algorithm that a miner knows it mines a made-up job, at a difficulty that it meets several times a
second. A share that is refused shows that the two disagree about the hash, the coinbase or the difficulty. So
does an easiest share far above the difficulty: such a miner works for more than it is paid.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import uvloop

from nompcore import messages as m
from nompcore import subjects
from nompcore.bus import Bus
from nompcore.coin import Coin, parse_coin
from tests.bench.machine_facts import machine_facts
from tests.bench.miner_algorithms import ALGORITHMS, MinerAlgorithm
from tests.servers import NatsServer
from tests.stratum_process import StratumProcess
from tests.stratum_work import ADDRESS, NTIME, POOL, ROOT, make_job

WHO = ("-u", f"{ADDRESS}.rig", "-p", "x", "-t", "1")

LAST_WORDS = 600  # letters

SHARES = 50
"""Enough to tell."""

SECONDS_A_SHARE = 0.1
"""For a miner that hashes as fast as the pool; most are faster."""

BEYOND_CHANCE = 1e6
"""Of n honest shares none is below the r-th part of the target once in r^n times."""

REJECTS_COME_WITHIN_SECONDS = 1.5
"""Reject counts wait a second for shares to travel with."""

RESULTS = ROOT / "var" / "bench" / "real_miners.json"


@dataclass(slots=True)
class Verdicts:
    """What the pool said of one miner's shares."""

    difficulty: float
    accepted: int = 0
    easiest: float = float("inf")
    rejected: Counter[str] = field(default_factory=Counter)
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, batch: m.ShareBatch) -> None:
        """Count a batch as payouts would."""
        self.accepted += len(batch.shares)
        self.easiest = min([self.easiest, *(share.share_difficulty for share in batch.shares)])
        for reject in batch.rejects:
            self.rejected[reject.reason] += reject.count
        if self.accepted + self.rejected.total() >= SHARES:
            self.enough.set()

    @property
    def easiest_ratio(self) -> float:
        """The easiest share's difficulty by that of the miner: little above 1 if both mean the same by it."""
        return self.easiest / self.difficulty


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    miner: str
    algorithm: str
    name: str
    accepted: int
    rejected: dict[str, int]
    easiest_ratio: float
    last_words: str = ""  # of a miner that found nothing

    @property
    def is_good(self) -> bool:
        """Whether miner and pool agree."""
        agrees = self.accepted * math.log(self.easiest_ratio) < math.log(BEYOND_CHANCE)
        return self.accepted > 0 and not self.rejected and agrees


@dataclass(frozen=True, slots=True)
class Miner:
    """A program with the options of cpuminer and its kin."""

    path: Path

    @property
    def version(self) -> str:
        """The first line with a number in it that it prints about itself."""
        told = subprocess.run([self.path, "--version"], capture_output=True, text=True, check=False).stdout
        lines = (line.strip(" *") for line in told.splitlines())
        return next((line for line in lines if any(map(str.isdigit, line))), self.path.name)

    def known(self) -> frozenset[str]:
        """What its help has to choose from."""
        told = subprocess.run([self.path, "--help"], capture_output=True, text=True, check=False).stdout
        return frozenset(line.split()[0].partition(":")[0] for line in told.splitlines() if line.strip())

    @asynccontextmanager
    async def mining(self, algorithm: MinerAlgorithm, port: int, log: Path) -> AsyncIterator[None]:
        """It mines with one thread until the end."""
        words = ("-a", algorithm.theirs, *algorithm.options, "-o", f"stratum+tcp://127.0.0.1:{port}")
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                self.path, *words, *WHO, stdout=output, stderr=output
            )
        try:
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def share_difficulty(coin: Coin) -> float:
    """One that a miner as fast as the pool's own library meets in `SECONDS_A_SHARE`."""
    begun, hashes = time.thread_time(), 0
    while (spent := time.thread_time() - begun) < SECONDS_A_SHARE:
        for _ in range(16 if coin.hashes_slowly else 1024):
            coin.pow_hash(NTIME.to_bytes(80, "little"))
            hashes += 1
    return hashes * SECONDS_A_SHARE / spent * coin.multiplier / 2**32


async def try_out(miner: Miner, algorithm: MinerAlgorithm, seconds: float) -> Row:
    """Let it mine until it has found enough, or for so long, at services of its own."""
    coin = parse_coin("bench.json", algorithm.coin_file)
    verdicts = Verdicts(share_difficulty(coin))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        async with _service(directory, algorithm, verdicts.difficulty) as (stratum, bus):
            await bus.subscribe(subjects.SHARE_BATCH, verdicts.take)
            await bus.publish(subjects.JOB, make_job(of=coin), pool=POOL)
            async with miner.mining(algorithm, stratum.port, directory / "miner.log"):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(verdicts.enough.wait(), seconds)
            await asyncio.sleep(REJECTS_COME_WITHIN_SECONDS)
            said = (directory / "miner.log").read_text(errors="replace").strip()
    return Row(
        miner.path.parent.name,
        algorithm.ours,
        " ".join((algorithm.theirs, *algorithm.options)),
        verdicts.accepted,
        dict(verdicts.rejected),
        verdicts.easiest_ratio,
        "" if verdicts.accepted else said[-LAST_WORDS:],
    )


@asynccontextmanager
async def _service(
    directory: Path, algorithm: MinerAlgorithm, difficulty: float
) -> AsyncIterator[tuple[StratumProcess, Bus]]:
    """The stratum service for a pool of this algorithm, and a bus to give it jobs."""
    coins = directory / "coins"
    coins.mkdir()
    (coins / "bench.json").write_text(json.dumps(algorithm.coin_file))
    nats = NatsServer(directory / "nats")
    await nats.start()
    bus = await Bus.connect(nats.url, service=subjects.JOBMAKER, replica="bench")
    await bus.ensure()
    stratum = StratumProcess(directory, nats.url, difficulty, coin="bench.json")
    stratum._environ |= {"NOMP_COINS_DIR": str(coins), "LOG_LEVEL": "info"}
    try:
        await stratum.start()
        yield stratum, bus
    finally:
        await stratum.end()
        await bus.drain()
        await nats.stop()


async def try_all(miners: Iterable[Miner], wanted: frozenset[str], seconds: float) -> list[Row]:
    """Every algorithm of every miner, each printed when it is done."""
    rows = []
    print(f"| {'miner':<14} | {'algorithm':<14} | {'its name':<24} | accepted | rejected | easiest |")
    print(f"|{'-' * 16}|{'-' * 16}|{'-' * 26}|---------:|---------:|--------:|")
    for miner in miners:
        known, version = miner.known(), miner.version
        for algorithm in ALGORITHMS:
            is_known = algorithm.theirs.partition(":")[0] in known and algorithm.miner in version
            if is_known and (not wanted or algorithm.ours in wanted):
                rows.append(await try_out(miner, algorithm, seconds))
                print(_line(rows[-1]), rows[-1].last_words, sep="\n" * bool(rows[-1].last_words), flush=True)
    return rows


def _line(row: Row) -> str:
    rejected = ", ".join(f"{count} {reason}" for reason, count in row.rejected.items()) or "0"
    cells = f"{row.miner:<14} | {row.algorithm:<14} | {row.name:<24.24} | {row.accepted:8} | {rejected:>8}"
    return f"| {cells} | {row.easiest_ratio:7.3f} |{'' if row.is_good else ' DISAGREE'}"


def main() -> None:
    """Read the arguments; the exit code says whether all agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.real_miners", description=__doc__)
    parser.add_argument("--miner", type=Path, action="append", required=True, help="program; repeatable")
    parser.add_argument("--algorithm", action="append", default=[], help="ours; default: all; repeatable")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each mines at most")
    given = parser.parse_args()
    miners = [Miner(path.resolve()) for path in given.miner]
    rows = uvloop.run(try_all(miners, frozenset(given.algorithm), given.seconds))
    results = {
        "machine": machine_facts(),
        "miners": {miner.path.parent.name: miner.version for miner in miners},
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1))
    sys.exit(not rows or not all(row.is_good for row in rows))


if __name__ == "__main__":
    main()
