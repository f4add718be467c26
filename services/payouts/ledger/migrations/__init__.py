"""The ledger's tables, step by step: `versions/<number>_<what>.py`, in one line from nothing to today.

How to change the tables: change `metadata` (`tables`, or a module of tables of its own), and add the next
number with an `upgrade()` that does the same to a database full of money, on SQLite and on PostgreSQL.
A step that was released is never edited, imports nothing of this service, and there is no way back:
who wants the version before restores the backup. `schema` runs the steps, all in one transaction.
"""
