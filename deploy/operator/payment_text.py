"""What payouts answers, for people, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime

from deploy.operator.money import Money
from nompcore.requests import Books, DryRun, PaymentsControlReply

COLUMNS = 100
MAX_ROWS = 20
"""Of each list; `--json` has all that payouts sent."""


def status_text(pool: str, reply: PaymentsControlReply, money: Money) -> str:
    """State, pause, quarantine and payments under way."""
    lines = [f"{pool}: payments are {reply.state}"]
    if reply.pause:
        pause = reply.pause
        lines.append(f"paused by {pause.author} since {_time(pause.since_ms)}: {pause.reason}")
    lines += _some("in quarantine", [f"{payee.address}  {payee.reason}" for payee in reply.quarantined])
    lines += _some(
        "under way",
        [
            f"{row.payment_id}  {row.state}  {money.told(row.total_sats)} to {len(row.outputs)}"
            for row in reply.open_payments
        ],
    )
    return _narrow(lines)


def dry_run_text(pool: str, reply: PaymentsControlReply, money: Money) -> str:
    """Who would get how much now."""
    plan = reply.dry_run or DryRun()
    if plan.stopped:
        head = f"{pool}: nothing would be sent: {plan.stopped}"
    elif not plan.outputs:
        head = f"{pool}: nobody is due"
    else:
        total, fee = money.told(plan.total_sats), money.told(plan.fee_sats)
        head = f"{pool}: {total} to {len(plan.outputs)} payees, fee {fee}"
    rows = sorted(plan.outputs.items(), key=lambda row: -row[1])
    lines = [head, f"payments are {reply.state}"]
    lines += _some("would get", [f"{address}  {money.told(sats)}" for address, sats in rows])
    left = [f"{row.address}  {money.told(row.amount_sats)}  {row.reason}" for row in plan.left_out]
    return _narrow([*lines, *_some("wait", left, plan.left_out_count)])


def audit_text(pool: str, reply: PaymentsControlReply, money: Money) -> str:
    """The books."""
    books = reply.books
    if books is None:
        return f"{pool}: payouts sent no books"
    sound = not (books.problems or books.findings)
    lines = [f"{pool}: {'the books hold' if sound else 'SOMETHING IS WRONG'}; payments are {reply.state}"]
    lines += _some("found now", books.problems)
    lines += _some("for which payments were stopped", books.findings)
    lines += [f"  {name:<12} {told}" for name, told in _figures(books, money)]
    suspended = [f"block {row.height}  {money.told(row.amount_sats)}" for row in books.suspended]
    return _narrow([*lines, *_some("in suspense", suspended)])


def _figures(books: Books, money: Money) -> Iterable[tuple[str, str]]:
    """Double entry: what is owed is negative, as docs/operator-guide.md explains."""
    yield "owed", money.told(books.owed_sats)
    yield "spendable", money.told(books.wallet_sats)
    yield "miners", f"{money.told(books.miners_sats)} in {books.miners} accounts"
    for account, sats in books.accounts.items():
        yield account, money.told(sats)
    yield (
        "looked at",
        f"{books.rounds_checked} rounds, {books.payments_checked} payments, {books.blocks_checked} blocks",
    )


def _some(head: str, rows: list[str], total: int = 0) -> list[str]:
    if not rows:
        return []
    total = max(total, len(rows))
    left = [f"  … {total - MAX_ROWS} more"] if total > MAX_ROWS else []
    return [f"{head}: {total}", *(f"  {row}" for row in rows[:MAX_ROWS]), *left]


def _narrow(lines: list[str]) -> str:
    return "\n".join(
        textwrap.fill(line, COLUMNS, subsequent_indent="    ", break_on_hyphens=False) for line in lines
    )


def _time(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
