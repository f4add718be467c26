"""What the notifier counts."""

from __future__ import annotations

from prometheus_client import Counter

NOTICES = Counter("nomp_notifier_notices", "Blocknotify messages accepted")
NOTICES_REFUSED = Counter("nomp_notifier_notices_refused", "Connections without a notice", ["reason"])
TIPS_LOST = Counter("nomp_notifier_tips_lost", "Tips NATS did not take; the jobmaker polls anyway")
DELIVERED = Counter("nomp_notifier_delivered", "News delivered", ["channel"])
DELIVERY_FAILURES = Counter("nomp_notifier_delivery_failures", "Attempts to deliver that failed", ["channel"])
GIVEN_UP = Counter("nomp_notifier_given_up", "News not delivered after all attempts", ["channel"])
EXPIRED = Counter("nomp_notifier_expired", "News too old to deliver", ["channel"])
