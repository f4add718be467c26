"""payouts: the money. Shares become tallies, tallies become rounds, rounds become credits, credits get paid.

The way of a share, in reading order:

    tally_batch      shares of one reading of the log → sums (pure)
    tallies          Redis: the sums, applied once and in order by apply_batch.lua
    recorder         follows a pool's share log into the tallies
    closing          found blocks: their rounds go from the tallies into the ledger
    maturity         blocks in the chain (chain_view): confirmed and credited, or orphaned
    rewards          PROP (pure)
    payees           who is due (pure)
    wallet           funds, signs and sends; transaction_check says whether it did as asked (pure)
    payer            intent → signed transaction → broadcast → confirmed
    audit            do the books balance, does the wallet hold what is owed (pure)
    events           tells the others, from the ledger's outbox

The ledger, the only SQL: tables, database, accounts, block_rows, blocks_ledger, payments_ledger, outbox;
`ledger` is all of them. For people: ledger_reports, figures (Redis), snapshot, history, queries, metrics.
`pool_money` runs all this for one pool while it holds the lease, `__main__` does so for every pool; `outages`
repeats what cannot be done now, and `failpoint` names the places where tests kill the process.
"""
