"""What payouts counts. Whatever is lost, refused or waits for an operator moves one of these."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SHARES_APPLIED = Counter(
    "nomp_payouts_shares_applied", "shares added to the tallies by this replica", ["pool"]
)
SHARES_WORTHLESS = Counter(
    "nomp_payouts_shares_worthless", "shares in the log with no positive difficulty", ["pool"]
)
READINGS_REFUSED = Counter(
    "nomp_payouts_readings_refused", "readings that another replica had applied", ["pool"]
)
LOG_GAPS = Counter(
    "nomp_payouts_log_gaps", "times the share log had lost messages before they were read", ["pool"]
)

TALLIES_RESTORED = Counter(
    "nomp_payouts_tallies_restored", "times Redis had lost tallies and got those of the ledger back", ["pool"]
)
LOG_MESSAGES = Gauge("nomp_payouts_log_messages", "messages of the pool in the share log", ["pool"])
LOG_BYTES = Gauge("nomp_payouts_log_bytes", "what the share log of all pools takes on NATS' disk")
LOG_CUT = Counter("nomp_payouts_log_messages_cut", "messages removed from the share log", ["pool"])
LOG_REACH_SECONDS = Gauge(
    "nomp_payouts_log_reach_seconds", "age of the pool's oldest share in the share log", ["pool"]
)

ROUNDS_CLOSED = Counter("nomp_payouts_rounds_closed", "rounds written to the ledger", ["pool"])
ROUNDS_PENDING = Gauge("nomp_payouts_rounds_pending", "rounds that wait for their block's outcome", ["pool"])
BLOCKS_CONFIRMED = Counter("nomp_payouts_blocks_confirmed", "blocks credited", ["pool"])
BLOCKS_ORPHANED = Counter("nomp_payouts_blocks_orphaned", "blocks whose place another took", ["pool"])
BLOCKS_REVIVED = Counter(
    "nomp_payouts_blocks_revived", "blocks given up that a reorganisation brought back", ["pool"]
)
BLOCKS_DISPUTED = Gauge(
    "nomp_payouts_blocks_disputed", "blocks undecided because the pool's daemons are on two chains", ["pool"]
)
BLOCKS_SUSPENDED = Counter(
    "nomp_payouts_blocks_suspended", "rewards booked to suspense for want of shares", ["pool"]
)
BLOCKS_UNKNOWN = Gauge(
    "nomp_payouts_blocks_unknown", "mature blocks of which the wallet does not know the coinbase", ["pool"]
)
REWARDS_DIFFERENT = Counter(
    "nomp_payouts_rewards_different", "blocks that paid the pool another amount than announced", ["pool"]
)

WINDOWS_SHORT = Counter(
    "nomp_payouts_windows_short", "blocks whose scheme wanted shares that the log does not hold", ["pool"]
)
SHARES_CREDITED = Counter("nomp_payouts_shares_credited", "shares credited from the reserve (PPS)", ["pool"])
SHARES_UNVALUED = Counter(
    "nomp_payouts_shares_unvalued", "PPS shares that do not say what a block is worth", ["pool"]
)
RESERVE_SATS = Gauge("nomp_payouts_reserve_sats", "what is left to credit PPS shares from", ["pool"])
CREDITING_STOPPED = Gauge(
    "nomp_payouts_crediting_stopped", "1 while PPS shares wait because the reserve is empty", ["pool"]
)

PAYMENTS_STOPPED = Gauge(
    "nomp_payouts_payments_stopped", "1 while the pool's payments need an operator", ["pool"]
)
PAYMENTS_SENT = Counter("nomp_payouts_payments_sent", "transactions handed to the coin's network", ["pool"])
PAYMENTS_CONFIRMED = Counter("nomp_payouts_payments_confirmed", "payments deep in the chain", ["pool"])
PAYEES_UNPAYABLE = Gauge(
    "nomp_payouts_payees_unpayable", "due balances whose address cannot be paid on this network", ["pool"]
)
PAYMENTS_PAUSED = Gauge("nomp_payouts_payments_paused", "1 while an operator has paused payments", ["pool"])
PAYEES_QUARANTINED = Gauge(
    "nomp_payouts_payees_quarantined", "addresses that the wallet refuses; nothing is sent to them", ["pool"]
)
SENDMANY_UNANSWERED = Counter(
    "nomp_payouts_sendmany_unanswered", "times an old wallet was asked to send and gave no answer", ["pool"]
)
FEES_ABOVE_CAP = Counter(
    "nomp_payouts_fees_above_cap", "payments of old wallets that cost more than the limit", ["pool"]
)
BOOKS_UNBALANCED = Gauge(
    "nomp_payouts_books_unbalanced", "1 while the books or the wallet do not hold", ["pool"]
)
AUDIT_PROBLEMS = Gauge(
    "nomp_payouts_audit_problems", "what the audit found; payments are stopped above 0", ["pool"]
)
AUDITED_SECONDS = Gauge(
    "nomp_payouts_audited_timestamp_seconds", "when the whole audit was done last", ["pool"]
)
OWED_SATS = Gauge("nomp_payouts_owed_sats", "owed to miners and not yet sent", ["pool"])

OUTAGES = Counter(
    "nomp_payouts_outages", "steps that will be tried again, by what was away", ["pool", "step", "kind"]
)
LEADING = Gauge("nomp_payouts_leading", "1 while this replica does the pool's money", ["pool"])
