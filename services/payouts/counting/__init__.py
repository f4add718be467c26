"""Shares become sums: from the log into Redis, and what people are shown of them.

tally_batch    shares of a stretch of the log → sums (pure); tally_form is what the script reads (pure)
tallies        Redis: the sums, applied once and in order by apply_batch.lua; worker_upkeep its workers
groups         which port's shares are of which rounds (pure)
recorder       follows a pool's share log into the tallies; read_ahead gathers while Redis is busy
tally_state    all that the tallies hold, as one value (pure); tally_store reads and writes it
tally_check    what differs from the log (tally_differences)
figures        hashrates and counts for people; history keeps them, trails those of single workers
redis_client   the connection
"""
