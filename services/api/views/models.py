"""What /api/v1 answers. Amounts come twice: as an integer of the smallest unit and as decimal coins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class Amount(Model):
    """An amount of a pool's coin."""

    sats: Annotated[int, Field(description="integer, in the coin's smallest unit")]
    coins: Annotated[str, Field(description="the same in coins, exact, with all the coin's decimals")]


class Network(Model):
    """The coin's network, as the pool's daemons see it."""

    chain: str
    height: Annotated[int, Field(description="of the block being mined")]
    difficulty: Annotated[float, Field(description="as daemons and explorers say it")]
    share_difficulty: Annotated[float, Field(description="the same in the unit of shares")]
    hashrate: Annotated[float, Field(description="hashes per second; 0 when the daemon cannot say")]
    hashrate_text: str
    daemons: Annotated[int, Field(description="daemons of the pool")]
    daemons_ok: Annotated[int, Field(description="of these in working order")]
    daemon_states: Annotated[list[str], Field(description="of each, in the order of the configuration")]
    template_refused: Annotated[
        str, Field(description="why the daemon would refuse our blocks; empty: it would not")
    ]
    updated: datetime
    stale: Annotated[bool, Field(description="too old to tell the present")]


class Round(Model):
    """The work since the last block the pool found."""

    difficulty: Annotated[float, Field(description="sum of the credited difficulties")]
    effort_percent: Annotated[
        float | None, Field(description="100: as much work as a block takes on average; null: not known")
    ]


class Luck(Model):
    """How lucky the pool was with its last blocks."""

    last: Annotated[int, Field(description="how many blocks are looked at")]
    blocks: Annotated[int, Field(description="how many of them are known with the work they took")]
    percent: Annotated[
        float | None, Field(description="100: as much work as blocks take on average, 200: half of it")
    ]


class BlockCounts(Model):
    """Blocks the pool found."""

    pending: int
    confirmed: int
    orphaned: int


class ShareCounts(Model):
    """Shares the pool received, all time."""

    valid: int
    invalid: int


class PaymentTerms(Model):
    """How the pool pays."""

    state: Annotated[str, Field(description="`running`, `disabled`, `stopped: <why>` or `unknown`")]
    minimum: Annotated[Amount | None, Field(description="balance from which a miner is paid")]
    fee_percent: Annotated[str | None, Field(description="the pool's part of each block")]
    scheme: Annotated[
        str | None, Field(description="`prop`, `pplns`, `pplnt`, `solo`, `pps` or `score`; ports may differ")
    ]
    interval_seconds: float | None


class VariableDifficulty(Model):
    """How a miner's difficulty follows its hashrate."""

    minimum: float
    maximum: float
    target_seconds: Annotated[float, Field(description="wanted time between two shares")]
    retarget_seconds: Annotated[float, Field(description="how often the difficulty is reconsidered")]
    variance_percent: Annotated[float, Field(description="deviation that changes nothing")]


class Port(Model):
    """A stratum port."""

    port: int
    difficulty: Annotated[float, Field(description="of a new miner")]
    variable_difficulty: bool
    vardiff: Annotated[VariableDifficulty | None, Field(description="null: the difficulty is fixed")]
    tls: Annotated[str, Field(description="`off`, `on`, or `auto`: both on one port")]
    tls_url: Annotated[str | None, Field(description="the same with TLS; null: the port has none")]
    scheme: Annotated[str | None, Field(description="how its rewards are divided; null: it does not pay")]
    url: Annotated[str, Field(description="what to give to the miner program")]


class Ports(Model):
    """The stratum ports of a pool."""

    ports: list[Port]


class PoolSummary(Model):
    """One pool."""

    name: Annotated[str, Field(description="its name in paths")]
    coin: str
    symbol: str
    algorithm: str
    hashrate: Annotated[float, Field(description="hashes per second")]
    hashrate_text: str
    miners: Annotated[int, Field(description="payout addresses at work")]
    workers: int
    network: Annotated[Network | None, Field(description="null until the daemons have answered once")]
    round: Round
    luck: Annotated[list[Luck], Field(description="over the last 16 and 64 blocks")]
    blocks: BlockCounts
    shares: ShareCounts
    paid: Annotated[Amount, Field(description="all payments so far")]
    payments: PaymentTerms
    ports: list[Port]
    updated: Annotated[datetime | None, Field(description="null until shares have been tallied once")]
    stale: Annotated[bool, Field(description="too old to tell the present")]


