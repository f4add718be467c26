"""Found blocks in the ledger: their outcome, their round, and what they earned.

A round is closed when its weights are here.

Shares of orphaned and rejected rounds are not lost: the next round of their group that is closed for a
living block takes all of them, in the transaction that closes it. So they are returned exactly once, whatever
becomes of Redis. Only schemes that use shares up do so: a window that spans rounds lost nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from sqlalchemy import Connection

from nompcore.messages import BlockConfirmed, BlockOrphaned, BlockSubmitted
from services.payouts.counting.tally_batch import Candidate
from services.payouts.failpoint import Step
from services.payouts.ledger import accounts, block_efforts, block_rows, round_rows, suspense_rows
from services.payouts.ledger.accounts import Kind
from services.payouts.ledger.block_rows import DEAD, Block, Status
from services.payouts.ledger.database import Database
from services.payouts.ledger.outbox import enqueue
from services.payouts.ledger.round_rows import FIRST_VERSIONS, Round
from services.payouts.ledger.suspense import is_given_away, release_awaited
from services.payouts.rounds.rewards import split


class Closing(enum.Enum):
    """What happened to a round that asked to be closed, or will."""

    READY = "ready"  # its weights are wanted
    CLOSED = "closed"
    CLOSED_BEFORE = "closed before"
    WAITING = "waiting"  # nobody knows yet what became of the block


class Crediting(enum.Enum):
    """What happened to a reward."""

    CREDITED = "credited"
    SUSPENDED = "suspended"  # its shares are missing
    CREDITED_BEFORE = "credited before"


class BlocksLedger:
    """What is decided about blocks, one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_outcome(self, outcome: BlockSubmitted) -> None:
        """Store what the daemons said. A block once accepted stays so: from there on, the chain decides."""
        accepted = outcome.status != "rejected"  # of a competing block, too, the chain decides
        status = Status.PENDING if accepted else Status.REJECTED
        with self._database.write(Step.BLOCK_OUTCOME) as connection:
            block = block_rows.find(connection, outcome.pool, outcome.block_hash_display)
            if block is None:
                block_rows.insert_outcome(connection, outcome, status)
            elif block.status is Status.SUBMITTED or (block.status is Status.REJECTED and accepted):
                block_rows.change(
                    connection, block.id, status=status, reason=outcome.reason,
                    coinbase_txid=outcome.coinbase_txid_display,
                )  # fmt: skip

    def settle_submitted(self, block_id: int, *, coinbase_txid: str) -> None:
        """The chain has a block whose outcome nobody reported."""
        with self._database.write(Step.BLOCK_OUTCOME) as connection:
            if block_rows.get(connection, block_id).status is Status.SUBMITTED:
                block_rows.change(connection, block_id, status=Status.PENDING, coinbase_txid=coinbase_txid)

    def expect_round(self, pool: str, candidate: Candidate) -> Closing:
        """Whether a round can be closed; what it weighs need not be known before it is ready."""
        with self._database.read() as connection:
            block = block_rows.find(connection, pool, candidate.block_hash_display)
        if block is None:
            with self._database.write(Step.ROUND_CLOSED) as connection:
                if block_rows.find(connection, pool, candidate.block_hash_display) is None:
                    block_rows.insert_candidate(connection, pool, candidate)
            return Closing.WAITING
        if block.round_closed:
            return Closing.CLOSED_BEFORE
        return Closing.WAITING if block.status is Status.SUBMITTED else Closing.READY

    def close_round(
        self, pool: str, candidate: Candidate, weights: Mapping[str, int], now_ms: int, *, round_work: int
    ) -> Closing:
        """Take a round's weights over, if the block's outcome is known. `round_work`: of its shares."""
        with self._database.write(Step.ROUND_CLOSED) as connection:
            block = block_rows.find(connection, pool, candidate.block_hash_display)
            if block is None:
                block_rows.insert_candidate(connection, pool, candidate)
                return Closing.WAITING
            if block.round_closed:
                return Closing.CLOSED_BEFORE
            if block.status is Status.SUBMITTED:
                return Closing.WAITING
            owed = _close(connection, block, dict(weights))
            block_efforts.store(connection, block.id, round_work, candidate.network_difficulty)
            is_late = block.status is Status.CONFIRMED
            is_paid = is_late and suspense_rows.release_to_own_round(connection, block, owed, now_ms)
            if is_paid and not block.height:  # what an upstream pool paid is credited nowhere else
                release_awaited(connection, block, now_ms)
        return Closing.CLOSED

    def set_confirmations(self, confirmations: Mapping[int, int]) -> None:
        """Block id → confirmations, for display."""
        with self._database.write(Step.BLOCK_OUTCOME) as connection:
            for block_id, count in confirmations.items():
                block_rows.change(connection, block_id, confirmations=count)

    def confirm(
        self, block_id: int, *, reward_sats: int, fee_ppm: int, confirmations: int, now_ms: int
    ) -> Crediting:
        """Credit a mature reward to the round's miners, or to suspense if its shares are missing. Once."""
        with self._database.write(Step.BLOCK_CONFIRMED) as connection:
            block = block_rows.get(connection, block_id)
            if block.status is not Status.PENDING:
                return Crediting.CREDITED_BEFORE
            owed = _claims(connection, block, reward_sats, fee_ppm)
            amounts = {accounts.WALLET: reward_sats, **(owed or {accounts.SUSPENSE: -reward_sats})}
            accounts.book(
                connection, pool=block.pool, kind=Kind.REWARD, reference=block.block_hash, amounts=amounts,
                now_ms=now_ms,
            )  # fmt: skip
            block_rows.change(
                connection, block_id, status=Status.CONFIRMED, reward_sats=reward_sats, fee_ppm=fee_ppm,
                confirmations=confirmations,
            )  # fmt: skip
            if owed:
                release_awaited(connection, block, now_ms)
            enqueue(connection, block.pool, _confirmed(block, reward_sats, now_ms), block.block_hash)
        return Crediting.CREDITED if owed else Crediting.SUSPENDED

    def orphan(self, block_id: int, *, reason: str, now_ms: int) -> bool:
        """Another block took its place for good. False if settled before."""
        with self._database.write(Step.BLOCK_ORPHANED) as connection:
            block = block_rows.get(connection, block_id)
            if block.status not in block_rows.UNSETTLED:
                return False
            block_rows.change(connection, block_id, status=Status.ORPHANED, reason=reason, confirmations=0)
            enqueue(connection, block.pool, _orphaned(block, reason, now_ms), block.block_hash)
        return True

    def given_up(self, pool: str, since_ms: int) -> list[Block]:
        """Orphaned and rejected blocks found since a moment, oldest first.

        The round that a pool brought along from NOMP stands among them, with no height: no chain knows it.
        """
        with self._database.read() as connection:
            dead = block_rows.with_status(connection, pool, DEAD)
        return [block for block in dead if block.height and block.found_ms >= since_ms]

    def revive(self, block_id: int) -> bool:
        """The chain has a block that was given up: it waits for its maturity again. False if it does already.

        If another round has taken its shares, they are that round's: the reward goes to suspense.
        """
        with self._database.write(Step.BLOCK_OUTCOME) as connection:
            if block_rows.get(connection, block_id).status not in DEAD:
                return False
            block_rows.change(connection, block_id, status=Status.PENDING, reason="")
        return True

    def unsettled(self, pool: str) -> list[Block]:
        """Blocks of which the chain has not decided, oldest first.

        What the share log has of a reward that nobody entered has no height, and waits for an operator.
        """
        with self._database.read() as connection:
            waiting = block_rows.with_status(connection, pool, block_rows.UNSETTLED)
        return [block for block in waiting if block.height]

    def returnable_work(self, pool: str) -> dict[str, int]:
        """Address → work of dead rounds that wait for the next living one: part of the running round."""
        with self._database.read() as connection:
            return block_rows.weights(connection, _returnable(connection, pool))


