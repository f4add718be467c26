"""The messages that travel over NATS, as JSON of frozen msgspec structs; requests are in `requests.py`.

Fields are only ever added, always with a default; readers ignore what they do not know. Golden samples in
`tests/vectors/messages.json` pin the wire form. `subjects.py` says which subject carries which message.

Units: `_sats` smallest unit of the coin, `_ms` Unix milliseconds, `difficulty` the pool's difficulty
(1 = 2^32 / multiplier expected hashes), `_hex` byte strings as lower-case hex in wire order, `_display`
hashes as people and daemons print them (reversed).
"""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of every message: frozen, keyword-only, unknown fields ignored when read."""


# ---- jobmaker → stratum ----


class Job(Message, frozen=True, kw_only=True):
    """Work for miners, with everything stratum needs to hand out and validate it (no transactions)."""

    pool: str
    job_id: str
    template_id: str  # name of the template's transactions in the object store
    height: int
    prevhash_hex: str  # as in mining.notify: eight 32-bit words of the internal hash, each byte-swapped
    coinb1_hex: str  # coinbase before extranonce1
    coinb2_hex: str  # coinbase after extranonce2
    merkle_branch_hex: list[str]  # internal byte order
    version: int  # as in the header, may be negative in old coins: read as signed 32 bit
    nbits_hex: str  # 8 digits, big-endian as in the template
    ntime: int  # template's curtime; also the earliest ntime accepted
    network_target_hex: str  # 64 digits, big-endian: a header hash at or below it is a block
    clean_jobs: bool  # earlier jobs are stale
    reward_sats: int  # what the coinbase pays to the pool itself
    created_ms: int
    extranonce1_size: int = 4  # bytes between the halves of the coinbase: stratum's part …
    extranonce2_size: int = 4  # … and the miner's
    forward_target_hex: str = ""  # 64 digits: a header hash at or below it is for the upstream pool
    version_mask_hex: str = ""  # 8 digits: the version bits that the upstream pool lets roll; without it any
    same_work_as: str = ""  # an earlier job of the same headers: a share counts for one of them only


# ---- stratum → payouts ----


class Share(Message, frozen=True, kw_only=True):
    """One accepted share. `block_hash_display` is set when it is a block candidate: the round ends here."""

    worker: str  # as authorized: address, or address.rig
    address: str  # where its reward goes
    difficulty: float  # credited
    share_difficulty: float  # reached
    job_id: str
    height: int
    time_ms: int
    ip: str  # the miner's own address, as told by the PROXY header where there is one
    port: int  # stratum port
    block_hash_display: str = ""
    reward_sats: int = 0  # what the job's coinbase pays to the pool; 0 in shares of the first versions
    hash_display: str = ""  # sha256d of the header, where the pool wants it (emitInvalidBlockHashes)
    network_difficulty: float = 0.0  # of the job's block; 0 in shares of the first versions


class RejectCount(Message, frozen=True, kw_only=True):
    """Refused shares of one worker for one reason since the last batch."""

    worker: str
    reason: str  # RejectReason.code
    count: int


class ShareBatch(Message, frozen=True, kw_only=True):
    """Shares in the order in which they were accepted; stored or lost as one (group commit)."""

    pool: str
    batch_id: str  # also the Nats-Msg-Id: a repeated batch is stored once
    replica: str
    shares: list[Share]
    rejects: list[RejectCount] = []


# ---- a block's life ----


class BlockFound(Message, frozen=True, kw_only=True):
    """A share that meets the network target, with what jobmaker needs to assemble the block."""

    pool: str
    job_id: str
    template_id: str
    height: int
    block_hash_display: str
    header_hex: str  # 80 bytes
    coinbase_hex: str  # without witness
    worker: str
    address: str
    difficulty: float
    reward_sats: int
    time_ms: int
    replica: str


class BlockSubmitted(Message, frozen=True, kw_only=True):
    """What became of a found block at the daemons. `accepted`: the best chain has it. `competing`: valid,
    but beside the best chain; it may win yet. `rejected`: refused by all that could judge.
    """

    pool: str
    height: int
    block_hash_display: str
    coinbase_txid_display: str
    worker: str
    address: str
    difficulty: float
    reward_sats: int
    time_ms: int  # when the share was found
    status: str  # "accepted" | "competing" | "rejected"
    reason: str = ""
    replies: dict[str, str] = {}  # daemon → its answer


class BlockConfirmed(Message, frozen=True, kw_only=True):
    """A block is deep enough; its reward is credited in the ledger."""

    pool: str
    height: int
    block_hash_display: str
    reward_sats: int
    worker: str
    time_ms: int


class BlockOrphaned(Message, frozen=True, kw_only=True):
    """A competing block won; the round's shares are back in the current round."""

    pool: str
    height: int
    block_hash_display: str
    worker: str
    reason: str
    time_ms: int