class Replica(Model):
    """One running stratum process."""

    name: str
    connections: int
    workers: int
    accepted: Annotated[int, Field(description="shares since it started")]
    rejected: Annotated[int, Field(description="shares since it started")]
    blocks: int
    heard: datetime


class TopWorker(Model):
    """A worker of the pool; names are chosen by miners and may be any text."""

    worker: str
    hashrate: float
    hashrate_text: str
    valid: int
    invalid: int


class PoolDetail(PoolSummary):
    """One pool with its stratum processes and strongest workers."""

    replicas: list[Replica]
    top_workers: list[TopWorker]


class Pools(Model):
    """All pools."""

    pools: list[PoolSummary]


class Block(Model):
    """A block the pool found."""

    height: int
    hash: str
    status: Annotated[str, Field(description="`submitted`, `pending`, `confirmed`, `orphaned` or `rejected`")]
    worker: str
    reward: Amount
    confirmations: int
    confirmations_needed: int
    difficulty: Annotated[float, Field(description="of the share that found it")]
    network_difficulty: Annotated[
        float | None, Field(description="when it was found, in the unit of shares; null: not known")
    ]
    effort_percent: Annotated[
        float | None,
        Field(description="work of its round, 100: as much as a block takes on average; null: not known"),
    ]
    time: datetime
    url: Annotated[str | None, Field(description="where a block explorer shows it")]


class PaymentOutput(Model):
    """One payee of a payment."""

    address: str
    amount: Amount


class Payment(Model):
    """A payment: one transaction to many payees."""

    id: str
    state: Annotated[str, Field(description="`intent`, `signed`, `broadcast`, `confirmed` or `stuck`")]
    txid: Annotated[str | None, Field(description="null until the transaction is signed")]
    total: Amount
    fee: Annotated[Amount, Field(description="of the transaction, paid to the network")]
    outputs: list[PaymentOutput]
    time: datetime
    url: Annotated[str | None, Field(description="where a block explorer shows it")]


class MinerWorker(Model):
    """One worker of a miner."""

    worker: str
    hashrate: float
    hashrate_text: str
    shares: Annotated[float, Field(description="difficulty credited in the current round")]
    valid: int
    invalid: Annotated[dict[str, int], Field(description="refused shares by reason")]
    best_share_difficulty: float
    last_share: datetime | None
    ip: Annotated[str, Field(description="as much of the address as the pool publishes")]


class MinerPayment(Model):
    """A miner's part of a payment."""

    id: str
    state: str
    txid: str | None
    amount: Amount
    time: datetime
    url: Annotated[str | None, Field(description="where a block explorer shows it")]


class MinerShares(Model):
    """Shares of all workers of a miner, by verdict."""

    valid: int
    invalid: int
    invalid_by_reason: dict[str, int]


class NextPayment(Model):
    """What the pool's next payment brings a miner as things stand."""

    amount: Annotated[Amount, Field(description="0 while the balance is below the minimum or held back")]
    missing: Annotated[Amount, Field(description="what the balance lacks of the minimum")]
    within_seconds: Annotated[
        float | None, Field(description="payments are made as often; null while they are not")
    ]


class Miner(Model):
    """Everything about one payout address."""

    address: str
    hashrate: float
    hashrate_text: str
    balance: Annotated[Amount, Field(description="owed and spendable")]
    immature: Annotated[Amount, Field(description="estimate over blocks not yet confirmed")]
    paid: Amount
    minimum: Annotated[Amount | None, Field(description="balance from which it is paid; null: it is not")]
    held_back: Annotated[
        str | None, Field(description="why nothing is sent to it until the operator decides; null: it is")
    ]
    next_payment: Annotated[NextPayment | None, Field(description="null: the pool does not pay")]
    shares: MinerShares
    best_share_difficulty: float
    workers: list[MinerWorker]
    payments: Annotated[list[MinerPayment], Field(description="the newest of them")]
    payments_total: int


class ProblemDocument(Model):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
