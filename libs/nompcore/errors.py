"""Every error the core raises, and the reasons a share is refused.

    NompError
    ├── EncodingError            bytes, hex or an address that cannot be what they claim
    │   ├── AddressError         not an address of this coin
    │   └── CoinError            a coin file that cannot be mined by this version
    ├── HashingError             a proof-of-work function gives wrong digests on this machine
    ├── TemplateError            a block template lacks something the pool needs
    ├── StratumError             answered to the miner as [number, text, null]
    │   └── StratumAbuse         answered, then the connection is closed
    ├── DaemonError              a coin daemon did not do what was asked
    │   ├── DaemonUnreachable    no connection: try again
    │   │   ├── DaemonSilent     no answer in time
    │   │   ├── DaemonHttpFault  an HTTP status that no JSON-RPC server gives
    │   │   └── DaemonGarbled    an answer that is not JSON-RPC
    │   ├── DaemonWarmingUp      starting (-28): try again
    │   │   ├── DaemonSyncing    in its initial download (-10)
    │   │   └── DaemonLonely     without peers (-9)
    │   ├── DaemonUnauthorized   401 or 403: the configuration is wrong
    │   ├── DaemonUnfit          answers, but is not what the pool needs
    │   └── DaemonRefused        an answer with an error code: do not repeat blindly
    ├── BusError                 NATS did not do what was asked
    │   ├── BusUnavailable       not connected, no responder or no answer in time: try again
    │   ├── LeaseLost            somebody else may hold the lease now: stop the leased work
    │   ├── StreamGap            messages were removed from a stream before they were read
    │   └── StreamReset          a stream is a new one that has nothing of the old
    ├── ComeAgain                not done and nothing is wrong: the work queue brings the message again
    └── LedgerError              the books would not balance: stop paying

Expected verdicts about shares are values (`nompcore.share`), not errors.
"""

# ruff: noqa: N818 - the names say what happened, and `except DaemonRefused` reads as it should

from __future__ import annotations

import enum


class NompError(Exception):
    """Base of every error raised by the core."""


class EncodingError(NompError):
    """Bytes, hex or text that cannot be what they claim to be."""


class AddressError(EncodingError):
    """Text that is not a payable address of the coin and network at hand."""


class CoinError(EncodingError):
    """A coin file, or an algorithm it names, that this version cannot mine; the text names the key."""


class HashingError(NompError):
    """A proof-of-work function fails its known answers on this machine: its coins must not be mined."""


class TemplateError(NompError):
    """A getblocktemplate answer that lacks or contradicts what a job needs."""


class StratumError(NompError):
    """A request answered with an error; `number` and text are the wire contract."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text


class StratumAbuse(StratumError):
    """A request that costs more than it is worth: answered, then the connection is closed."""


class DaemonError(NompError):
    """A coin daemon did not do what was asked."""


class DaemonUnreachable(DaemonError):
    """No connection, or nothing that came over it was an answer. Worth repeating."""


class DaemonSilent(DaemonUnreachable):
    """No answer in time."""


class DaemonHttpFault(DaemonUnreachable):
    """An HTTP status with a body that is not JSON: a proxy in front, a full work queue, a wrong port."""


class DaemonGarbled(DaemonUnreachable):
    """An answer that is not JSON-RPC."""


class DaemonWarmingUp(DaemonError):
    """RPC -28: it loads its data. Worth repeating."""


class DaemonSyncing(DaemonWarmingUp):
    """RPC -10: it is in its initial download."""


class DaemonLonely(DaemonWarmingUp):
    """RPC -9: it has no peers."""


class DaemonUnfit(DaemonError):
    """The daemon answers, but is not what the pool needs; the text says why."""


class DaemonUnauthorized(DaemonError):
    """HTTP 401 or 403: user, password, cookie or allowed addresses are wrong."""


class DaemonRefused(DaemonError):
    """The daemon answered with an error; `code` is the JSON-RPC error code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} ({code})")
        self.code = code
        self.text = text


class BusError(NompError):
    """NATS did not do what was asked."""


class BusUnavailable(BusError):
    """Not connected, nobody answers the subject, or no answer in time. Worth repeating."""


class LeaseLost(BusError):
    """The lease expired or belongs to somebody else; the leased work must stop now."""


class StreamGap(BusError):
    """Messages of the pool between the reader's position and the oldest one left were removed.

    Reading can go on after `resume_after`; what lay between is no longer in NATS.
    """

    def __init__(self, stream: str, after_sequence: int, first_sequence: int) -> None:
        super().__init__(
            f"stream {stream} starts at {first_sequence}, wanted everything after {after_sequence}"
        )
        self.after_sequence = after_sequence
        self.resume_after = first_sequence - 1


class StreamReset(BusError):
    """The stream ends before the reader's position, or was created anew: NATS lost its data.

    Sequences start over, so positions stored by the reader mean nothing in it any more.
    """

    def __init__(self, stream: str, after_sequence: int, last_sequence: int) -> None:
        super().__init__(
            f"stream {stream} was reset: it ends at {last_sequence}, wanted after {after_sequence}"
        )
        self.after_sequence = after_sequence
        self.last_sequence = last_sequence


class ComeAgain(NompError):
    """A work queue's handler wants its message again after `seconds`: no fault, and no place held."""

    def __init__(self, seconds: float, text: str) -> None:
        super().__init__(text)
        self.seconds = seconds


class LedgerError(NompError):
    """An operation that would leave the books unbalanced or pay twice."""


@enum.unique
class RejectReason(enum.Enum):
    """Why a share was refused: our own code, the stratum number and the text for the miner.

    The numbers are NOMP's (spec 2.5 and 1.4); 20 is shared by everything that has no number of its own.
    Counters, logs and messages carry `code`; the wire carries `[number, text, null]`.
    """

    MALFORMED = ("malformed", 20, "malformed submit")
    EXTRANONCE2_SIZE = ("extranonce2-size", 20, "incorrect size of extranonce2")
    NTIME_SIZE = ("ntime-size", 20, "incorrect size of ntime")
    NONCE_SIZE = ("nonce-size", 20, "incorrect size of nonce")
    NTIME_OUT_OF_RANGE = ("ntime-out-of-range", 20, "ntime out of range")
    VERSION_MASK = ("version-mask", 20, "version bits outside the mask")
    NOT_STORED = ("not-stored", 20, "share could not be stored, try again")
    STALE = ("stale", 21, "job not found")
    DUPLICATE = ("duplicate", 22, "duplicate share")
    LOW_DIFFICULTY = ("low-difficulty", 23, "low difficulty share")
    UNAUTHORIZED = ("unauthorized", 24, "unauthorized worker")
    NOT_SUBSCRIBED = ("not-subscribed", 25, "not subscribed")

    def __init__(self, code: str, number: int, text: str) -> None:
        self.code = code
        self.number = number
        self.text = text
