"""What is counted of MPOS mode."""

from __future__ import annotations

from prometheus_client import Counter

ROWS = Counter("nomp_payouts_mpos_rows", "rows written to MPOS", ["pool"])
REJECTS_LEFT_OUT = Counter(
    "nomp_payouts_mpos_rejects_left_out", "refused shares without a row: too many at once", ["pool"]
)
SHARES_WORTHLESS = Counter(
    "nomp_payouts_mpos_shares_worthless", "shares in the log with no positive difficulty", ["pool"]
)
READINGS_REFUSED = Counter(
    "nomp_payouts_mpos_readings_refused", "readings that another replica had written", ["pool"]
)
LOG_GAPS = Counter(
    "nomp_payouts_mpos_log_gaps", "times the share log had lost messages before MPOS got them", ["pool"]
)
BLOCKS_MARKED = Counter("nomp_payouts_mpos_blocks_marked", "rows whose block was accepted", ["pool"])
BLOCKS_WITHOUT_ROW = Counter(
    "nomp_payouts_mpos_blocks_without_row", "accepted blocks of which MPOS has no row", ["pool"]
)
LOGINS = Counter("nomp_payouts_mpos_logins", "logins by what was answered", ["pool", "answer"])
