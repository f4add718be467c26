"""The one table of what travels over NATS: subjects, streams, buckets and who may touch them.

No subject string exists anywhere else. `deploy/setup/nats_users.py` derives each service's NATS user from
this table; `docs/architecture.md` shows it. `{pool}` is a pool's name, `[a-z0-9-]+`; worker names, addresses
and IPs never enter a subject, because they hold dots.
"""

from __future__ import annotations

import hashlib

from nompcore import alarms as a
from nompcore import control as c
from nompcore import messages as m
from nompcore import requests as r
from nompcore import switching as sw
from nompcore import upstream as u
from nompcore.subject_kinds import DAY, HOUR, MINUTE, Bucket, Endpoint, ObjectStore, Storage, Stream, Subject

STRATUM, JOBMAKER, PAYOUTS, API, NOTIFIER = "stratum", "jobmaker", "payouts", "api", "notifier"
SERVICES = (STRATUM, JOBMAKER, PAYOUTS, API, NOTIFIER)

JOBS = Stream("JOBS", Storage.MEMORY, max_age_seconds=DAY, max_messages_per_subject=1)
SHARES = Stream("SHARES", Storage.FILE, max_age_seconds=0, cutter=PAYOUTS, in_stretches=True)
BLOCKS = Stream("BLOCKS", Storage.FILE, max_age_seconds=90 * DAY)
EVENTS = Stream("EVENTS", Storage.FILE, max_age_seconds=90 * DAY)
ALARMS = Stream("ALARMS", Storage.FILE, max_age_seconds=90 * DAY)
# Replicas of the notifier tell of the same change, minutes apart at most: it is stored once.
ALERTS = Stream("ALERTS", Storage.FILE, max_age_seconds=90 * DAY, duplicate_window_seconds=60 * MINUTE)
# What operators did in the admin center: for as long as anybody may ask who did it.
ADMIN_LOG = Stream("ADMIN_LOG", Storage.FILE, max_age_seconds=3 * 365 * DAY, in_stretches=True)
# Shares for upstream pools: worthless once the chain has moved on.
UPSTREAM = Stream("UPSTREAM", Storage.FILE, max_age_seconds=4 * HOUR)
STREAMS = (JOBS, SHARES, BLOCKS, EVENTS, ALARMS, ALERTS, ADMIN_LOG, UPSTREAM)


JOB = Subject("nomp.{pool}.job", m.Job, (JOBMAKER,), (STRATUM,), JOBS)
SHARE_BATCH = Subject("nomp.{pool}.shares", m.ShareBatch, (STRATUM, PAYOUTS), (PAYOUTS,), SHARES)
BLOCK_FOUND = Subject("nomp.{pool}.block.found", m.BlockFound, (STRATUM,), (JOBMAKER,), BLOCKS)
BLOCK_SUBMITTED = Subject(
    "nomp.{pool}.block.submitted", m.BlockSubmitted, (JOBMAKER,), (PAYOUTS, API, NOTIFIER), BLOCKS
)
BLOCK_CONFIRMED = Subject(
    "nomp.{pool}.block.confirmed", m.BlockConfirmed, (PAYOUTS,), (API, NOTIFIER), BLOCKS
)
BLOCK_ORPHANED = Subject("nomp.{pool}.block.orphaned", m.BlockOrphaned, (PAYOUTS,), (API, NOTIFIER), BLOCKS)
PAYMENT_SENT = Subject("nomp.{pool}.payment.sent", m.PaymentSent, (PAYOUTS,), (API, NOTIFIER), EVENTS)
PAYMENT_FAILED = Subject("nomp.{pool}.payment.failed", m.PaymentFailed, (PAYOUTS,), (API, NOTIFIER), EVENTS)
PAYEE_QUARANTINED = Subject(
    "nomp.{pool}.payee.quarantined", a.PayeeQuarantined, (PAYOUTS,), (API, NOTIFIER), ALARMS
)
AUDIT_FAILED = Subject("nomp.{pool}.audit.failed", a.AuditFailed, (PAYOUTS,), (API, NOTIFIER), ALARMS)
ALERT = Subject("nomp.{pool}.alert", a.OperatorAlert, (NOTIFIER,), (NOTIFIER, API), ALERTS)
UPSTREAM_SHARE = Subject("nomp.{pool}.share.upstream", u.UpstreamShare, (STRATUM,), (JOBMAKER,), UPSTREAM)
TIP = Subject("nomp.{pool}.tip", m.Tip, (NOTIFIER, JOBMAKER), (JOBMAKER,))
REPLICA_STATS = Subject("nomp.{pool}.stratum.{replica}", m.ReplicaStats, (STRATUM,), (API, NOTIFIER))
# Published by people: `nats pub nomp.litecoin.notice '{"pool":"litecoin","text":"…"}'`.
NOTICE = Subject("nomp.{pool}.notice", m.MinerNotice, (), (STRATUM,))
# Of the portal, not of a pool.
ADMIN_ACTION = Subject("nomp.admin.action", c.AdminAction, (API,), (API,), ADMIN_LOG)

