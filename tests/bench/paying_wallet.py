"""A wallet of a daemon that answers at once and owns more than enough: planning for it costs what is ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nompcore.amounts import coins_from_sats
from nompcore.daemon import Daemon
from services.payouts.payments.wallet import Wallet
from tests.servers.scripted_daemon import scripted_daemon

FEE_SATS = 500_000
_WEIGHT = 210_000
_TRANSACTION_HEX = "00"
_DECIMALS = 8


@asynccontextmanager
async def paying_wallet(spendable_sats: int) -> AsyncIterator[Wallet]:
    """The wallet with this balance, whatever is paid out of it; every payment fits and costs `FEE_SATS`."""
    funded = {"hex": _TRANSACTION_HEX, "fee": _coins(FEE_SATS), "changepos": 0}
    decoded = {"txid": "00" * 32, "vin": [{"txid": "11" * 32, "vout": 0}], "vout": [], "weight": _WEIGHT}
    answers = {
        "getaddressinfo": lambda _: {"ismine": True},
        "getbalance": lambda _: _coins(spendable_sats),
        "getnetworkinfo": lambda _: {"relayfee": _coins(1_000)},
        "createrawtransaction": lambda _: _TRANSACTION_HEX,
        "fundrawtransaction": lambda _: funded,
        "decoderawtransaction": lambda _: decoded,
    }
    async with scripted_daemon(answers) as config, Daemon(config) as daemon:
        yield Wallet(daemon, _DECIMALS)


def _coins(sats: int) -> float:
    """As daemons write amounts: a JSON number."""
    return float(coins_from_sats(sats, _DECIMALS))
