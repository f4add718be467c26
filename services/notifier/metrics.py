"""What the notifier counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

NOTICES = Counter("nomp_notifier_notices", "Blocknotify messages accepted")
NOTICES_REFUSED = Counter("nomp_notifier_notices_refused", "Connections without a notice", ["reason"])
TIPS_LOST = Counter("nomp_notifier_tips_lost", "Tips NATS did not take; the jobmaker polls anyway")
DELIVERED = Counter("nomp_notifier_delivered", "News delivered", ["channel"])
DELIVERY_FAILURES = Counter("nomp_notifier_delivery_failures", "Attempts to deliver that failed", ["channel"])
GIVEN_UP = Counter("nomp_notifier_given_up", "News not delivered after all attempts", ["channel"])
EXPIRED = Counter("nomp_notifier_expired", "News too old to deliver", ["channel"])
WAITING = Gauge("nomp_notifier_waiting", "Alerts in hand that a channel has not taken yet", ["channel"])
REPETITIONS = Counter("nomp_notifier_repetitions", "Alerts that a channel had taken before", ["channel"])
DIGESTED = Counter("nomp_notifier_digested", "Alerts told in a sum", ["channel"])
BEFORE_CHANNEL = Counter(
    "nomp_notifier_before_channel", "Events from before there was the channel", ["channel"]
)
ALERTS_RAISED = Counter("nomp_notifier_alerts_raised", "Changes told of", ["pool", "kind"])
WATCH_FAILURES = Counter("nomp_notifier_watch_failures", "Looks at a pool that NATS did not answer", ["pool"])
TOLD_UNREADABLE = Counter("nomp_notifier_told_unreadable", "Pools whose state is unknown anew", ["pool"])
BANS_UNREADABLE = Counter("nomp_notifier_bans_unreadable", "Bans that say nothing of their pool")
