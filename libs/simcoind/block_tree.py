"""All known blocks, each hanging on its parent, with the work that leads to it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from nompcore.encoding import display
from nompcore.target import target_from_nbits
from simcoind.block import Block
from simcoind.reject import Reject

MEDIAN_TIME_SPAN = 11
"""Blocks whose median time a child must be later than (BIP 113)."""


def block_work(nbits: int) -> int:
    """Expected hashes of a block."""
    return (1 << 256) // (target_from_nbits(nbits) + 1)


@dataclass(slots=True, eq=False)
class BlockEntry:
    """A block in the tree. `reject` is set when the block was found invalid after it had been kept."""

    block: Block
    hash_le: bytes
    height: int
    chain_work: int
    parent: BlockEntry | None
    order: int  # of arrival
    reject: Reject | None = None

    @property
    def hash_display(self) -> str:
        """The block's id as the RPC shows it."""
        return display(self.hash_le)


class BlockTree:
    """Blocks by hash. The genesis has no parent and is never invalid."""

    def __init__(self, genesis: Block, hash_le: bytes) -> None:
        self.genesis = BlockEntry(genesis, hash_le, 0, block_work(genesis.header.nbits), None, 0)
        self.best = self.genesis
        """The valid block with the most work; of equals the one that came first."""
        self._entries = {hash_le: self.genesis}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, hash_le: bytes) -> BlockEntry | None:
        """A known block."""
        return self._entries.get(hash_le)

    def add(self, block: Block, hash_le: bytes, parent: BlockEntry) -> BlockEntry:
        """Hang a new block on its parent, a valid one."""
        work = parent.chain_work + block_work(block.header.nbits)
        entry = BlockEntry(block, hash_le, parent.height + 1, work, parent, len(self._entries))
        self._entries[hash_le] = entry
        if work > self.best.chain_work:
            self.best = entry
        return entry

    def fail(self, entry: BlockEntry, reject: Reject) -> None:
        """Mark a block, and with it all that follows it, as invalid."""
        for descendant in self._descendants(entry):
            descendant.reject = Reject("bad-prevblk")
        entry.reject = reject
        self._find_best()

    def forgive(self, entry: BlockEntry) -> None:
        """Take back what was found about a block, those before it and those after it."""
        for one in (*ancestry(entry), *self._descendants(entry)):
            one.reject = None
        self._find_best()

    def leaves(self) -> list[BlockEntry]:
        """Blocks without children, in the order of arrival."""
        parents = {entry.parent for entry in self._entries.values()}
        return [entry for entry in self._entries.values() if entry not in parents]

    def _descendants(self, entry: BlockEntry) -> list[BlockEntry]:
        family = {entry}
        for one in self._entries.values():  # in the order of arrival: parents before children
            if one.parent in family:
                family.add(one)
        return [one for one in family if one is not entry]

    def _find_best(self) -> None:
        valid = (entry for entry in self._entries.values() if entry.reject is None)
        self.best = max(valid, key=lambda entry: (entry.chain_work, -entry.order))


def median_time(entry: BlockEntry) -> int:
    """The median of the times of a block and the ten before it: what a child must be later than."""
    times = [one.block.header.ntime for one in islice(ancestry(entry), MEDIAN_TIME_SPAN)]
    return statistics.median_high(times)


def ancestry(entry: BlockEntry) -> Iterator[BlockEntry]:
    """A block, its parent, and so on to the genesis."""
    current: BlockEntry | None = entry
    while current is not None:
        yield current
        current = current.parent
