"""What jobmaker counts. Names and labels are what dashboards and alerts build on."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

LEADING = Gauge("nomp_jobmaker_leading", "1 while this replica publishes the pool's jobs", ["pool"])
DAEMON_STATE = Gauge(
    "nomp_jobmaker_daemon_state", "1 for the state a daemon is in", ["pool", "daemon", "state"]
)
HEIGHT = Gauge("nomp_jobmaker_height", "height of the current job", ["pool"])
JOB_CREATED = Gauge("nomp_jobmaker_job_created_seconds", "Unix time of the current job", ["pool"])

JOBS = Counter("nomp_jobmaker_jobs", "jobs published", ["pool", "kind"])
JOBS_REPEATED = Counter("nomp_jobmaker_jobs_repeated", "jobs published again after a reconnection", ["pool"])
JOB_FAILURES = Counter(
    "nomp_jobmaker_job_failures", "jobs that could not be made or published", ["pool", "why"]
)
TIPS = Counter("nomp_jobmaker_tips", "calls to look at the daemons now", ["pool", "source"])
TIPS_UNKNOWN = Counter("nomp_jobmaker_tips_unknown", "such calls for pools that this process does not have")

NEWS_KNOWN = Counter(
    "nomp_jobmaker_news_known", "announced blocks that there is work on already", ["pool", "source"]
)
LONG_POLLS = Counter(
    "nomp_jobmaker_long_polls",
    "answers to long polls: new-tip, nothing, failed",
    ["pool", "daemon", "result"],
)
TEMPLATES_CHECKED = Counter(
    "nomp_jobmaker_templates_checked",
    "blocks proposed to daemons before miners work on them: accepted, refused, tip-moved, unanswered",
    ["pool", "result"],
)
TEMPLATE_REFUSED = Gauge(
    "nomp_jobmaker_template_refused", "1 while the daemon would refuse the blocks of its templates", ["pool"]
)

TEMPLATE_SECONDS = Histogram(
    "nomp_jobmaker_template_seconds", "from asking for a template to the published job", ["pool"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)  # fmt: skip

SNAPSHOT_FAILURES = Counter(
    "nomp_jobmaker_snapshot_failures", "snapshots that could not be written", ["pool"]
)

BLOCKS = Counter("nomp_jobmaker_blocks", "found blocks whose fate was published", ["pool", "status"])
BLOCKS_OPEN = Counter(
    "nomp_jobmaker_blocks_open", "submissions that settled nothing and are repeated", ["pool"]
)
BLOCKS_LOST = Counter("nomp_jobmaker_blocks_lost", "found blocks that could not be assembled", ["pool"])
BLOCKS_UNKNOWN_POOL = Counter(
    "nomp_jobmaker_blocks_unknown_pool", "found blocks of pools that this process does not have"
)
BLOCKS_UNARCHIVED = Counter(
    "nomp_jobmaker_blocks_unarchived", "found blocks that could not be written to the archive", ["pool"]
)
HASH_DOUBTS = Counter(
    "nomp_jobmaker_hash_doubts",
    "accepted blocks that no daemon knows by the hash computed for them",
    ["pool"],
)
