"""Payers with a ledger that was credited by hand, for tests against a real wallet."""

from __future__ import annotations

import itertools
from typing import Any

from nompcore.address import NetworkParams
from nompcore.daemon import Daemon
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.payees import Rules
from services.payouts.payments.payer import CONFIRMATIONS, Payer
from services.payouts.payments.payment_plan import Planner
from services.payouts.payments.wallet import Wallet
from tests.service.payouts_chain import Chain
from tests.unit.payouts_samples import POOL, candidate, outcome

REGTEST = NetworkParams(pubkey_versions=(111,), script_versions=(196, 58), bech32_hrp="rltc")
COIN = 10**8
NOW = 1_763_900_000_000

_numbers = itertools.count(1)


def make_payer(ledger: Ledger, daemon: Daemon, chain: Chain, **rules: Any) -> Payer:
    """Pays from 0.01 coins on, without reserve."""
    return Payer(ledger, Wallet(daemon, 8), **_facts(chain, rules))


def make_planner(ledger: Ledger, daemon: Daemon, chain: Chain, **rules: Any) -> Planner:
    """The plans of that payer."""
    return Planner(ledger, Wallet(daemon, 8), **_facts(chain, rules))


def _facts(chain: Chain, rules: dict[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"minimum_sats": COIN // 100, "fee_address": None, "fee_threshold_sats": 0}
    return {
        "pool": POOL,
        "address": chain.pool_address,
        "network": REGTEST,
        "rules": Rules(**{**defaults, **rules}),
        "reserve_sats": 0,
    }


def credit(ledger: Ledger, sats: int, *addresses: str) -> None:
    """A reward shared equally, of which the pool takes 1 %."""
    number = next(_numbers)
    ledger.blocks.record_outcome(outcome(number, reward_sats=sats))
    ledger.blocks.close_round(POOL, candidate(number), dict.fromkeys(addresses, 1), NOW, round_work=1)
    (block,) = ledger.blocks.unsettled(POOL)
    ledger.blocks.confirm(block.id, reward_sats=sats, fee_ppm=10_000, confirmations=101, now_ms=NOW)


def states(ledger: Ledger) -> list[str]:
    """States of all payments, the oldest first."""
    return [row.state for row in reversed(ledger.reports.payment_page(POOL, 0, 100).payments)]


async def settle(payer: Payer, chain: Chain) -> None:
    """Until every payment is confirmed."""
    await payer.run_once()
    await chain.mine(CONFIRMATIONS)
    await payer.run_once()
