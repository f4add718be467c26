"""Moving in: what a stopped NOMP left in its Redis, taken over into the ledger, by the command of `__main__`.

dialect     which keys are whose: the two key layouts NOMP had (pure)
reading     what Redis says, as text; nothing is written to it
figures     text → amounts, work and blocks, strictly (pure)
names       a worker's name → who is owed (pure)
plan        what would be booked, and what speaks against it (pure)
difference  what changed between two readings (pure)
tables, booking, carried_over   into the ledger, in one transaction, once; and out of it for reports
report      for people and programs (pure)
"""
