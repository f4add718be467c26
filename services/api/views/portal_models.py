"""What /api/v1 answers about the portal as a whole: coins, rounds, history, the state of every part."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.api.views.models import Model


class CoinNetwork(Model):
    """How addresses of one network of a coin begin: what a wallet needs to make some."""

    pubkey_versions: Annotated[list[int], Field(description="version bytes of P2PKH, the first is written")]
    script_versions: Annotated[list[int], Field(description="version bytes of P2SH, the first is written")]
    bech32_prefix: str | None
    cashaddr_prefix: str | None


class ExplorerUrls(Model):
    """Patterns of a block explorer for the main network, with `{hash}`, `{txid}` and `{address}`."""

    block: str
    transaction: str
    address: str


class Coin(Model):
    """A coin that a pool mines."""

    name: str
    symbol: str
    algorithm: str
    multiplier: Annotated[int, Field(description="difficulty 1 is 2^32 over it expected hashes")]
    decimals: int
    confirmations: Annotated[int, Field(description="depth at which a block of the pool is mature")]
    networks: Annotated[dict[str, CoinNetwork], Field(description="`main`, and `test` and `regtest`")]
    explorer: ExplorerUrls | None
    pools: Annotated[list[str], Field(description="names of the pools that mine it")]


class Coins(Model):
    """The coins of the portal."""

    coins: list[Coin]


class CurrentRound(Model):
    """The round that a pool is in."""

    pool: str
    difficulty: Annotated[float, Field(description="sum of the credited difficulties")]
    effort_percent: Annotated[
        float | None, Field(description="100: as much work as a block takes on average; null: not known")
    ]
    network_share_difficulty: Annotated[
        float | None, Field(description="work of a block on average, in the unit of shares; null: not known")
    ]
    since: Annotated[datetime | None, Field(description="when the last block was found; null: not known")]
    block_every_seconds: Annotated[
        float | None, Field(description="average time between blocks at the present hashrate; null: unknown")
    ]


class Rounds(Model):
    """The current round of each pool."""

    rounds: list[CurrentRound]


class PastFigures(Model):
    """Figures of a pool at one time, or their average over some."""

    time: datetime
    hashrate: float
    workers: float
    blocks_pending: int
    blocks_confirmed: int
    blocks_orphaned: int


class History(Model):
    """A pool's past figures, oldest first."""

    points: list[PastFigures]


class ServiceState(Model):
    """One service, as far as this process can tell."""

    service: str
    pool: Annotated[str | None, Field(description="null: what it says is about all pools")]
    state: Annotated[str, Field(description="`ok`, `stale`, `silent`, `unavailable` or `unknown`")]
    replicas: Annotated[int | None, Field(description="processes heard of; null: they are not counted")]
    age_seconds: Annotated[float | None, Field(description="of what it said last; null: nothing yet")]
    detail: str


class DaemonStatus(Model):
    """One coin daemon of a pool. It is told by its place in the configuration, never by its address."""

    pool: str
    number: Annotated[int, Field(description="from 1, in the order of the configuration")]
    state: Annotated[str, Field(description="`ok`, what is wrong, or `unknown`")]
    height: int | None


class UpstreamStatus(Model):
    """The upstream pools of a pool, told by their places in the configuration, never by their addresses."""

    pool: str
    state: Annotated[
        str,
        Field(
            description="`ok`: the first one gives the work; `reserve`: another one or the daemon does; "
            "`down`: none; `stale`, `unknown`"
        ),
    ]
    number: Annotated[int | None, Field(description="which one gives the work, from 1; null: none of them")]
    since: Annotated[datetime | None, Field(description="since when it does")]
    difficulty: Annotated[float | None, Field(description="of the shares that it wants; null: not known")]
    accepted: Annotated[int, Field(description="shares that it took, since jobmaker began to lead the pool")]
    rejected: int
    stale: Annotated[int, Field(description="shares that came too late for it")]
    unanswered: int
    blocks: Annotated[int, Field(description="shares that were a block of the upstream pool")]


class Status(Model):
    """Every service and daemon of the portal."""

    state: Annotated[str, Field(description="`ok`, or `degraded`: not every part is known to be well")]
    version: str
    services: list[ServiceState]
    daemons: list[DaemonStatus]
    upstreams: Annotated[
        list[UpstreamStatus], Field(default_factory=list, description="of pools that have upstream pools")
    ]
