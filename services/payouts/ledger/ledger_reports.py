"""What people are shown of the ledger: pages of blocks and payments, a miner's money, counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, func, select

from nompcore.requests import (
    BlockRow,
    BlocksReply,
    MinerPayment,
    PaymentRow,
    PaymentsReply,
)
from services.payouts.ledger import accounts
from services.payouts.ledger.block_efforts import block_efforts, effort
from services.payouts.ledger.block_rows import Status
from services.payouts.ledger.database import Database
from services.payouts.ledger.payment_tables import payout_minimums, quarantined_payees
from services.payouts.ledger.payments_ledger import State
from services.payouts.ledger.tables import blocks, payment_outputs, payments, round_shares
from services.payouts.nomp_import import carried_over
from services.payouts.rounds.rewards import estimate

MAX_PAGE = 500
"""Rows of one reply: some 150 kB, whatever a client asks for."""

MINER_PAYMENTS = 100
"""Newest payments shown of one miner, unless as many are asked for."""

SENT: Final = (State.BROADCAST.value, State.CONFIRMED.value)


@dataclass(frozen=True, slots=True)
class MinerMoney:
    """What the ledger knows of an address."""

    is_known: bool
    balance_sats: int
    immature_sats: int
    paid_sats: int
    payments: list[MinerPayment]
    minimum_sats: int  # that it asked for; 0 if it did not
    held_back: str  # why the wallet refuses its address; empty if it does not
    payments_total: int  # of which `payments` is a page


@dataclass(frozen=True, slots=True)
class Counts:
    """A pool's totals."""

    blocks: dict[Status, int]
    paid_sats: int


class LedgerReports:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, pool: str) -> Counts:
        """Blocks by status, and all that was ever sent, here or by the NOMP that the pool came from."""
        with self._database.read() as connection:
            by_status = (
                select(blocks.c.status, func.count()).where(blocks.c.pool == pool).group_by(blocks.c.status)
            )
            found = {Status(status): number for status, number in connection.execute(by_status)}
            sent = (payments.c.pool == pool) & payments.c.state.in_(SENT)
            paid = connection.scalar(select(func.coalesce(func.sum(payments.c.total_sats), 0)).where(sent))
            paid_before_sats = carried_over.total_paid_before_sats(connection, pool)
        return Counts({status: found.get(status, 0) for status in Status}, int(paid or 0) + paid_before_sats)

    def block_page(self, pool: str, offset: int, limit: int) -> BlocksReply:
        """Blocks, the newest first."""
        with self._database.read() as connection:
            total = connection.scalar(select(func.count()).select_from(blocks).where(blocks.c.pool == pool))
            newest = (
                select(blocks, block_efforts.c.work, block_efforts.c.network_difficulty)
                .outerjoin_from(blocks, block_efforts)
                .where(blocks.c.pool == pool)
                .order_by(blocks.c.found_ms.desc(), blocks.c.id.desc())
            )
            rows = connection.execute(_page(newest, offset, limit)).mappings()
            return BlocksReply(total=total or 0, blocks=[_block_row(row) for row in rows])

    def payment_page(self, pool: str, offset: int, limit: int) -> PaymentsReply:
        """Payments, the newest first."""
        with self._database.read() as connection:
            total = connection.scalar(
                select(func.count()).select_from(payments).where(payments.c.pool == pool)
            )
            newest = select(payments).where(payments.c.pool == pool).order_by(payments.c.created_ms.desc())
            rows = connection.execute(_page(newest, offset, limit)).mappings().all()
            return PaymentsReply(total=total or 0, payments=[_payment_row(connection, row) for row in rows])

    def miner(
        self, pool: str, address: str, fee_ppm: int, *, offset: int = 0, limit: int = MINER_PAYMENTS
    ) -> MinerMoney:
        """An address: owed, expected of blocks that are not mature, paid, and a page of its payments."""
        with self._database.read() as connection:
            owed_sats = -accounts.balance(connection, pool, accounts.miner(address))
            immature_sats = _immature_sats(connection, pool, address, fee_ppm)
            listed, paid_sats, total = _miner_payments(connection, pool, address, offset, limit)
            paid_sats += carried_over.paid_before_sats(connection, pool, address)
            minimum_sats, held_back = _terms(connection, pool, address)
        is_known = bool(owed_sats or immature_sats or total or paid_sats)
        return MinerMoney(
            is_known, owed_sats, immature_sats, paid_sats, listed, minimum_sats, held_back, total
        )


