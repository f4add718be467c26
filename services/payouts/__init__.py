"""payouts: the money. Shares become tallies, tallies become rounds, rounds become credits, credits get paid.

The way of a share, in reading order; each directory says what is in it:

    counting    the share log into sums in Redis, and what people are shown of them
    share_log   how far the log may be cut, and what is remembered of what was
    schemes     how shares are weighed (pure)
    rounds      found blocks: their rounds, what each share weighs, what becomes of them in the chain
    ledger      the books and everything else in SQL
    payments    from who is due to a transaction deep in the chain
    auditing    do the books, the wallet, the chain and the counts agree?
    control     what people ask and order
    mpos        MPOS mode, where MPOS pays instead

`pool_money` runs all this for one pool while it holds the lease, `__main__` does so for every pool, of which
`pool_shares` gives each replica its part. `events` tells the others, from the ledger's outbox; `snapshot` and
`queries` are what the api shows. `outages` repeats what cannot be done now, and `failpoint` names the places
where tests kill the process. Commands: `nomp_import` takes balances and rounds out of NOMP's Redis; `rebuild`
makes the tallies anew, or says what differs from the log.
"""
