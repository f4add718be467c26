"""What jobmaker counts of upstream pools. Names and labels are what dashboards and alerts build on."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SOURCE = Gauge("nomp_jobmaker_upstream_source", "1 for where the pool's work comes from", ["pool", "source"])
READY = Gauge("nomp_jobmaker_upstream_ready", "1 while an upstream pool gives work", ["pool", "upstream"])
DIFFICULTY = Gauge(
    "nomp_jobmaker_upstream_difficulty", "difficulty that the upstream pool in use asks for", ["pool"]
)
ENDED = Counter(
    "nomp_jobmaker_upstream_ended",
    "connections that ended or could not be made: unreachable, refused, garbled, no-work, silent, closed, "
    "sent-away, too-easy",
    ["pool", "upstream", "why"],
)
STRANGERS = Counter(
    "nomp_jobmaker_upstream_strangers",
    "times an upstream pool wanted to send us to a host of another domain",
    ["pool", "upstream"],
)
MESSAGES = Counter(
    "nomp_jobmaker_upstream_messages",
    "messages to people of an upstream pool; the log has one in ten seconds at most",
    ["pool", "upstream"],
)
PASSED_OVER = Counter(
    "nomp_jobmaker_upstream_jobs_passed_over",
    "jobs of the upstream pool in use that a newer one replaced before our miners were sent them",
    ["pool", "upstream"],
)
SHARES = Counter(
    "nomp_jobmaker_upstream_shares",
    "shares for the upstream pool: accepted, rejected, stale, unanswered",
    ["pool", "result"],
)
BLOCKS = Counter("nomp_jobmaker_upstream_blocks", "such shares that were a block", ["pool"])
SNAPSHOT_FAILURES = Counter(
    "nomp_jobmaker_upstream_snapshot_failures", "snapshots that could not be written", ["pool"]
)
