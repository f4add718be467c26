"""What an import would book, and what speaks against it. Pure.

Two blocks of one height share one round in NOMP, because it keeps rounds by height: the second block's shares
took the place of the first one's. Of two such blocks only one can stay in the chain, and it has to have the
round: else its reward would find no shares. Which one it is only the chain knows, so the operator has to say
it (`Options.in_chain`); the other is imported without a round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from nompcore.address import NetworkParams
from services.payouts.ledger.accounts import is_unassigned
from services.payouts.nomp_import import dialect
from services.payouts.nomp_import.dialect import Dialect
from services.payouts.nomp_import.figures import (
    EXACT,
    MAX_SATS,
    NotReadable,
    PendingBlock,
    Unreadable,
    coins,
    coins_of_satoshis,
    pending_block,
    rounded_sats,
    work,
)
from services.payouts.nomp_import.names import owner_of
from services.payouts.nomp_import.reading import Reading

LIVE_SECONDS: Final = 60
"""A share this young means that NOMP runs: what was read may be half of a change, and is old at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator decided."""

    in_chain: tuple[str, ...] = ()  # hashes of blocks that get the round of their height
    skip_unreadable: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Who is owed: an address, or a name that is none (`accounts.unassigned`)."""

    address: str
    names: tuple[str, ...]  # as NOMP had them
    owed: Decimal  # in coins, exactly as NOMP had it
    credited_sats: int
    rounding: Decimal  # in coins: credited less owed
    paid_sats: int  # by NOMP so far


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A pending block and the work of its round: none where NOMP has lost it."""

    block: PendingBlock
    weights: dict[str, int]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. Where `obstacles` are, nothing is booked."""

    lines: tuple[Line, ...]  # the most owed first
    blocks: tuple[PlannedBlock, ...]  # the lowest first
    running: dict[str, int]  # address → work in the running round
    unreadable: tuple[Unreadable, ...]
    warnings: tuple[str, ...]
    obstacles: tuple[str, ...]

    @property
    def owed(self) -> Decimal:
        """Coins that NOMP owed, as far as they could be read."""
        return _sum(line.owed for line in self.lines)

    @property
    def rounding(self) -> Decimal:
        """Coins that all roundings together added."""
        return _sum(line.rounding for line in self.lines)

    @property
    def credited_sats(self) -> int:
        """What is credited in all."""
        return sum(line.credited_sats for line in self.lines)

    @property
    def paid_sats(self) -> int:
        """What NOMP paid to these in all."""
        return sum(line.paid_sats for line in self.lines)


def make_plan(reading: Reading, options: Options, network: NetworkParams, decimals: int) -> Plan:
    """The plan for what was read."""
    return _Planning(reading, options, network, decimals).plan()


def is_live(newest_share_s: float | None, now_s: float) -> bool:
    """Whether NOMP took shares just now."""
    return newest_share_s is not None and newest_share_s > now_s - LIVE_SECONDS


@dataclass(slots=True)
class _Owed:
    names: set[str] = field(default_factory=set)
    owed: Decimal = Decimal(0)
    credited_sats: int = 0
    paid_sats: int = 0


