"""Do the books, the wallet, the chain and the counts agree? If not, the pool's payments stop.

audit            do the books balance, does the wallet hold what is owed (pure)
record_audit     rounds, payments and blocks against shares, wallet and chain (audit_reads)
tally_audit      the running rounds against the share log
scheduled_audit  all of it by the hour; audit_findings keeps what it found
"""
