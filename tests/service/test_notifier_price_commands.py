"""Commands that tell prices and do not end as they should: nothing of them is left, and nobody waits."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from nompcore.config.profit import PriceSourceSection
from services.notifier.profit.price_sources import MAX_BYTES, CommandPrices, PricesUnavailable
from tests.servers import wait_until


async def complaint(command: list[str], seconds: float) -> str:
    """What is said of a command that does not tell prices."""
    section = PriceSourceSection.model_validate(
        {"command": command, "timeoutSeconds": seconds}, by_name=False
    )
    with pytest.raises(PricesUnavailable) as told:
        await CommandPrices("source", section, lambda: 0).fetch()
    return str(told.value)


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


async def test_a_command_that_prints_without_end_is_given_up() -> None:
    floods = [sys.executable, "-c", "while True: print('x' * 65536)"]

    assert await complaint(floods, 30) == f"more than {MAX_BYTES} bytes"


@pytest.mark.parametrize("parent", ["exit", "wait"])
async def test_children_of_a_command_that_is_given_up_end_with_it(parent: str, tmp_path: Path) -> None:
    left = tmp_path / "child"
    command = ["sh", "-c", f'sleep 3600 & echo $! > "$0"; {parent}', str(left)]

    assert await complaint(command, 0.5) == "it did not end in time"
    pid = int(left.read_text())
    await wait_until(lambda: not is_alive(pid), what="the child's end")


async def test_a_child_that_leaves_its_session_holds_nobody_up(tmp_path: Path) -> None:
    left = tmp_path / "child"
    command = ["setsid", "sh", "-c", 'echo $$ > "$0"; exec sleep 3600', str(left)]
    try:
        told = await complaint(["sh", "-c", '"$@" & wait', "sh", *command], 0.5)
    finally:
        os.kill(int(left.read_text()), signal.SIGKILL)

    assert told == "it did not end in time"
