"""Miners of a process that ends: each is asked to reconnect, and nobody stays."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from services.stratum import drain
from services.stratum.drain import send_away
from services.stratum.replies import RECONNECT_LINE


@dataclass(eq=False)
class Miner:
    """A miner that closes its connection when it has been asked, or does not."""

    follows: bool
    heard: list[bytes] = field(default_factory=list)
    was_let_go: bool = False
    is_gone: bool = False

    def say(self, line: bytes) -> None:
        assert not self.was_let_go, "asked only when it was closed"
        self.heard.append(line)
        self.is_gone = self.follows

    def leave(self) -> None:
        self.was_let_go = self.is_gone = True


async def test_everybody_is_asked_once() -> None:
    miners = [Miner(follows=True) for _ in range(50)]

    await send_away(miners, 0)

    assert all(miner.heard == [RECONNECT_LINE] for miner in miners)
    assert all(miner.is_gone for miner in miners)
    assert not any(miner.was_let_go for miner in miners)


async def test_who_does_not_follow_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "HEED_SECONDS", 0.0)
    miners = [Miner(follows=number % 2 == 0) for number in range(20)]

    await send_away(miners, 0)

    assert all(miner.heard == [RECONNECT_LINE] for miner in miners)
    assert all(miner.is_gone for miner in miners)
    assert all(miner.was_let_go for miner in miners if not miner.follows)


@pytest.mark.parametrize("number", [1, 3, 7, 40])
async def test_nobody_is_forgotten_however_they_are_spread(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(drain, "HEED_SECONDS", 2 / drain.STEPS_PER_SECOND)
    miners = [Miner(follows=False) for _ in range(number)]

    await send_away(miners, 5 / drain.STEPS_PER_SECOND)

    assert all(miner.heard == [RECONNECT_LINE] for miner in miners)
    assert all(miner.was_let_go for miner in miners)


async def test_nobody_is_waited_for_when_nobody_is_there() -> None:
    await send_away([], 3600)
    await send_away([Miner(follows=True, is_gone=True)], 3600)