SUBJECTS: tuple[Subject[m.Message], ...] = (
    JOB,
    SHARE_BATCH,
    BLOCK_FOUND,
    BLOCK_SUBMITTED,
    BLOCK_CONFIRMED,
    BLOCK_ORPHANED,
    PAYMENT_SENT,
    PAYMENT_FAILED,
    PAYEE_QUARANTINED,
    AUDIT_FAILED,
    UPSTREAM_SHARE,
    ALERT,
    TIP,
    REPLICA_STATS,
    NOTICE,
    ADMIN_ACTION,
)  # type: ignore[assignment]  # a tuple of differently parametrised subjects is read only

MINER = Endpoint("nomp.{pool}.rpc.miner", r.MinerRequest, r.MinerReply, PAYOUTS, (API, NOTIFIER))
# What a miner asked for with a signature of its address, which api has checked.
MINER_TERMS = Endpoint("nomp.{pool}.rpc.miner-terms", r.MinerTerms, r.MinerTermsReply, PAYOUTS, (API,))
BLOCK_LIST = Endpoint("nomp.{pool}.rpc.blocks", r.PageRequest, r.BlocksReply, PAYOUTS, (API,))
PAYMENT_LIST = Endpoint("nomp.{pool}.rpc.payments", r.PageRequest, r.PaymentsReply, PAYOUTS, (API,))
HISTORY = Endpoint("nomp.{pool}.rpc.history", r.HistoryRequest, r.HistoryReply, PAYOUTS, (API,))
MINER_HISTORY = Endpoint(
    "nomp.{pool}.rpc.miner-history", r.MinerHistoryRequest, r.MinerHistoryReply, PAYOUTS, (API,)
)
# Also for people: `nats req nomp.litecoin.rpc.payments-control '{"action":"status"}'`.
PAYMENTS_CONTROL = Endpoint(
    "nomp.{pool}.rpc.payments-control", r.PaymentsControl, r.PaymentsControlReply, PAYOUTS, (API,)
)
LOGIN = Endpoint("nomp.{pool}.rpc.login", r.LoginRequest, r.LoginReply, PAYOUTS, (STRATUM,))
STRATUM_CONTROL = Endpoint(
    "nomp.{pool}.stratum.{replica}.control", c.StratumControl, c.StratumControlReply, STRATUM, (API,)
)
# Of the portal: which coin its switching ports mine.
SWITCH_ORDER = Endpoint("nomp.control.switch", sw.SwitchOrder, sw.SwitchReply, NOTIFIER, (API,))
ENDPOINTS: tuple[Endpoint[m.Message, m.Message], ...] = (
    MINER,
    MINER_TERMS,
    BLOCK_LIST,
    PAYMENT_LIST,
    HISTORY,
    MINER_HISTORY,
    PAYMENTS_CONTROL,
    LOGIN,
    STRATUM_CONTROL,
    SWITCH_ORDER,
)  # type: ignore[assignment]


