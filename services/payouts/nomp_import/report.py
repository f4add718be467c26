"""An import for people (a text) and for programs (JSON). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from nompcore.amounts import coins_from_sats
from nompcore.target import WORK_PER_DIFFICULTY
from services.payouts.nomp_import.figures import Unreadable
from services.payouts.nomp_import.plan import Plan
from services.payouts.nomp_import.reading import Reading


@dataclass(frozen=True, slots=True)
class Row:
    """One address, or a name that is none. Amounts in coins, as text."""

    address: str
    names: tuple[str, ...]
    owed_by_nomp: str  # exactly as NOMP had it
    rounding: str  # credited less owed
    credited: str  # what the import credits
    booked: str | None  # what the books say it credited; None before it was applied
    balance: str  # owed by the ledger now: before the import, or what is left of it after payments
    paid_by_nomp: str


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A pending block; difficulty is the sum of its round's shares."""

    height: int
    block_hash: str
    reward: str | None  # None where NOMP does not tell
    miners: int
    difficulty: float
    remark: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is told about an import."""

    pool: str
    keys: str  # how NOMP's keys begin
    dialect: str
    state: str
    rows: tuple[Row, ...]
    total: Row
    blocks: tuple[BlockRow, ...]
    running: Mapping[str, float]  # address → difficulty in the running round
    counts: Mapping[str, int]  # NOMP's blocks that are not imported
    stats: Mapping[str, str]
    unreadable: tuple[Unreadable, ...]
    warnings: tuple[str, ...]
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LedgerFigures:
    """What the ledger says, address → sats. `booked` is None where nothing was applied."""

    booked: Mapping[str, int] | None
    balances: Mapping[str, int]


def make_report(
    reading: Reading, plan: Plan, ledger: LedgerFigures, *, pool: str, decimals: int, state: str,
    obstacles: tuple[str, ...] = (),
) -> Report:  # fmt: skip
    """The report; `obstacles` beside those of the plan."""
    rows = _rows(plan, ledger, decimals)
    return Report(
        pool=pool,
        keys=reading.source.prefix,
        dialect=reading.source.dialect.value,
        state=state,
        rows=rows,
        total=_total(plan, ledger, decimals),
        blocks=_block_rows(plan, decimals),
        running={address: work / WORK_PER_DIFFICULTY for address, work in plan.running.items()},
        counts={
            "confirmed": reading.confirmed,
            "orphaned": reading.orphaned,
            "kicked": reading.kicked,
        },
        stats=reading.stats,
        unreadable=plan.unreadable,
        warnings=(*plan.warnings, *_unlike(plan, ledger)),
        obstacles=(*obstacles, *plan.obstacles),
    )


def as_json(report: Report) -> str:
    """The report for programs."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def as_text(report: Report) -> str:
    """The report for people."""
    parts = [
        f"{report.keys}… of NOMP ({report.dialect}) into pool {report.pool}: {report.state}",
        _balances_text(report),
        _blocks_text(report),
        _running_text(report),
        _section("Left behind: blocks", [f"{name}: {count}" for name, count in report.counts.items()]),
        _section("NOMP's statistics", [f"{name}: {text}" for name, text in sorted(report.stats.items())]),
        _section("Could not be read", [f"{gap.where} {gap.what}: {gap.why}" for gap in report.unreadable]),
        _section("Warnings", report.warnings),
        _section("Not possible", report.obstacles),
    ]
    return "\n\n".join(part for part in parts if part)


def _rows(plan: Plan, ledger: LedgerFigures, decimals: int) -> tuple[Row, ...]:
    booked = ledger.booked
    return tuple(
        Row(
            address=line.address,
            names=line.names,
            owed_by_nomp=_plain(line.owed),
            rounding=_plain(line.rounding),
            credited=coins_from_sats(line.credited_sats, decimals),
            booked=None if booked is None else coins_from_sats(booked.get(line.address, 0), decimals),
            balance=coins_from_sats(ledger.balances.get(line.address, 0), decimals),
            paid_by_nomp=coins_from_sats(line.paid_sats, decimals),
        )
        for line in plan.lines
    )


def _total(plan: Plan, ledger: LedgerFigures, decimals: int) -> Row:
    addresses = [line.address for line in plan.lines]
    return Row(
        address="total",
        names=(),
        owed_by_nomp=_plain(plan.owed),
        rounding=_plain(plan.rounding),
        credited=coins_from_sats(plan.credited_sats, decimals),
        booked=None if ledger.booked is None else coins_from_sats(sum(ledger.booked.values()), decimals),
        balance=coins_from_sats(sum(ledger.balances.get(address, 0) for address in addresses), decimals),
        paid_by_nomp=coins_from_sats(plan.paid_sats, decimals),
    )


def _block_rows(plan: Plan, decimals: int) -> tuple[BlockRow, ...]:
    return tuple(
        BlockRow(
            height=planned.block.height,
            block_hash=planned.block.block_hash,
            reward=coins_from_sats(planned.block.reward_sats, decimals)
            if planned.block.reward_sats
            else None,
            miners=len(planned.weights),
            difficulty=sum(planned.weights.values()) / WORK_PER_DIFFICULTY,
            remark=planned.remark,
        )
        for planned in plan.blocks
    )


def _unlike(plan: Plan, ledger: LedgerFigures) -> list[str]:
    """Addresses whose books do not say what the plan does: none, unless somebody changed the books."""
    if ledger.booked is None:
        return []
    planned = {line.address: line.credited_sats for line in plan.lines if line.credited_sats}
    return [
        f"the books say {ledger.booked.get(address, 0)} for {address}, the plan {planned.get(address, 0)}"
        for address in sorted(planned.keys() | ledger.booked.keys())
        if ledger.booked.get(address, 0) != planned.get(address, 0)
    ]


def _plain(amount: Decimal) -> str:
    """Without an exponent, however small."""
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _balances_text(report: Report) -> str:
    heads = (
        "address",
        "owed by NOMP",
        "rounding",
        "credited",
        "booked",
        "in the ledger now",
        "paid by NOMP",
        "names",
    )
    cells = [heads, *(_cells(row) for row in (*report.rows, report.total))]
    return "Balances\n" + _table(cells)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.address, row.owed_by_nomp, row.rounding, row.credited, row.booked or "-", row.balance,
        row.paid_by_nomp, ", ".join(name for name in row.names if name != row.address),
    )  # fmt: skip


def _blocks_text(report: Report) -> str:
    heads = ("height", "block", "reward", "miners", "difficulty", "remark")
    cells = [
        (str(block.height), block.block_hash, block.reward or "-", str(block.miners), f"{block.difficulty:g}",
         block.remark)
        for block in report.blocks
    ]  # fmt: skip
    return "Pending blocks\n" + _table([heads, *cells]) if cells else ""


def _running_text(report: Report) -> str:
    running = sorted(report.running.items(), key=lambda item: (-item[1], item[0]))
    return _section("Running round", [f"{address}: {difficulty:g}" for address, difficulty in running])


def _section(title: str, lines: Iterable[str]) -> str:
    listed = list(lines)
    return "\n".join([title, *(f"  {line}" for line in listed)]) if listed else ""


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
