"""The whole ledger: everything this service keeps in SQL, behind one object."""

from __future__ import annotations

from services.payouts.auditing.audit_findings import AuditFindings
from services.payouts.auditing.audit_reads import AuditReads
from services.payouts.ledger import accounts
from services.payouts.ledger.blocks_ledger import BlocksLedger
from services.payouts.ledger.corrections import Corrections
from services.payouts.ledger.database import Database
from services.payouts.ledger.ledger_reports import LedgerReports
from services.payouts.ledger.outbox import Outbox
from services.payouts.ledger.payee_terms import PayeeTerms
from services.payouts.ledger.payment_pauses import PaymentPauses
from services.payouts.ledger.payment_returns import PaymentReturns
from services.payouts.ledger.payments_ledger import PaymentsLedger
from services.payouts.ledger.reserve_ledger import ReserveLedger
from services.payouts.ledger.schemes_ledger import SchemesLedger
from services.payouts.ledger.sendmany_attempts import SendmanyAttempts
from services.payouts.ledger.suspense import Suspense
from services.payouts.ledger.upstream_rewards import UpstreamRewards
from services.payouts.share_log.log_bases import LogBases


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
        self.upstream_rewards = UpstreamRewards(database)
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
