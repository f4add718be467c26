"""Takes over what a stopped NOMP left in its Redis: `python -m services.payouts.nomp_import --help`.

Without `--apply` nothing is booked; NOMP's Redis is only read in any case. Exit codes: 0 done or possible,
1 refused, 2 arguments, settings or configuration unusable.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from nompcore.config import ConfigInvalid, PoolConfig, load_config
from nompcore.errors import NompError
from nompcore.settings import Settings, SettingsInvalid, read_settings
from nompcore.subjects import PAYOUTS
from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import OUTAGES, Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.ledger.schema import LedgerUnusable
from services.payouts.nomp_import import booking
from services.payouts.nomp_import.dialect import Dialect, Refusal, choose, sources
from services.payouts.nomp_import.plan import LIVE_SECONDS, Options, Plan, interrupted, is_live, make_plan
from services.payouts.nomp_import.reading import Reading, all_keys, read
from services.payouts.nomp_import.report import LedgerFigures, Report, as_json, as_text, make_report

EXIT_DONE, EXIT_REFUSED, EXIT_UNUSABLE = 0, 1, 2

TIMEOUT_SECONDS: Final = 30.0
"""A busy Redis answers a hash of a hundred thousand miners in a second."""


class Unusable(NompError):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """Arguments, settings or configuration with which nothing can be done."""


@dataclass(frozen=True, slots=True)
class Command:
    """One run of the program."""

    arguments: argparse.Namespace
    pool: PoolConfig
    database: Database

    def run(self) -> int:
        """Do what was asked for; the exit code."""
        if self.arguments.from_ledger:
            return self._show_stored()
        reading = self._read()
        if isinstance(reading, Refusal):
            return _refuse(reading)
        return self._import(reading)

    def _show_stored(self) -> int:
        stored = booking.look(self.database, self.pool.name).stored
        if stored is None:
            return _refuse(Refusal((f"nothing was imported into pool {self.pool.name}",)))
        self._print(
            self._report(stored.reading, self._plan(stored.reading, stored.options), "as it was booked")
        )
        return EXIT_DONE

    def _read(self) -> Reading | Refusal:
        coin = self.arguments.coin
        dialect = Dialect(self.arguments.dialect) if self.arguments.dialect else None
        with _connect(self.arguments.redis) as client:
            keys = all_keys(client)
            source = choose(sources(keys, coin), coin, dialect)
            return source if isinstance(source, Refusal) else read(client, source, keys)

    def _import(self, reading: Reading) -> int:
        options = Options(tuple(sorted(self.arguments.in_chain)), self.arguments.skip_unreadable)
        plan = self._plan(reading, options)
        stored = booking.look(self.database, self.pool.name).stored
        if stored is not None:
            return self._compare(stored, reading)
        if plan.obstacles or not self.arguments.apply:
            self._print(self._report(reading, plan, "dry run, nothing was booked"))
            return EXIT_REFUSED if plan.obstacles else EXIT_DONE
        return self._apply(reading, options, plan)

    def _compare(self, stored: booking.StoredImport, reading: Reading) -> int:
        """Tell about an import that was done before, and whether NOMP's Redis is still what was imported."""
        refusal = booking.compared(stored, reading)
        report = self._report(
            stored.reading, self._plan(stored.reading, stored.options), "applied before, nothing was booked"
        )
        if refusal is not None:
            report = replace(report, obstacles=refusal.reasons)
        self._print(report)
        return EXIT_DONE if refusal is None else EXIT_REFUSED

    def _apply(self, reading: Reading, options: Options, plan: Plan) -> int:
        Ledger(self.database).open()
        now_ms = int(time.time() * 1000)
        applied = booking.apply(self.database, self.pool.name, reading, options, plan, now_ms=now_ms)
        if isinstance(applied, Refusal):
            return _refuse(applied)
        state = "applied" if applied.is_new else "applied before, nothing was booked"
        self._print(self._report(reading, plan, state))
        return EXIT_DONE

    def _plan(self, reading: Reading, options: Options) -> Plan:
        coin = self.pool.coin
        plan = make_plan(reading, options, coin.networks[self.pool.network], coin.decimals)
        return replace(plan, obstacles=(*self._obstacles(reading), *plan.obstacles))

    def _obstacles(self, reading: Reading) -> list[str]:
        """What the outside world has against an import, beside what Redis says."""
        found = []
        if self.pool.mpos is not None:
            found.append("this pool leaves payments to MPOS: nothing would be paid from our ledger")
        if is_live(reading.newest_share_s, time.time()) and not self.arguments.force_live:
            found.append(
                f"NOMP took a share less than {LIVE_SECONDS} seconds ago: stop all of its processes first "
                "(--force-live for a look while it runs)"
            )
        if self.arguments.nomp_dir is not None:
            file = self.arguments.nomp_dir / f"{reading.source.coin}_finalRedisCommands.txt"
            found.extend([interrupted(str(file))] if file.exists() else [])
        return found

    def _report(self, reading: Reading, plan: Plan, state: str) -> Report:
        standing = booking.look(self.database, self.pool.name)
        booked = standing.stored.credited if standing.stored else None
        figures = LedgerFigures(booked, standing.balances)
        return make_report(
            reading, plan, figures, pool=self.pool.name, decimals=self.pool.coin.decimals, state=state
        )

    def _print(self, report: Report) -> None:
        text = as_json(report) if self.arguments.json else as_text(report)
        sys.stdout.write(text + "\n")