def _close(connection: Connection, block: Block, weights: dict[str, int]) -> dict[str, int]:
    """Store a round by the rules of its scheme; what is owed of its reward as it is known now, by account."""
    decided = _round(connection, block)
    if decided.scheme.pays_shares:
        block_rows.store_paid_round(connection, block.id)
        return {accounts.RESERVE: -block.reward_sats}
    if block.status not in DEAD and decided.scheme.takes and not is_given_away(connection, block):
        _take_returned(connection, block, decided.group, weights)
    block_rows.store_round(connection, block.id, weights)
    return _owed(block.reward_sats, block.fee_ppm, weights)


def _claims(connection: Connection, block: Block, reward_sats: int, fee_ppm: int) -> dict[str, int]:
    """Account → what is owed of a reward, as credits; empty if the round is not here."""
    if block.round_closed and _round(connection, block).scheme.pays_shares:
        return {accounts.RESERVE: -reward_sats}
    weights = {} if block.is_returned else block_rows.weights(connection, [block.id])
    return _owed(reward_sats, fee_ppm, weights) if weights else {}


def _round(connection: Connection, block: Block) -> Round:
    return round_rows.find(connection, block.pool, block.block_hash) or FIRST_VERSIONS


def _returnable(connection: Connection, pool: str, group: str | None = None) -> list[int]:
    """Dead blocks whose shares wait for the next living one, of one group or of all."""
    dead = block_rows.returnable(connection, pool)
    decided = round_rows.of_blocks(connection, pool, dead.values())
    return [
        block_id
        for block_id, block_hash in dead.items()
        if decided[block_hash].scheme.returns and group in (None, decided[block_hash].group)
    ]


def _take_returned(connection: Connection, block: Block, group: str, weights: dict[str, int]) -> None:
    """Add the shares of the group's dead rounds to `weights`, once."""
    dead = _returnable(connection, block.pool, group)
    for address, work in block_rows.weights(connection, dead).items():
        weights[address] = weights.get(address, 0) + work
    for block_id in dead:
        block_rows.change(connection, block_id, returned_into=block.id)


def _owed(reward_sats: int, fee_ppm: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Account → what the pool owes of a reward, as credits."""
    parts = split(reward_sats, fee_ppm, weights)
    owed = {accounts.miner(address): -sats for address, sats in parts.credits.items()}
    return {accounts.FEE: -parts.fee_sats, **owed}


def _confirmed(block: Block, reward_sats: int, now_ms: int) -> BlockConfirmed:
    return BlockConfirmed(
        pool=block.pool, height=block.height, block_hash_display=block.block_hash, reward_sats=reward_sats,
        worker=block.worker, time_ms=now_ms,
    )  # fmt: skip


def _orphaned(block: Block, reason: str, now_ms: int) -> BlockOrphaned:
    return BlockOrphaned(
        pool=block.pool, height=block.height, block_hash_display=block.block_hash, worker=block.worker,
        reason=reason, time_ms=now_ms,
    )  # fmt: skip
