"""A ledger into which readings of a NOMP are imported."""

from __future__ import annotations

from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger import Ledger
from services.payouts.nomp_import import booking
from services.payouts.nomp_import.booking import Applied
from services.payouts.nomp_import.dialect import Refusal
from services.payouts.nomp_import.plan import Options
from services.payouts.nomp_import.reading import Reading
from services.payouts.nomp_import.report import LedgerFigures, Report, make_report
from tests.unit.ledger_steps import NOW
from tests.unit.nomp_samples import DECIMALS, plan_of
from tests.unit.payouts_samples import POOL


class World:
    """The ledger behind a URL."""

    def __init__(self, url: str) -> None:
        self.database = Database(url, Failpoints())
        self.ledger = Ledger(self.database)

    def apply(self, reading: Reading, pool: str = POOL, **options: object) -> Applied | Refusal:
        """Book what was read."""
        self.ledger.open()
        chosen = Options(**options)  # type: ignore[arg-type]  # a test names the fields
        return booking.apply(self.database, pool, reading, chosen, plan_of(reading, **options), now_ms=NOW)

    def report(self, reading: Reading) -> Report:
        """What an operator would be told of a reading now."""
        standing = booking.look(self.database, POOL)
        booked = standing.stored.credited if standing.stored else None
        figures = LedgerFigures(booked, standing.balances)
        return make_report(
            reading, plan_of(reading), figures, pool=POOL, decimals=DECIMALS, state="for a test"
        )
