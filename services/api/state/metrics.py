"""What the api counts; served on METRICS_PORT, never on the public port."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("nomp_api_requests", "HTTP requests by route and status", ["route", "status"])
REQUEST_SECONDS = Histogram("nomp_api_request_seconds", "Time to the response's head by route", ["route"])
LISTENERS = Gauge("nomp_api_listeners", "Listeners of live feeds")
LISTENERS_DROPPED = Counter("nomp_api_listeners_dropped", "Listeners dropped because they did not read")
LISTENERS_REFUSED = Counter("nomp_api_listeners_refused", "Listeners refused because there are too many")
GATHER_FAILURES = Counter("nomp_api_gather_failures", "Snapshots or rows that could not be fetched", ["what"])
PAYOUTS_UNAVAILABLE = Counter("nomp_api_payouts_unavailable", "Requests payouts did not answer", ["endpoint"])
RATE_LIMITED = Counter("nomp_api_rate_limited", "Requests refused because their sender asks too often")
CLIENTS_FORGOTTEN = Counter("nomp_api_clients_forgotten", "Senders forgotten because there are too many")
PULSES_IGNORED = Counter("nomp_api_pulses_ignored", "Replica pulses of unknown pools or beyond the bound")
SIGNED_REQUESTS = Counter("nomp_api_signed_requests", "What miners asked with a signature", ["outcome"])
ADMIN_LOGINS = Counter("nomp_api_admin_logins", "Tries to log in to the admin center", ["outcome"])
ADMIN_REFUSED = Counter("nomp_api_admin_refused", "Requests that the admin center refused", ["reason"])
ADMIN_ACTIONS = Counter("nomp_api_admin_actions", "Orders given in the admin center", ["action", "outcome"])
