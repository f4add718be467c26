"""Makes a pool's tallies in Redis anew from the share log: `python -m services.payouts.rebuild <pool>`.

Settings are those of the service, which may run. With `--check` nothing is changed. Exit codes: 0 the
tallies are what they should be, 1 they are not or it cannot be known, 2 arguments, settings or configuration
unusable.

The new tallies are made aside, follow the log until they are as far as the old ones, and take their place in
one step: readers see the old or the new ones. Who records shares meanwhile finds the position moved on, or
goes on where the new ones are. Kept as they are: `history`, `checkpoints`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from nompcore.bus import Bus
from nompcore.config import ConfigInvalid, PortalConfig, load_config
from nompcore.errors import NompError
from nompcore.lease import Lease
from nompcore.settings import Settings, SettingsInvalid, read_settings
from nompcore.subjects import LEASES, PAYOUTS, SHARE_BATCH, lease_key
from services.payouts.counting.redis_client import connect
from services.payouts.counting.tallies import Tallies
from services.payouts.counting.tally_batch import fold
from services.payouts.counting.tally_check import CannotCheck, Comparison, TallyCheck
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.schema import LedgerUnusable
from services.payouts.share_log.pool_log import PoolLog

EXIT_SAME, EXIT_DIFFERENT, EXIT_UNUSABLE = 0, 1, 2

TRIES: Final = 100

FEW: Final = 100
"""Messages. payouts reads in stretches, so whoever has read up to now is ahead of it for a while."""

SHOWN: Final = 20
"""Differences that are written out; the others are counted."""


class Refused(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """It was not done; the text says why."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One run, connected to everything."""

    bus: Bus
    redis: Redis
    ledger: Ledger
    config: PortalConfig
    pool: str
    failpoints: Failpoints

    async def run(self, *, only_check: bool) -> int:
        """Do it; the exit code."""
        check = await self._check()
        before = await check.compare()
        _show("is", before)
        if only_check or not before.found:
            return EXIT_DIFFERENT if before.found else EXIT_SAME
        lease = await Lease.acquire(self.bus, LEASES, lease_key("rebuild", self.pool), "rebuild")
        if lease is None:
            raise Refused("another rebuild of this pool runs, or ended less than ten seconds ago")
        async with lease:
            await self._replace(check, lease)
        after = await check.compare()
        _show("was rebuilt and is", after)
        return EXIT_DIFFERENT if after.found else EXIT_SAME

    async def _replace(self, check: TallyCheck, lease: Lease) -> None:
        log = self._log()
        await log.store.clear_aside()
        base, lowest = await check.base(), await log.store.position()
        state = await self.bus.log_state(SHARE_BATCH)
        await check.replay(base.tallies, state.last_sequence)
        await log.base.drop_closed(base.tallies)
        base.tallies.forget(time.time_ns() // 1_000_000, log.store.bucket_life_seconds)
        aside = log.store.aside()
        await log.store.write(aside, base.tallies)
        for _ in range(TRIES):
            await self._catch_up(aside)
            if not lease.held:
                break
            if await log.store.put_in_place(aside, lowest):
                return
        await log.store.clear_aside()
        raise Refused(
            "the tallies were moved meanwhile, or NATS was away: nothing was changed, run this again"
        )

    async def _catch_up(self, aside: str) -> None:
        """Add what has come into the log, but for the few messages that come meanwhile."""
        tallies = Tallies(
            self.redis, self.pool, hashrate_window_seconds=self.config.website.hashrate_window_seconds,
            failpoints=Failpoints(), prefix=aside,
        )  # fmt: skip
        groups = (await asyncio.to_thread(self.ledger.schemes.history, self.pool)).groups
        position = await tallies.position()
        while stored := await self.bus.stretch(SHARE_BATCH, self.pool, position):
            await tallies.apply(position, fold(stored, groups))
            position = stored[-1].sequence
            if len(stored) < FEW:  # in a busy pool the end of the log is never reached
                return

    async def _check(self) -> TallyCheck:
        history = await asyncio.to_thread(self.ledger.schemes.history, self.pool)
        return TallyCheck(self.bus, self.ledger, self._log(), self.pool, history.groups)

    def _log(self) -> PoolLog:
        pool = self.config.pools[self.pool]
        window_seconds = self.config.website.hashrate_window_seconds
        return PoolLog(
            self.bus, self.redis, self.ledger, self.pool, hashrate_window_seconds=window_seconds,
            is_mpos=pool.mpos is not None, failpoints=self.failpoints,
        )  # fmt: skip


def _show(verb: str, compared: Comparison) -> None:
    place = f"up to {compared.sequence} in the share log ({compared.keys} keys)"
    if not compared.found:
        _say(f"the pool {verb} what it should be, {place}")
        return
    _say(f"the pool {verb} not what it should be, {place}: {len(compared.found)} differences")
    for difference in compared.found[:SHOWN]:
        _say(f"  {difference}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


async def _run(settings: Settings, config: PortalConfig, pool: str, *, only_check: bool) -> int:
    failpoints = Failpoints.from_text(os.environ.get("NOMP_FAILPOINT", ""))
    ledger = Ledger(Database(settings.ledger_url, failpoints))
    bus = await Bus.connect(settings.nats_url, service=PAYOUTS, replica=f"rebuild-{os.getpid()}")
    try:
        async with connect(settings.redis_url) as redis:
            return await Rebuild(bus, redis, ledger, config, pool, failpoints).run(only_check=only_check)
    finally:
        await bus.drain()
        ledger.close()


def main(words: Sequence[str]) -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m services.payouts.rebuild",
        description="Make a pool's tallies in Redis anew from the share log. payouts may run.",
    )
    parser.add_argument("pool", help="the name of its file in pool_configs")
    parser.add_argument("--check", action="store_true", help="tell what differs, and change nothing")
    arguments = parser.parse_args(words)
    try:
        settings = read_settings(os.environ, PAYOUTS)
        config = load_config(settings.config_dir, settings.coins_dir, os.environ)
        if arguments.pool not in config.pools:
            return _refuse(f"no enabled pool {arguments.pool}; there are {', '.join(sorted(config.pools))}")
        return asyncio.run(_run(settings, config, arguments.pool, only_check=arguments.check))
    except (SettingsInvalid, ConfigInvalid, LedgerUnusable) as error:
        return _refuse(str(error))
    except (Refused, CannotCheck, NompError) as error:
        return _refuse(str(error), EXIT_DIFFERENT)
    except RedisError as error:
        return _refuse(f"Redis is away: {type(error).__name__}", EXIT_DIFFERENT)
    except SQLAlchemyError as error:
        return _refuse(f"the ledger is away or of another version: {type(error).__name__}", EXIT_DIFFERENT)


def _refuse(text: str, code: int = EXIT_UNUSABLE) -> int:
    sys.stderr.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