def main(words: Sequence[str]) -> int:
    """Run the command; the exit code."""
    arguments = _parse(words)
    try:
        settings = read_settings(os.environ, PAYOUTS)
        pool = _pool(settings, arguments.pool)
        database = Database(settings.ledger_url, Failpoints.from_text(os.environ.get("NOMP_FAILPOINT", "")))
    except (SettingsInvalid, ConfigInvalid, LedgerUnusable, Unusable) as error:
        return _refuse(Refusal((str(error),)), EXIT_UNUSABLE)
    try:
        return Command(arguments, pool, database).run()
    except (Unusable, LedgerUnusable) as error:
        return _refuse(Refusal((str(error),)), EXIT_UNUSABLE)
    except RedisError as error:
        return _refuse(Refusal((f"NOMP's Redis cannot be read: {type(error).__name__}",)))
    except OUTAGES as error:
        return _refuse(Refusal((f"the ledger is away or busy: {type(error).__name__}; run this again",)))
    finally:
        database.close()


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m services.payouts.nomp_import",
        description="Take over balances, pending blocks and the running round of a stopped NOMP.",
        epilog="Amounts are rounded to the coin's smallest unit, half to even.",
    )
    add = parser.add_argument
    add("--pool", required=True, help="our pool: the name of its file in pool_configs")
    add("--redis", help="URL of NOMP's Redis, such as redis://host:6379/0")
    add("--coin", help="the coin's name in NOMP's keys")
    add("--dialect", choices=[dialect.value for dialect in Dialect], help="if both layouts are there")
    add("--apply", action="store_true", help="book it; otherwise nothing is booked")
    add("--in-chain", action="append", default=[], metavar="HASH", help="of two blocks of a height, this one")
    add("--skip-unreadable", action="store_true", help="import although some values cannot be read")
    add("--force-live", action="store_true", help="look although NOMP runs; not with --apply")
    add("--nomp-dir", type=Path, help="NOMP's working directory, to look for an interrupted payment there")
    add("--from-ledger", action="store_true", help="the report of the import that was applied")
    add("--json", action="store_true", help="the report as JSON")
    arguments = parser.parse_args(words)
    if not arguments.from_ledger and not (arguments.redis and arguments.coin):
        parser.error("--redis and --coin are needed, unless --from-ledger is given")
    if arguments.apply and (arguments.force_live or arguments.from_ledger):
        parser.error("--apply goes neither with --force-live nor with --from-ledger")
    return arguments


def _pool(settings: Settings, name: str) -> PoolConfig:
    config = load_config(settings.config_dir, settings.coins_dir, os.environ)
    if name not in config.pools:
        raise Unusable(f"no enabled pool {name}; there are {', '.join(sorted(config.pools))}")
    return config.pools[name]


def _connect(url: str) -> Redis:
    try:
        return Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
    except ValueError:
        raise Unusable("--redis: expected redis://[user:password@]host:port/database") from None


def _refuse(refusal: Refusal, code: int = EXIT_REFUSED) -> int:
    for reason in refusal.reasons:
        sys.stderr.write(reason + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
