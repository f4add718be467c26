"""A process that opens the ledger of the URL it is given, as payouts does when it starts."""

from __future__ import annotations

import sys

from services.payouts.failpoint import Failpoints
from services.payouts.ledger.database import Database

if __name__ == "__main__":
    database = Database(sys.argv[1], Failpoints())
    print("opening", flush=True)
    database.create_tables()
    print("opened", flush=True)