def _page(statement: Select[Any], offset: int, limit: int) -> Select[Any]:
    return statement.offset(max(0, offset)).limit(min(max(0, limit), MAX_PAGE))


def _terms(connection: Connection, pool: str, address: str) -> tuple[int, str]:
    """The minimum that an address asked for, and why it is in the quarantine."""
    wanted, refused = payout_minimums.c, quarantined_payees.c
    minimum_sats = connection.scalar(
        select(wanted.minimum_sats).where(wanted.pool == pool, wanted.address == address)
    )
    reason = connection.scalar(select(refused.reason).where(refused.pool == pool, refused.address == address))
    return int(minimum_sats or 0), reason or ""


def _immature_sats(connection: Connection, pool: str, address: str, fee_ppm: int) -> int:
    statement = (
        select(blocks.c.reward_sats, blocks.c.round_work, round_shares.c.work)
        .join(round_shares, round_shares.c.block_id == blocks.c.id)
        .where(
            blocks.c.pool == pool, blocks.c.status == Status.PENDING.value, round_shares.c.address == address
        )
    )
    return sum(
        estimate(reward_sats, fee_ppm, int(work), int(round_work))
        for reward_sats, round_work, work in connection.execute(statement)
    )


def _miner_payments(
    connection: Connection, pool: str, address: str, offset: int, limit: int
) -> tuple[list[MinerPayment], int, int]:
    """A page of payments, the newest first, the sum of all that were sent, and how many there are.

    The fee is no miner's, wherever it goes.
    """
    mine = (payments.c.pool == pool) & (payment_outputs.c.account == accounts.miner(address))
    joined = payments.join(payment_outputs, payment_outputs.c.payment_id == payments.c.id)
    paid = select(func.coalesce(func.sum(payment_outputs.c.amount_sats), 0)).select_from(joined)
    paid_sats = connection.scalar(paid.where(mine, payments.c.state.in_(SENT)))
    total = connection.scalar(select(func.count()).select_from(joined).where(mine))
    newest = (
        select(payments, payment_outputs.c.amount_sats).select_from(joined).where(mine)
        .order_by(payments.c.created_ms.desc(), payments.c.id.desc())
    )  # fmt: skip
    listed = [
        MinerPayment(
            payment_id=row["id"], txid_display=row["txid"], amount_sats=row["amount_sats"],
            state=row["state"], time_ms=row["sent_ms"] or row["created_ms"],
        )
        for row in connection.execute(_page(newest, offset, limit)).mappings()
    ]  # fmt: skip
    return listed, int(paid_sats or 0), int(total or 0)


def _block_row(row: RowMapping) -> BlockRow:
    return BlockRow(
        height=row["height"], block_hash_display=row["block_hash"], status=row["status"],
        worker=row["worker"], reward_sats=row["reward_sats"], confirmations=row["confirmations"],
        difficulty=row["difficulty"], time_ms=row["found_ms"],
        effort=effort(row["work"], row["network_difficulty"]),
        network_difficulty=row["network_difficulty"] or 0.0, coinbase_txid_display=row["coinbase_txid"],
    )  # fmt: skip


def _payment_row(connection: Connection, row: RowMapping) -> PaymentRow:
    columns = (payment_outputs.c.address, func.sum(payment_outputs.c.amount_sats))
    of_payment = (
        select(*columns).where(payment_outputs.c.payment_id == row["id"]).group_by(payment_outputs.c.address)
    )
    outputs = {address: int(sats) for address, sats in connection.execute(of_payment)}
    return PaymentRow(
        payment_id=row["id"], state=row["state"], txid_display=row["txid"], total_sats=row["total_sats"],
        fee_sats=row["fee_sats"], outputs=outputs, time_ms=row["sent_ms"] or row["created_ms"],
    )  # fmt: skip
