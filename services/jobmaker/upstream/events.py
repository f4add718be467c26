"""What an upstream pool can say to us."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.upstream_job import UpstreamNotify


class UpstreamGarbled(Exception):  # noqa: N818 - it says what is the case
    """The upstream pool does not speak stratum, or garbles it."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The version bits that may roll; 0 where there are none."""

    version_mask: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The upstream pool's part of the extranonce, and how many bytes are ours."""

    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class Authorized:
    """Whether our login is good."""

    accepted: bool
    error: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The verdict about the submission with this number; `error` as the upstream pool told it."""

    number: int
    accepted: bool
    error_number: int  # 0 where there is none
    error: str


@dataclass(frozen=True, slots=True)
class DifficultyChanged:
    """Difficulty of the shares of the jobs that follow."""

    difficulty: float


@dataclass(frozen=True, slots=True)
class ExtranonceChanged:
    """Extranonces of the jobs that follow; shares of earlier jobs are worth nothing any more."""

    extranonce1: bytes
    extranonce2_size: int


@dataclass(frozen=True, slots=True)
class VersionMaskChanged:
    """The version bits that may roll from now on."""

    version_mask: int


@dataclass(frozen=True, slots=True)
class ReconnectAsked:
    """Come again after `wait_seconds`, elsewhere where a host or port is named."""

    host: str
    port: int
    wait_seconds: float


@dataclass(frozen=True, slots=True)
class MessageShown:
    """A text for the miner's owner: us."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the line that answers it."""

    reply: bytes


Event = (
    Configured
    | Subscribed
    | Authorized
    | Answered
    | DifficultyChanged
    | ExtranonceChanged
    | VersionMaskChanged
    | ReconnectAsked
    | MessageShown
    | Asked
    | UpstreamNotify
)
