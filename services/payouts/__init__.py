"""payouts: the money. Shares become tallies, tallies become rounds, rounds become credits, credits get paid.

The way of a share, in reading order:

    tally_batch      shares of a stretch of the log → sums (pure); tally_form is what the script reads (pure)
    tallies          Redis: the sums, applied once and in order by apply_batch.lua; worker_upkeep its workers
    recorder         follows a pool's share log into the tallies; read_ahead gathers while Redis is busy
    log_base         where the tallies begin: tally_state (pure) as the ledger has it, by tally_store
    closing          found blocks: their rounds go from the tallies or the log into the ledger
    schemes          how shares are weighed (pure), each round by scheme_history and groups (pure)
    share_windows    the weights of those schemes that need more than the tallies know
    log_keeper       cuts the log where nobody will look any more: log_needs (pure), log_standing, log_places
    crediter         PPS: shares credited at once, by share_credits (pure); pool_schemes is its shell
    maturity         blocks in the chain (chain_view): confirmed and credited, or orphaned
    rewards          a reward divided by weights (pure)
    payees           who is due (pure), by payable_addresses, output_size (both pure) and payee_terms
    payment_plan     what would be paid now; whom the wallet refuses is found by bisection (pure)
    wallet           funds, signs and sends; transaction_check says whether it did as asked, fee_cap what it
                     may cost (both pure)
    sendmany         pays through wallets that are too old for that (sendmany_wallet), once
    payer            intent → signed transaction → broadcast → confirmed
    payment_control  what people ask and order: dry_run, payment_pauses, resolution of stuck payments
    book_orders      what they book: corrections, releases out of suspense, deposits (control_order)
    audit            do the books balance, does the wallet hold what is owed (pure); books tells it on demand
    record_audit     rounds, payments and blocks against shares, wallet and chain (audit_reads)
    tally_audit      the running rounds against the share log; scheduled_audit does it all by the hour
    events           tells the others, from the ledger's outbox

The ledger, the only SQL: engines, schema (by the steps in migrations), tables, database, accounts,
block_rows, blocks_ledger, scheme_tables, round_rows, schemes_ledger, reserve_ledger, payments_ledger,
payment_returns, sendmany_attempts, payee_terms, payment_pauses (their tables: payment_tables), corrections
and suspense (correction_rows, suspense_rows, correction_tables), audit_findings, outbox;
`ledger` is all of them. For people: ledger_reports, figures (Redis), snapshot, history, queries, metrics.

MPOS mode, where MPOS pays instead: mpos_rows (pure), mpos_tables, mpos_position, mpos_database; mpos_writer
and mpos_recorder write the share log, mpos_outcomes marks blocks, mpos_logins answers stratum; mpos_pool is
all of them, mpos_pools all pools. Commands: nomp_import takes balances and rounds out of NOMP's Redis;
rebuild makes the tallies anew, or says what differs from the log (tally_check, tally_differences; pool_log).

`pool_money` runs all this for one pool while it holds the lease, `__main__` does so for every pool, of which
`pool_shares` gives each replica its part; `outages` repeats what cannot be done now, and `failpoint` names
the places where tests kill the process.
"""