# ---- payments ----


class PaymentSent(Message, frozen=True, kw_only=True):
    """A payment was handed to the coin's network."""

    pool: str
    payment_id: str
    txid_display: str
    total_sats: int
    fee_sats: int
    payees: int
    time_ms: int


class PaymentFailed(Message, frozen=True, kw_only=True):
    """A payment needs an operator; the pool's payments are stopped until then."""

    pool: str
    payment_id: str
    reason: str
    time_ms: int


# ---- signals and presence ----


class Tip(Message, frozen=True, kw_only=True):
    """Look at your daemon now. The hash may be empty when the sender does not know it."""

    pool: str
    block_hash_display: str = ""
    source: str = ""  # "blocknotify", "block-submitted", ...


class ReplicaStats(Message, frozen=True, kw_only=True):
    """One stratum replica's pulse for one pool, every few seconds; lost ones do not matter."""

    pool: str
    replica: str
    connections: int
    workers: int  # distinct authorized worker names
    accepted: int  # since the replica started
    rejected: dict[str, int]  # RejectReason.code → count since the replica started
    blocks: int
    time_ms: int
    work: float = 0.0  # difficulty credited since the replica started; its growth is the replica's hashrate
    draining: bool = False  # it sends its miners to other replicas and ends


class ParkedSession(Message, frozen=True, kw_only=True):
    """What a miner left behind when its connection ended; KV `sessions`, key `<pool>.<extranonce1>`.

    Whoever removes the entry owns the extranonce1 from then on: exactly one connection can.
    """

    pool: str
    extranonce1_hex: str
    difficulty: float
    workers: list[str]  # as the miner spelled them
    seen: dict[str, str]  # job id → keys of its accepted shares, 16 bytes each, as one hex text
    live_since_ms: int = 0  # creation of the oldest live job there: who has no job so new lags behind
    reissues: int = 0  # how often a job was sent again: each time with a later ntime, so that work differs


class Ban(Message, frozen=True, kw_only=True):
    """An address that nobody may mine from; KV `bans`, for as long as the ban lasts."""

    group: str  # an IPv4 address or an IPv6 network
    reason: str  # "invalid-shares" | "junk" | "failed-logins", or an operator's word
    pool: str
    replica: str
    until_ms: int


class MinerNotice(Message, frozen=True, kw_only=True):
    """A text that every miner of a pool is shown (client.show_message)."""

    pool: str
    text: str


# ---- snapshots in KV `stats` ----


class DaemonState(Message, frozen=True, kw_only=True):
    """How one daemon of a pool looks from jobmaker."""

    name: str  # host:port, never credentials
    state: str  # one of services/jobmaker/daemon_states.py, "ok" among them; new ones may be added
    height: int = 0
    detail: str = ""


class NetworkSnapshot(Message, frozen=True, kw_only=True):
    """jobmaker's view of a coin's network; KV key `network.<pool>`."""

    pool: str
    chain: str  # "main" | "test" | "regtest", as the daemon says
    height: int
    difficulty: float  # of the next block, in the pool's unit
    network_hashrate: float  # hashes per second, 0 when the daemon cannot say
    job_id: str
    daemons: list[DaemonState]
    time_ms: int
    template_refused: str = ""  # why the daemon would refuse the blocks of its newest templates
    reward_sats: int = 0  # what the next block pays to the pool; 0 in snapshots of the first versions


class WorkerSnapshot(Message, frozen=True, kw_only=True):
    """One worker inside the hashrate window or the current round."""

    worker: str
    hashrate: float  # hashes per second over the window
    shares: float  # difficulty credited in the current round
    valid: int  # shares accepted, all time
    invalid: int  # shares refused, all time
    last_share_ms: int = 0


class PoolSnapshot(Message, frozen=True, kw_only=True):
    """payouts' view of a pool; KV key `pool.<pool>`. Holds at most `MAX_SNAPSHOT_WORKERS` workers."""

    pool: str
    hashrate: float
    worker_count: int
    miner_count: int
    valid_shares: int
    invalid_shares: int
    valid_blocks: int
    invalid_blocks: int
    blocks_pending: int
    blocks_confirmed: int
    blocks_orphaned: int
    total_paid_sats: int
    round_difficulty: float  # difficulty credited in the current round
    workers: list[WorkerSnapshot]
    payments_state: str  # "running" | "disabled" | "paused: <why>" | "stopped: <why>"
    time_ms: int


MAX_SNAPSHOT_WORKERS = 5000
"""About 600 kB of JSON, below the 8 MB `max_payload` of the shipped nats.conf with room to grow."""