# Two thirds of it are how long NATS may be away before a replica gives newcomers no extranonce1 any more.
EXTRANONCE = Bucket("extranonce", (STRATUM,), (STRATUM,), ttl_seconds=90)
# Key: an address (ban_list.py). People write here too: `nats kv put bans …`.
BANS = Bucket("bans", (STRATUM,), (STRATUM, NOTIFIER), entries_end=True, is_watched=True)
# What all replicas share for good: the key that signs session tokens, the next extranonce1 prefix.
REPLICAS = Bucket("replicas", (STRATUM,), (STRATUM,))
# A miner that is away for longer has other work to begin with. Memory: losing it costs miners an extranonce1.
SESSIONS = Bucket("sessions", (STRATUM,), (STRATUM,), ttl_seconds=10 * MINUTE, storage=Storage.MEMORY)
LEASES = Bucket("leases", (PAYOUTS,), (PAYOUTS, NOTIFIER), ttl_seconds=10)
# Who leads a pool's jobs: two leaders at once harm nobody, miners without new work for seconds cost money.
LEADERS = Bucket("leaders", (JOBMAKER,), (JOBMAKER, NOTIFIER), ttl_seconds=1.5, storage=Storage.MEMORY)
STATS = Bucket("stats", (JOBMAKER, PAYOUTS), (API, NOTIFIER))
# The admin center's: the key that signs its cookies, and who has ended their sessions.
ADMIN = Bucket("admin", (API,), (API,))
# Logins tried, by where from; a day after the last one they are forgotten.
ADMIN_TRIES = Bucket("admin-tries", (API,), (API,), ttl_seconds=DAY)
# The last order to reload the configuration, and how it stands at each process.
RELOAD = Bucket("reload", (API,), SERVICES, is_watched=True)
RELOAD_ANSWERS = Bucket("reload-answers", SERVICES, (API,), ttl_seconds=DAY, is_watched=True)
# Key: a service. Whose turn it is to restart; a process needs less time than this to come back.
RESTARTS = Bucket("restarts", SERVICES, SERVICES, ttl_seconds=15)
# What the notifier has told of each pool, and since when it has each channel.
ALERTED = Bucket("alerted", (NOTIFIER,), (NOTIFIER,))
# Key: `<channel>.<alert>`. Alerts that a channel has taken, for as long as they would be sent again.
DELIVERED = Bucket("delivered", (NOTIFIER,), (NOTIFIER,), ttl_seconds=DAY)
# Key: `switch_key`. Which pool each switching port mines; without an entry its first one.
SWITCH = Bucket("switch", (NOTIFIER,), (STRATUM, NOTIFIER, API), is_watched=True)
# Key: `subscriber_key`. What miners want to be told, and the links that end it.
SUBSCRIPTIONS = Bucket("subscriptions", (API,), (API, NOTIFIER), is_watched=True)
# What was told of it; the notifier's own.
TOLD = Bucket("told", (NOTIFIER,), (NOTIFIER,))
# Mail boxes that were asked whether they want news, and who wished it, for a day.
ASKED = Bucket("asked", (NOTIFIER,), (NOTIFIER,), ttl_seconds=DAY)
# Who of the notifier's replicas tells miners.
TELLERS = Bucket("tellers", (NOTIFIER,), (NOTIFIER,), ttl_seconds=10)
# Texts that were signed and taken, for longer than any is valid: none is taken twice.
USED_CHALLENGES = Bucket("used-challenges", (API,), (API,), ttl_seconds=60 * MINUTE)
BUCKETS = (
    BANS,
    SUBSCRIPTIONS,
    TOLD,
    ASKED,
    TELLERS,
    USED_CHALLENGES,
    SWITCH,
    EXTRANONCE,
    REPLICAS,
    SESSIONS,
    LEASES,
    LEADERS,
    STATS,
    ADMIN,
    ADMIN_TRIES,
    ALERTED,
    DELIVERED,
    RELOAD,
    RELOAD_ANSWERS,
    RESTARTS,
)


# A block can be found on a job until the chain has moved on by hours: a day covers every retry.
TEMPLATES = ObjectStore("templates", (JOBMAKER,), ttl_seconds=DAY)
OBJECT_STORES = (TEMPLATES,)


def network_key(pool: str) -> str:
    """Key in `STATS` of a pool's `NetworkSnapshot`."""
    return f"network.{pool}"


def pool_key(pool: str) -> str:
    """Key in `STATS` of a pool's `PoolSnapshot`."""
    return f"pool.{pool}"


def upstream_key(pool: str) -> str:
    """Key in `STATS` of a pool's `UpstreamSnapshot`."""
    return f"upstream.{pool}"


def lease_key(service: str, pool: str) -> str:
    """Key in `LEASES` or `LEADERS` of the one replica of a service that leads a pool."""
    return f"{service}.{pool}"


def subscriber_key(pool: str, address: str) -> str:
    """Key in `SUBSCRIPTIONS` of a payout address's `Subscriber`; an address may hold what a key must not."""
    return f"{pool}.{hashlib.sha256(address.encode()).hexdigest()[:32]}"


def switch_key(switch: str) -> str:
    """Key in `SWITCH` of a switch's `SwitchState`."""
    return f"state.{switch}"


def profit_key(switch: str) -> str:
    """Key in `SWITCH` of a switch's `ProfitReport`."""
    return f"profit.{switch}"


RELOAD_KEY = "order"
"""Key in `RELOAD` of the last `ReloadOrder`."""


def reload_answer_key(service: str, replica: str) -> str:
    """Key in `RELOAD_ANSWERS` of a process's `ReloadAnswer`."""
    return f"{service}.{replica}"


def session_key(pool: str, extranonce1_hex: str) -> str:
    """Key in `SESSIONS` of a miner's `ParkedSession`."""
    return f"{pool}.{extranonce1_hex}"
