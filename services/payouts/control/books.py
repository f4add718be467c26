"""The books of a pool as an operator reads them: its accounts, what is owed and held, and what is wrong.

The whole audit is done for it, with what the scheduled one has found.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from nompcore.requests import Books, SuspendedReward
from services.payouts.auditing import audit
from services.payouts.auditing.audit_findings import Findings
from services.payouts.auditing.record_audit import Looked
from services.payouts.ledger import accounts
from services.payouts.payments.payment_plan import Planner, Stopped


@dataclass(frozen=True, slots=True)
class Records:
    """What is to be told beside the accounts."""

    looked: Looked
    running_rounds: list[str]  # what is wrong with them
    findings: Findings
    suspended: list[SuspendedReward]


async def books(planner: Planner, records: Records) -> Books:
    """The same checks as those by schedule, whenever somebody asks. Raises WalletUnavailable."""
    told = await _accounts(planner)
    looked, findings = records.looked, records.findings
    return msgspec.structs.replace(
        told, problems=[*told.problems, *looked.problems, *records.running_rounds],
        findings=findings.problems, findings_since_ms=findings.since_ms, suspended=records.suspended,
        rounds_checked=looked.rounds, payments_checked=looked.payments, blocks_checked=looked.blocks,
    )  # fmt: skip


async def _accounts(planner: Planner) -> Books:
    try:
        standing = await planner.standing()
    except Stopped as reason:
        return Books(problems=[str(reason)])
    miners = [
        sats for account, sats in standing.balances.items() if accounts.miner_address(account) is not None
    ]
    return Books(
        problems=audit.problems(standing),
        accounts={
            account: sats
            for account, sats in sorted(standing.balances.items())
            if accounts.miner_address(account) is None
        },
        miners_sats=sum(miners),
        miners=sum(1 for sats in miners if sats),
        owed_sats=standing.owed_sats,
        wallet_sats=standing.wallet_sats,
    )
