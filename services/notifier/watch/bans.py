"""How many addresses a pool bans at a time: many at once are an attack, or a fault of ours."""

from __future__ import annotations

from collections import deque

from services.notifier.watch.observed import Observed

CALM, STORM = "calm", "storm"

WINDOW_MS = 600_000
STORM_BANS, CALM_BANS = 20, 5
"""Within the window. Apart, so that a number at the border is not told again and again."""

MAX_REMEMBERED = 100_000


class BanCount:
    """The new bans of one pool within the window. Times are of one clock, in milliseconds."""

    def __init__(self, since_ms: int) -> None:
        self._since_ms = since_ms
        self._times: deque[int] = deque(maxlen=MAX_REMEMBERED)

    def add(self, now_ms: int) -> None:
        """One more."""
        self._times.append(now_ms)

    def count(self, now_ms: int) -> int:
        """Those of the window."""
        while self._times and self._times[0] <= now_ms - WINDOW_MS:
            self._times.popleft()
        return len(self._times)

    def observed(self, pool: str, told: str, now_ms: int) -> Observed | None:
        """How it looks beside what was told. None while we have listened too short to say."""
        count = self.count(now_ms)
        state = STORM if count >= STORM_BANS or (told == STORM and count > CALM_BANS) else CALM
        if state == CALM and now_ms - self._since_ms < WINDOW_MS:
            return None
        minutes = WINDOW_MS // 60_000
        words = {
            STORM: f"{pool}: {count} addresses were banned within {minutes} minutes",
            CALM: f"{pool}: bans are few again, {count} within {minutes} minutes",
        }
        return Observed(
            group="bans",
            name="pool",
            state=state,
            usual=CALM,
            kind=f"bans.{state}",
            severity="warning",
            words=words[state],
            settle_ms=0,
        )
