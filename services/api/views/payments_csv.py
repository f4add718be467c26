"""A miner's payments as CSV, the newest first: what spreadsheets and tax programs read. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from nompcore.amounts import coins_from_sats
from nompcore.config import PoolConfig
from nompcore.requests import MinerPayment
from services.api.views.pool_views import utc

HEADER = ("time", "amount", "symbol", "state", "txid", "payment_id")


def csv_head() -> str:
    """The line with the names of the columns."""
    return _lines([HEADER])


def csv_rows(payments: Iterable[MinerPayment], pool: PoolConfig) -> str:
    """A line for each payment; amounts in coins, exact."""
    symbol, decimals = pool.coin.symbol.upper(), pool.coin.decimals
    return _lines(
        (
            utc(part.time_ms).isoformat(timespec="seconds"),
            coins_from_sats(part.amount_sats, decimals),
            symbol,
            part.state,
            part.txid_display,
            part.payment_id,
        )
        for part in payments
    )


def _lines(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
