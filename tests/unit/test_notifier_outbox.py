"""What a channel is sent next: nothing lost, nothing twice, never more than it allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nompcore.config.alerts import SEVERITIES, Severity
from services.notifier.alerting.alert import Alert
from services.notifier.alerting.digest import MAX_CHARACTERS, MAX_LINES, digest_text, digest_title
from services.notifier.alerting.outbox import (
    GATHERING_MS,
    LONGEST_PAUSE_MS,
    OLD_MS,
    Outbox,
    Send,
    Wait,
)
from services.notifier.alerting.send_rate import SendRate

NOW_MS = 1_700_000_000_000


def alert(number: int = 1, severity: Severity = "info", time_ms: int = NOW_MS, pool: str = "ltc") -> Alert:
    return Alert(f"{number:032x}", "block.confirmed", pool, severity, f"{pool}: block {number}", time_ms)


def outbox(messages: int | None = None, interval_ms: int = 0) -> Outbox:
    return Outbox(SendRate(messages, interval_ms))


@dataclass
class Receiver:
    """Does what the outbox says, as time passes; refuses so many times first, and for ever what it hates."""

    box: Outbox
    now_ms: int = NOW_MS
    refusals: int = 0
    hates: str = ""
    sent: list[tuple[int, tuple[Alert, ...]]] = field(default_factory=list)
    tried_ms: list[int] = field(default_factory=list)

    def run(self, for_ms: int) -> None:
        end_ms = self.now_ms + for_ms
        while self.now_ms < end_ms:
            step = self.box.next_step(self.now_ms)
            if isinstance(step, Wait):
                until_ms = end_ms if step.until_ms is None else step.until_ms
                assert until_ms > self.now_ms
                self.now_ms = min(end_ms, until_ms)
                continue
            self._take(step)

    def _take(self, step: Send) -> None:
        self.tried_ms.append(self.now_ms)
        if self.refusals or any(alert.id == self.hates for alert in step.alerts):
            self.refusals = max(0, self.refusals - 1)
            self.box.failed(step.alerts, self.now_ms)
        else:
            self.sent.append((self.now_ms, step.alerts))
            self.box.taken(step.alerts, self.now_ms)

    @property
    def messages(self) -> list[list[Alert]]:
        return [list(alerts) for _, alerts in self.sent]


def test_alerts_are_sent_one_by_one_the_worst_first_then_the_oldest() -> None:
    box = outbox()
    later, earlier, worst = alert(1, time_ms=NOW_MS), alert(2, time_ms=NOW_MS - 1), alert(3, "critical")
    for one in (later, earlier, worst):
        box.add(one, NOW_MS)
    receiver = Receiver(box)
    receiver.run(1)

    assert receiver.messages == [[worst], [earlier], [later]]


def test_an_empty_outbox_waits_for_what_comes() -> None:
    assert outbox().next_step(NOW_MS) == Wait(None)


def test_what_comes_twice_is_sent_once() -> None:
    box = outbox()
    for _ in range(3):
        box.add(alert(), NOW_MS)
    receiver = Receiver(box)
    receiver.run(1000)

    assert receiver.messages == [[alert()]]


def test_what_exceeds_the_rate_waits_and_is_one_message() -> None:
    box = outbox(messages=2, interval_ms=60_000)
    for number in range(10):
        box.add(alert(number), NOW_MS)
    receiver = Receiver(box)
    receiver.run(61_000)

    assert [len(message) for message in receiver.messages] == [1, 1, 8]
    assert receiver.sent[-1][0] == NOW_MS + 60_000


def test_one_that_had_to_wait_comes_as_it_is() -> None:
    box = outbox(messages=1, interval_ms=60_000)
    receiver = Receiver(box)
    for number in range(2):
        box.add(alert(number), NOW_MS)
    receiver.run(61_000)

    assert receiver.messages == [[alert(0)], [alert(1)]]


@given(
    limit=st.integers(1, 4),
    interval_s=st.integers(1, 100),
    arrivals_s=st.lists(st.integers(0, 200), max_size=40),
    refusals=st.integers(0, 6),
)
def test_nothing_is_lost_or_doubled_and_no_interval_has_more_than_the_limit(
    limit: int, interval_s: int, arrivals_s: list[int], refusals: int
) -> None:
    box = outbox(limit, interval_s * 1000)
    receiver = Receiver(box, refusals=refusals)
    added = []
    for number, second in enumerate(sorted(arrivals_s)):
        receiver.run(NOW_MS + second * 1000 - receiver.now_ms)
        added.append(alert(number, time_ms=receiver.now_ms))
        box.add(added[-1], receiver.now_ms)
    receiver.run(4 * LONGEST_PAUSE_MS)

    told = [one for message in receiver.messages for one in message]
    assert sorted(told, key=lambda one: one.id) == added
    assert len(box) == 0
    times = [time_ms for time_ms, _ in receiver.sent]
    for first, last in zip(times, times[limit:], strict=False):
        assert last - first >= interval_s * 1000


def test_a_channel_that_is_down_is_tried_less_and_less_and_gets_everything() -> None:
    box = outbox()
    for number in range(3):
        box.add(alert(number), NOW_MS)
    receiver = Receiver(box, refusals=20)
    receiver.run(3 * 3600 * 1000)

    assert sorted(message[0].id for message in receiver.messages) == [alert(n).id for n in range(3)]
    tried = receiver.tried_ms[:20]
    pauses = [later - before for before, later in pairwise(tried)]
    assert pauses[:4] == [1000, 2000, 4000, 8000]
    assert max(pauses) <= 2 * LONGEST_PAUSE_MS


def test_a_message_that_is_never_taken_does_not_hold_up_the_others() -> None:
    box = outbox()
    hated = alert(0, "critical")
    box.add(hated, NOW_MS)
    for number in range(1, 30):
        box.add(alert(number), NOW_MS)
    receiver = Receiver(box, hates=hated.id)
    receiver.run(3600_000)

    assert len(receiver.messages) == 29
    assert len(box) == 1


def test_what_grew_old_is_told_in_one_message_when_no_more_comes() -> None:
    box = outbox()
    receiver = Receiver(box)
    for number in range(5):
        box.add(alert(number, time_ms=NOW_MS - OLD_MS - 1), receiver.now_ms)
        receiver.run(GATHERING_MS - 1)
    fresh = alert(9)
    box.add(fresh, receiver.now_ms)
    receiver.run(2 * GATHERING_MS)

    assert [len(message) for message in receiver.messages] == [1, 5]
    assert receiver.messages[0] == [fresh]


def test_what_the_channel_has_from_before_is_dropped() -> None:
    box = outbox()
    box.add(alert(), NOW_MS)
    box.known([alert()])

    assert box.next_step(NOW_MS) == Wait(None)


@given(
    st.lists(
        st.tuples(st.sampled_from(SEVERITIES), st.sampled_from(["ltc", "doge"]), st.integers(0, 2 * OLD_MS)),
        min_size=1,
        max_size=60,
    )
)
def test_a_digest_says_or_counts_every_alert_and_fits_a_chat(made: list[tuple[Severity, str, int]]) -> None:
    alerts = [
        alert(number, severity, NOW_MS - age_ms, pool) for number, (severity, pool, age_ms) in enumerate(made)
    ]
    text = digest_text(alerts, NOW_MS)
    lines = text.split("\n")
    told = sum(line[:5].replace(":", "").isdecimal() for line in lines)
    counted = sum(
        int(part.split()[0])
        for line in lines
        if line.startswith(("and ", "not delivered"))
        for part in line.rpartition(": ")[2].split(", ")
    )

    assert told + counted == len(alerts)
    assert told <= MAX_LINES
    assert len(text) <= MAX_CHARACTERS + 300
    assert digest_title(alerts).startswith(f"{len(alerts)} alert")


def test_an_old_alert_is_one_line_with_its_day() -> None:
    old = [alert(number, time_ms=NOW_MS - 2 * OLD_MS) for number in range(3)]

    assert digest_text(old, NOW_MS) == (
        "not delivered in time, from 2023-11-12 22:13 UTC on: 3 block.confirmed of ltc"
    )
