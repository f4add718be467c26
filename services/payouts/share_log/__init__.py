"""The share log as payouts keeps it: how far it may be cut, and what is remembered of what was.

log_keeper     cuts the log where nobody will look any more: log_needs (pure), log_standing, log_places
log_base       where the tallies begin once the log was cut: log_bases in the ledger (log_base_tables)
pool_log       one pool's log, read from its base
"""