@dataclass(slots=True)
class _Planning:
    """One plan in the making; what cannot be read is noted on the way."""

    reading: Reading
    options: Options
    network: NetworkParams
    decimals: int
    unreadable: list[Unreadable] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)

    def plan(self) -> Plan:
        self.unreadable.extend(self.reading.unreadable)
        lines = self._lines()
        blocks = self._blocks()
        running = self._weights(dialect.ROUND_CURRENT, self.reading.running)
        self._warn(lines, blocks, running)
        self._find_obstacles(lines)
        return Plan(
            tuple(lines), tuple(blocks), running, tuple(self.unreadable), tuple(self.warnings),
            tuple(self.obstacles),
        )  # fmt: skip

    # ---- balances ----

    def _lines(self) -> list[Line]:
        owners: dict[str, _Owed] = {}
        for name, amount in self._amounts(dialect.BALANCES, self.reading.balances, self._balance):
            owed = owners.setdefault(owner_of(name, self.network), _Owed())
            owed.names.add(name)
            owed.owed = EXACT.add(owed.owed, amount)
            owed.credited_sats += rounded_sats(amount, self.decimals)
        for name, amount in self._amounts(dialect.PAYOUTS, self.reading.payouts, coins):
            owed = owners.setdefault(owner_of(name, self.network), _Owed())
            owed.names.add(name)
            owed.paid_sats += rounded_sats(amount, self.decimals)
        lines = [self._line(address, owed) for address, owed in owners.items()]
        return sorted(lines, key=lambda line: (-line.credited_sats, line.address))

    def _balance(self, text: str) -> Decimal:
        if self.reading.source.dialect is Dialect.SEED:
            return coins_of_satoshis(text, self.decimals)
        return coins(text)

    def _amounts(
        self, key: str, values: Mapping[str, str], parse: Callable[[str], Decimal]
    ) -> list[tuple[str, Decimal]]:
        """(name, coins) of all that can be read and is not nothing."""
        amounts = []
        for name, text in sorted(values.items()):
            try:
                amount = parse(text)
                if rounded_sats(amount, self.decimals) < 0:
                    raise NotReadable(f"negative: {text}")
            except NotReadable as error:
                self._leave_out(key, name, error)
                continue
            if amount:
                amounts.append((name, amount))
        return amounts

    def _line(self, address: str, owed: _Owed) -> Line:
        credited = EXACT.scaleb(Decimal(owed.credited_sats), -self.decimals)
        return Line(
            address=address,
            names=tuple(sorted(owed.names)),
            owed=owed.owed,
            credited_sats=owed.credited_sats,
            rounding=EXACT.subtract(credited, owed.owed),
            paid_sats=owed.paid_sats,
        )

    # ---- rounds ----

    def _blocks(self) -> list[PlannedBlock]:
        by_height: dict[int, list[PendingBlock]] = {}
        for block in self._pending():
            by_height.setdefault(block.height, []).append(block)
        planned = []
        for height, rivals in sorted(by_height.items()):
            planned.extend(self._at_height(height, rivals))
        for height in sorted(self.reading.rounds.keys() - by_height.keys()):
            self.warnings.append(f"the round of height {height} belongs to no pending block: left out")
        return planned

    def _pending(self) -> list[PendingBlock]:
        blocks: dict[str, PendingBlock] = {}
        has_reward = self.reading.source.dialect is Dialect.SEED
        for member in self.reading.pending:
            try:
                block = pending_block(member, has_reward=has_reward)
                if block.block_hash in blocks:
                    raise NotReadable("the same block twice, with other facts")
            except NotReadable as error:
                self._leave_out(dialect.PENDING, member, error)
            else:
                blocks[block.block_hash] = block
        return list(blocks.values())

    def _at_height(self, height: int, rivals: list[PendingBlock]) -> list[PlannedBlock]:
        """The blocks of a height, of which one gets the round."""
        key = f"shares:round{height}"
        weights = self._weights(key, self.reading.rounds.get(height, {}))
        if not weights:
            self.warnings.append(f"no shares for height {height}: what its block earns will wait in suspense")
            return [PlannedBlock(block, {}, "no round in Redis") for block in rivals]
        if len(rivals) == 1:
            return [PlannedBlock(rivals[0], weights)]
        return self._share_one_round(height, rivals, weights)

    def _share_one_round(
        self, height: int, rivals: list[PendingBlock], weights: dict[str, int]
    ) -> list[PlannedBlock]:
        hashes = [block.block_hash for block in rivals]
        chosen = [block_hash for block_hash in hashes if block_hash in self.options.in_chain]
        if len(chosen) != 1:
            self.obstacles.append(
                f"blocks {' and '.join(hashes)} have one round, that of height {height}: ask the daemon "
                "which is in the chain (getblockheader, confirmations of 1 or more) and name it with "
                "--in-chain; if none is, name any of them"
            )
        return [
            PlannedBlock(block, weights, "has the round of its height")
            if chosen == [block.block_hash]
            else PlannedBlock(block, {}, "its rival has the round of their height")
            for block in rivals
        ]

    def _weights(self, key: str, values: Mapping[str, str]) -> dict[str, int]:
        weights: dict[str, int] = {}
        for name, text in sorted(values.items()):
            try:
                added = work(text)
            except NotReadable as error:
                self._leave_out(key, name, error)
                continue
            if added:
                address = owner_of(name, self.network)
                weights[address] = weights.get(address, 0) + added
        return weights

    # ---- what the operator has to know ----

    def _leave_out(self, key: str, what: str, error: NotReadable) -> None:
        self.unreadable.append(Unreadable(self.reading.source.key(key), what, str(error)))

    def _warn(self, lines: list[Line], blocks: list[PlannedBlock], running: dict[str, int]) -> None:
        named = {line.address for line in lines}.union(running, *(block.weights for block in blocks))
        holding = sorted(address for address in named if is_unassigned(address))
        if holding:
            self.warnings.append(f"no addresses, so never paid by themselves: {', '.join(holding)}")
        if self.reading.other_keys:
            self.warnings.append(f"keys that were not read: {', '.join(self.reading.other_keys)}")

    def _find_obstacles(self, lines: list[Line]) -> None:
        if self.reading.payment_interrupted:
            self.obstacles.append(interrupted(self.reading.source.key(dialect.FINAL_COMMANDS)))
        if self.unreadable and not self.options.skip_unreadable:
            self.obstacles.append(
                f"{len(self.unreadable)} values could not be read: mend them in NOMP's Redis, or leave them "
                "out with --skip-unreadable"
            )
        if sum(line.credited_sats for line in lines) > MAX_SATS:
            self.obstacles.append("the balances add up to more than the ledger can hold")


def interrupted(where: str) -> str:
    """What to do about the commands of a payment run that NOMP did not finish."""
    return (
        f"{where} exists: NOMP was interrupted between sending a payment and writing it down, so the "
        "balances may be paid already. Look in the wallet (listtransactions) for the payment. If it was "
        "sent, run the commands kept there against Redis; if it was not, drop them. Then remove it and "
        "import again"
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
