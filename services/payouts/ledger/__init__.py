"""The books and everything else in SQL. `ledger` is all of it behind one object.

database, engines, schema       SQLite or PostgreSQL, with tables by the steps in `migrations`
accounts                        double entry, only added to (tables)
blocks_ledger                   found blocks and their rounds (block_rows, round_rows, block_efforts)
schemes_ledger, reserve_ledger  reward schemes; what PPS pays from (scheme_tables)
payments_ledger                 payments and what becomes of them: payment_returns, sendmany_attempts
payee_terms, payment_pauses     what miners and operators want (payment_tables)
corrections, suspense           what people book (correction_rows, suspense_rows, correction_tables)
outbox                          events, written in the transaction that makes them true
ledger_reports                  what people are shown
"""
