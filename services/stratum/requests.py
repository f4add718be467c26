"""What a miner can ask, typed: made by `protocol.py`, answered by `session.py`. Texts are as they came."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from services.stratum.password_options import PasswordOptions

VERSION_MASK_ALL = 0xFFFFFFFF  # a miner that names no mask can roll any bit


class Subscribe(msgspec.Struct, frozen=True):
    """mining.subscribe: what mines, and the token of an earlier session; both empty when not given."""

    id: bytes
    agent: str
    token: str


@dataclass(frozen=True, slots=True)
class Authorize:
    """mining.authorize; the password counts in MPOS mode only, and is in no text made of this."""

    id: bytes
    user: str
    options: PasswordOptions
    password: str = field(default="", repr=False, compare=False)


class Submit(msgspec.Struct, frozen=True):
    """mining.submit. The texts are unchecked: sizes and hex are the share validation's concern."""

    id: bytes
    worker: str
    job_id: str
    extranonce2_hex: str
    ntime_hex: str
    nonce_hex: str
    version_bits_hex: str | None = None  # BIP 310


@dataclass(frozen=True, slots=True)
class Configure:
    """mining.configure (BIP 310): the names of the extensions asked for, and their parameters."""

    id: bytes
    extensions: tuple[str, ...]
    version_mask: int = VERSION_MASK_ALL  # what the miner can roll
    minimum_difficulty: float | None = None


@dataclass(frozen=True, slots=True)
class GetTransactions:
    """mining.get_transactions of a job."""

    id: bytes
    job_id: str


@dataclass(frozen=True, slots=True)
class ExtranonceSubscribe:
    """mining.extranonce.subscribe: the miner understands mining.set_extranonce."""

    id: bytes


@dataclass(frozen=True, slots=True)
class SuggestDifficulty:
    """mining.suggest_difficulty."""

    id: bytes
    difficulty: float


@dataclass(frozen=True, slots=True)
class SuggestTarget:
    """mining.suggest_target."""

    id: bytes
    target_hex: str


@dataclass(frozen=True, slots=True)
class MultiVersion:
    """mining.multi_version: Bitmain's forerunner of BIP 310."""

    id: bytes


@dataclass(frozen=True, slots=True)
class GetVersion:
    """client.get_version, asked by a miner."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """The miner's answer to a request of ours: the only one that has a text is client.get_version's."""

    text: str


@dataclass(frozen=True, slots=True)
class Ping:
    """mining.ping."""

    id: bytes


@dataclass(frozen=True, slots=True)
class BadParams:
    """A known method whose params cannot be what the method needs."""

    id: bytes
    method: str


@dataclass(frozen=True, slots=True)
class UnknownMethod:
    """A method this server does not have."""

    id: bytes
    method: str


Request = (
    Subscribe
    | Authorize
    | Submit
    | Configure
    | GetTransactions
    | ExtranonceSubscribe
    | SuggestDifficulty
    | SuggestTarget
    | MultiVersion
    | GetVersion
    | Ping
    | Reply
    | BadParams
    | UnknownMethod
)
