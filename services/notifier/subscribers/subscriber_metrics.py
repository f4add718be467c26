"""What the telling of miners counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

TELLING = Gauge("nomp_notifier_telling", "1 on the replica that tells miners")
SUBSCRIBERS = Gauge("nomp_notifier_subscribers", "Payout addresses that are told something")
MINERS_TOLD = Counter("nomp_notifier_miners_told", "Notes sent to miners", ["channel", "event"])
TELL_FAILURES = Counter("nomp_notifier_tell_failures", "Notes that could not be sent yet", ["channel"])
NOTES_GIVEN_UP = Counter("nomp_notifier_notes_given_up", "Notes to miners dropped", ["channel", "why"])
LOOKS_FAILED = Counter("nomp_notifier_looks_failed", "Looks at an address that nobody answered", ["pool"])
UNREADABLE = Counter("nomp_notifier_subscribers_unreadable", "Entries that are no subscriber, or not told")
