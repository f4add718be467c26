"""The whole ledger: everything this service keeps in SQL, behind one object."""

from __future__ import annotations

from services.payouts import accounts
from services.payouts.audit_findings import AuditFindings
from services.payouts.audit_reads import AuditReads
from services.payouts.blocks_ledger import BlocksLedger
from services.payouts.corrections import Corrections
from services.payouts.database import Database
from services.payouts.ledger_reports import LedgerReports
from services.payouts.log_bases import LogBases
from services.payouts.outbox import Outbox
from services.payouts.payee_terms import PayeeTerms
from services.payouts.payment_pauses import PaymentPauses
from services.payouts.payment_returns import PaymentReturns
from services.payouts.payments_ledger import PaymentsLedger
from services.payouts.reserve_ledger import ReserveLedger
from services.payouts.schemes_ledger import SchemesLedger
from services.payouts.sendmany_attempts import SendmanyAttempts
from services.payouts.suspense import Suspense


class Ledger:
    """Synchronous: call its methods in a thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.blocks = BlocksLedger(database)
        self.schemes = SchemesLedger(database)
        self.reserve = ReserveLedger(database)
        self.payments = PaymentsLedger(database)
        self.attempts = SendmanyAttempts(database)
        self.returns = PaymentReturns(database)
        self.payees = PayeeTerms(database)
        self.pauses = PaymentPauses(database)
        self.corrections = Corrections(database)
        self.suspense = Suspense(database)
        self.findings = AuditFindings(database)
        self.reads = AuditReads(database)
        self.bases = LogBases(database)
        self.outbox = Outbox(database)
        self.reports = LedgerReports(database)

    def open(self) -> None:
        """Create missing tables; raises one of `database.OUTAGES` when the database is away."""
        self._database.create_tables()

    def balances(self, pool: str) -> dict[str, int]:
        """Account → balance; what the pool owes is negative."""
        with self._database.read() as connection:
            return accounts.balances(connection, pool)

    def close(self) -> None:
        """Close the connections."""
        self._database.close()
