"""The tree of blocks and the best chain in it: most work wins, the first seen among equals.

A block whose parent is known is kept. It is connected, which means that its spending is judged, only when
it is on the way to the tip with the most work; a tip that turns out invalid there is marked and the next
best is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from simcoind.block import Block
from simcoind.block_rules import Position, check_block, check_position, check_proof_of_work
from simcoind.block_tree import BlockEntry, BlockTree, ancestry, median_time
from simcoind.extension_block import hog_coin_of
from simcoind.family_rules import check_family
from simcoind.genesis import genesis_block
from simcoind.parameters import ChainParameters
from simcoind.payees import check_payees, demands_at
from simcoind.reject import Reject
from simcoind.transaction import OutPoint, Transaction
from simcoind.transaction_rules import Spend, Utxo, check_spend
from simcoind.utxo_set import Undo, UtxoSet


@dataclass(slots=True)
class Reorganisation:
    """What a change did to the best chain: blocks that left it (tip first) and that joined it (tip last)."""

    disconnected: list[BlockEntry] = field(default_factory=list)
    connected: list[BlockEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The judgement of a new block: refused, or kept with what that did to the best chain."""

    reject: Reject | None
    change: Reorganisation = field(default_factory=Reorganisation)


class Chain:
    """All blocks, the best chain, its unspent outputs, and where each of its transactions is and is spent."""

    def __init__(self, parameters: ChainParameters) -> None:
        self.parameters = parameters
        self.utxos = UtxoSet()
        self.block_of: dict[bytes, BlockEntry] = {}  # txid → its block in the best chain
        self.spender_of: dict[OutPoint, bytes] = {}  # output → txid that spends it in the best chain
        self._undo: list[list[Undo]] = []  # of each connected block, like `_best` without the genesis
        self._nbits_from: list[tuple[int, int]] = [(0, parameters.nbits)]  # (from height, nbits)
        genesis = genesis_block(parameters)
        self.tree = BlockTree(genesis, parameters.block_hash_le(genesis.header.serialize()))
        self._best = [self.tree.genesis]
        if parameters.form.has_extension:  # the first HogEx, too, has something to spend
            nothing = Utxo(genesis.transactions[0].outputs[0], 0, is_coinbase=False)
            self.utxos.put(hog_coin_of(genesis), nothing)

    @property
    def tip(self) -> BlockEntry:
        """The last block of the best chain."""
        return self._best[-1]

    def at(self, height: int) -> BlockEntry | None:
        """The block of the best chain at a height."""
        return self._best[height] if 0 <= height < len(self._best) else None

    def is_best(self, entry: BlockEntry) -> bool:
        """Whether a block is part of the best chain."""
        return self.at(entry.height) is entry

    def confirmations(self, entry: BlockEntry) -> int:
        """Blocks from `entry` to the tip, both counted; -1 for a block outside the best chain."""
        return self.tip.height - entry.height + 1 if self.is_best(entry) else -1

    def nbits_at(self, height: int) -> int:
        """What a block at `height` must claim as its target."""
        return next(nbits for start, nbits in reversed(self._nbits_from) if start <= height)

    def set_nbits(self, nbits: int) -> None:
        """Change the difficulty from the next block on."""
        start = self.tip.height + 1
        self._nbits_from = [row for row in self._nbits_from if row[0] < start] + [(start, nbits)]

    def position_after(self, parent: BlockEntry, now_seconds: int) -> Position:
        """What a child of `parent` must look like."""
        height = parent.height + 1
        hog_coin = hog_coin_of(parent.block) if self.parameters.form.has_extension else None
        return Position(height, median_time(parent), self.nbits_at(height), now_seconds, hog_coin)

    def propose(self, block: Block, now_seconds: int) -> Reject | None:
        """Judge a block on the tip as a whole, except its proof of work; nothing is kept."""
        reject = check_block(block) or self._check_place(block, self.tip, now_seconds)
        if reject:
            return reject
        undo = self._apply(block, self.tip.height + 1)
        if isinstance(undo, Reject):
            return undo
        self._revert(undo)
        return None

    def accept(self, block: Block, now_seconds: int) -> Acceptance:
        """Judge a block that the tree does not hold yet; keep it if its parent is known and it is sound."""
        reject = check_proof_of_work(block, self.parameters) or check_block(block)
        if reject:
            return Acceptance(reject)
        parent = self.tree.get(block.header.prevhash_le)
        if parent is None:
            return Acceptance(Reject("prev-blk-not-found"))
        if parent.reject:
            return Acceptance(Reject("bad-prevblk"))
        reject = self._check_place(block, parent, now_seconds)
        if reject:
            return Acceptance(reject)
        entry = self.tree.add(block, self.parameters.block_hash_le(block.header.serialize()), parent)
        change = self._follow_best()
        return Acceptance(entry.reject, change)

    def invalidate(self, entry: BlockEntry) -> Reorganisation:
        """Treat a block, not the genesis, and all that follows it as invalid."""
        self.tree.fail(entry, Reject("manually-invalidated"))
        return self._follow_best()

    def reconsider(self, entry: BlockEntry) -> Reorganisation:
        """Forget that a block, its ancestors and its descendants were found invalid."""
        self.tree.forgive(entry)
        return self._follow_best()

    def _check_place(self, block: Block, parent: BlockEntry, now_seconds: int) -> Reject | None:
        position = self.position_after(parent, now_seconds)
        return check_position(block, position) or check_family(block, self.parameters, position)

    def _follow_best(self) -> Reorganisation:
        left: list[BlockEntry] = []
        joined: list[BlockEntry] = []
        while (best := self.tree.best) is not self.tip:
            branch = list(takewhile(lambda entry: not self.is_best(entry), ancestry(best)))
            fork_height = branch[-1].height - 1 if branch else best.height
            while self.tip.height > fork_height:
                left.append(self._disconnect())
            for entry in reversed(branch):
                reject = self._connect(entry)
                if reject:
                    self.tree.fail(entry, reject)
                    break
                joined.append(entry)
        # A branch that failed half-way was walked twice: only what came of it counts.
        return Reorganisation(
            [entry for entry in left if not self.is_best(entry)],
            [entry for entry in joined if self.is_best(entry)],
        )

    def _connect(self, entry: BlockEntry) -> Reject | None:
        undo = self._apply(entry.block, entry.height)
        if isinstance(undo, Reject):
            return undo
        self._undo.append(undo)
        self._best.append(entry)
        for transaction in entry.block.transactions:
            self.block_of[transaction.txid_le] = entry
        self.spender_of.update(_spends(entry.block))
        return None

    def _disconnect(self) -> BlockEntry:
        entry = self._best.pop()
        self._revert(self._undo.pop())
        for transaction in entry.block.transactions:
            del self.block_of[transaction.txid_le]
        for outpoint, _ in _spends(entry.block):
            del self.spender_of[outpoint]
        return entry

    def _apply(self, block: Block, height: int) -> list[Undo] | Reject:
        """Spend and create what a block does, or nothing at all when it may not."""
        applied: list[Undo] = []
        fees = 0
        for transaction in block.transactions:
            spend = self._check_spend(transaction, height)
            if isinstance(spend, Reject):
                self._revert(applied)
                return spend
            fees += spend.fee_sats
            applied.append(self.utxos.apply(transaction, height))
        reject = self._check_reward(block.transactions[0], height, fees)
        if reject:
            self._revert(applied)
            return reject
        return applied

    def _check_reward(self, coinbase: Transaction, height: int, fees: int) -> Reject | None:
        paid = sum(output.value_sats for output in coinbase.outputs)
        allowed = self.parameters.subsidy_at(height) + fees
        if paid > allowed:
            return Reject("bad-cb-amount", f"coinbase pays too much (actual={paid} vs limit={allowed})")
        return check_payees(coinbase, demands_at(self.parameters, height))

    def _check_spend(self, transaction: Transaction, height: int) -> Spend | Reject:
        if self.utxos.has_output_of(transaction):
            return Reject("bad-txns-BIP30", "tried to overwrite transaction")
        if transaction.is_coinbase:
            return Spend(0, ())
        return check_spend(transaction, self.utxos.get, height, self.parameters.maturity)

    def _revert(self, applied: list[Undo]) -> None:
        for undo in reversed(applied):
            self.utxos.revert(undo)


def _spends(block: Block) -> Iterator[tuple[OutPoint, bytes]]:
    """Each output that a block spends, with the txid of the spender."""
    for transaction in block.transactions[1:]:
        yield from ((tx_input.previous, transaction.txid_le) for tx_input in transaction.inputs)
