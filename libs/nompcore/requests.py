"""What api and stratum ask payouts, and the answers: messages under the rules of `messages.py`."""

from __future__ import annotations

import msgspec

from nompcore.messages import Message


class MinerRequest(Message, frozen=True, kw_only=True):
    """Everything about one payout address, and a page of its payments, the newest first."""

    address: str
    payments_offset: int = 0
    payments_limit: int = 0  # 0: as many as payouts shows of one miner


class MinerWorker(Message, frozen=True, kw_only=True):
    """One worker of a miner."""

    worker: str
    hashrate: float
    shares: float
    valid: int
    invalid: dict[str, int]
    best_share_difficulty: float
    last_share_ms: int
    ip: str


class MinerPayment(Message, frozen=True, kw_only=True):
    """A payment's part for one address."""

    payment_id: str
    txid_display: str
    amount_sats: int
    state: str
    time_ms: int


class MinerReply(Message, frozen=True, kw_only=True):
    """A miner's balances and workers; `known` is false for an address never seen."""

    address: str
    known: bool
    balance_sats: int = 0  # owed and spendable
    immature_sats: int = 0  # estimate over pending blocks
    paid_sats: int = 0
    workers: list[MinerWorker] = msgspec.field(default_factory=list)
    payments: list[MinerPayment] = msgspec.field(default_factory=list)
    minimum_sats: int = 0  # from which balance on it wants to be paid; 0: it never said
    held_back: str = ""  # why nothing is sent to it: the wallet's words about its address
    payments_total: int = 0  # of which `payments` is a page; 0 from versions that had no pages


class MinerTerms(Message, frozen=True, kw_only=True):
    """From which balance on a payout address wants to be paid. Who asks has proved that it is theirs."""

    address: str
    minimum_sats: int  # 0: the pool's


class MinerTermsReply(Message, frozen=True, kw_only=True):
    """From which balance on it is paid now."""

    minimum_sats: int  # the pool's where the address has none of its own
    pool_minimum_sats: int


class PageRequest(Message, frozen=True, kw_only=True):
    """A page, newest first."""

    offset: int = 0
    limit: int = 50


class BlockRow(Message, frozen=True, kw_only=True):
    """One found block."""

    height: int
    block_hash_display: str
    status: str  # "submitted" | "pending" | "confirmed" | "orphaned" | "rejected"
    worker: str
    reward_sats: int
    confirmations: int
    difficulty: float
    time_ms: int
    effort: float = 0.0  # work of its round over what a block takes on average; 0: not known
    network_difficulty: float = 0.0  # when it was found, in the unit of shares; 0: not known
    coinbase_txid_display: str = ""


class BlocksReply(Message, frozen=True, kw_only=True):
    """A page of blocks."""

    total: int
    blocks: list[BlockRow]


class PaymentRow(Message, frozen=True, kw_only=True):
    """One payment: one transaction to many payees."""

    payment_id: str
    state: str  # "intent" | "signed" | "broadcast" | "confirmed" | "stuck" | "returned"
    txid_display: str
    total_sats: int
    fee_sats: int
    outputs: dict[str, int]  # address → sats
    time_ms: int


class PaymentsReply(Message, frozen=True, kw_only=True):
    """A page of payments."""

    total: int
    payments: list[PaymentRow]


class HistoryRequest(Message, frozen=True, kw_only=True):
    """History since a time, oldest first."""

    since_ms: int = 0


class HistoryPoint(Message, frozen=True, kw_only=True):
    """One point of a pool's history."""

    time_ms: int
    hashrate: float
    workers: int
    blocks_pending: int
    blocks_confirmed: int
    blocks_orphaned: int


class HistoryReply(Message, frozen=True, kw_only=True):
    """A pool's history."""

    points: list[HistoryPoint]


class MinerHistoryRequest(Message, frozen=True, kw_only=True):
    """The past hashrates of one payout address."""

    address: str


class WorkerHistory(Message, frozen=True, kw_only=True):
    """One worker's; as many numbers as the address has."""

    worker: str
    hashrates: list[float | None]


class MinerHistoryReply(Message, frozen=True, kw_only=True):
    """Hashes per second in steps of equal length, oldest first; null where nothing was noted."""

    step_seconds: int
    first_ms: int  # when the first step began
    hashrates: list[float | None]
    workers: list[WorkerHistory]  # the strongest first; of many only those


