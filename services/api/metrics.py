"""What the api counts; served on METRICS_PORT, never on the public port."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("nomp_api_requests", "HTTP requests by route and status", ["route", "status"])
REQUEST_SECONDS = Histogram("nomp_api_request_seconds", "Time to the response's head by route", ["route"])
LISTENERS = Gauge("nomp_api_listeners", "Listeners of /api/live_stats")
LISTENERS_DROPPED = Counter("nomp_api_listeners_dropped", "Listeners dropped because they did not read")
LISTENERS_REFUSED = Counter("nomp_api_listeners_refused", "Listeners refused because there are too many")
GATHER_FAILURES = Counter("nomp_api_gather_failures", "Snapshots or rows that could not be fetched", ["what"])
PAYOUTS_UNAVAILABLE = Counter("nomp_api_payouts_unavailable", "Requests payouts did not answer", ["endpoint"])
PULSES_IGNORED = Counter("nomp_api_pulses_ignored", "Replica pulses of unknown pools or beyond the bound")