class LoginRequest(Message, frozen=True, kw_only=True):
    """May this worker mine? Asked where a pool is in MPOS mode. The password is in no text made of it."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"LoginRequest(user={self.user!r})"


class LoginReply(Message, frozen=True, kw_only=True):
    """The answer; `text` says why not. `try_again`: nobody could tell, and the miner is not to blame."""

    ok: bool
    text: str = ""
    try_again: bool = False


class PaymentsControl(Message, frozen=True, kw_only=True):
    """An order, or a question, about a pool's payments. Which fields count depends on `action`."""

    action: str  # a key of the table in services/payouts/control/payment_control.py: "status", "pause", …
    author: str = ""  # who asks; pause, resolve-stuck, deposit-reserve, correct, release-suspense, …
    reason: str = ""  # pause, resolve-stuck, deposit-reserve, correct, release-suspense, upstream-reward
    address: str = ""  # release-payee, set-minimum
    payment_id: str = ""  # resolve-stuck, send-again
    decision: str = ""  # resolve-stuck: "returned" | "paid"
    txid_display: str = ""  # what spent a stuck payment's coins, or brought those of a deposit or reward
    amount_sats: int = 0  # deposit-reserve, correct, upstream-reward; set-minimum, where 0 is the pool's
    from_account: str = ""  # correct: the account that is debited
    to_account: str = ""  # correct: the one that is credited; release-suspense: "miner:<address>" or "fee"
    reference: str = (
        ""  # correct: your own name for it, booked once; accept-finding: block hash or payment id
    )
    block_hash_display: str = ""  # release-suspense: the block whose reward is in suspense
    shares_of: str = ""  # release-suspense, in place of to_account: "next", or a block's hash


class PaymentsPause(Message, frozen=True, kw_only=True):
    """Why a pool's payments are paused."""

    reason: str
    author: str
    since_ms: int


class QuarantinedPayee(Message, frozen=True, kw_only=True):
    """An address that nothing is sent to until it is released."""

    address: str
    reason: str
    since_ms: int


class BalanceLeftOut(Message, frozen=True, kw_only=True):
    """A balance that the next payment does not touch."""

    address: str
    amount_sats: int
    reason: str


class DryRun(Message, frozen=True, kw_only=True):
    """The payment that would be sent now; nothing was changed to find out."""

    payment_id: str = ""  # of the intent that is waiting; empty for one that is not written yet
    outputs: dict[str, int] = msgspec.field(default_factory=dict)  # address → sats
    total_sats: int = 0
    fee_sats: int = 0
    stopped: str = ""  # why nothing would be sent although somebody is due
    left_out_count: int = 0
    left_out: list[BalanceLeftOut] = msgspec.field(default_factory=list)  # the largest of them


class SuspendedReward(Message, frozen=True, kw_only=True):
    """A block's reward that waits in the account `suspense` for a decision."""

    block_hash_display: str
    height: int
    amount_sats: int
    awaits_round: bool = False  # it was decided that the next round gets it


class CorrectionRow(Message, frozen=True, kw_only=True):
    """A transfer that a person ordered."""

    kind: str  # "correction" | "release" | "deposit"
    reference: str  # of a release, the block's hash
    amounts: dict[str, int]  # account → sats as booked, the largest of them: a credit is negative
    entries: int  # accounts in it altogether
    reason: str
    author: str
    time_ms: int


class Books(Message, frozen=True, kw_only=True):
    """A pool's books. Amounts are those of double entry: what the pool owes is negative."""

    problems: list[str] = msgspec.field(default_factory=list)  # in words; empty when everything holds
    accounts: dict[str, int] = msgspec.field(default_factory=dict)  # all but the miners', with the next: zero
    miners_sats: int = 0  # the miners' accounts together
    miners: int = 0  # accounts of miners that are not empty
    owed_sats: int = 0  # what the wallet has to hold for others than the pool
    wallet_sats: int = 0  # what the daemon says can be spent
    suspended: list[SuspendedReward] = msgspec.field(default_factory=list)  # the newest of them
    findings: list[str] = msgspec.field(default_factory=list)  # what the scheduled audit stopped payments for
    findings_since_ms: int = 0  # since when; 0 without findings
    rounds_checked: int = 0  # how much of each was looked at for this answer
    payments_checked: int = 0
    blocks_checked: int = 0


class PaymentsControlReply(Message, frozen=True, kw_only=True):
    """What was done, and how a pool's payments stand."""

    done: str  # in words
    state: str  # "running" | "paused: <why>" | "stopped: <why>"; of a replica that does not lead: "standby"
    pause: PaymentsPause | None = None
    quarantined: list[QuarantinedPayee] = msgspec.field(default_factory=list)
    open_payments: list[PaymentRow] = msgspec.field(default_factory=list)  # not confirmed, the oldest first
    dry_run: DryRun | None = None
    books: Books | None = None  # of "audit"
    corrections: list[CorrectionRow] = msgspec.field(default_factory=list)  # of "corrections", newest first


class Failure(Message, frozen=True, kw_only=True):
    """The answer of a service that could not answer."""

    error: str
