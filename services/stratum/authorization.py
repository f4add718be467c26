"""Who a miner says it is: `address` or `address.rig`, checked against the coin by ourselves. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from nompcore.address import NetworkParams, address_for, script_for
from nompcore.errors import AddressError, RejectReason, StratumError

MAX_WORKERS_PER_CONNECTION = 64  # a proxy for a farm authorizes dozens of rigs; each costs memory here

MAX_NAME = 193  # what the patterns below allow
MAX_MPOS_NAME = 120  # what MPOS's table of shares holds

_ADDRESS = re.compile(
    r"[A-Za-z0-9:_-]{1,128}\Z"
)  # where the coin does not check it: still safe to store and show
_RIG = re.compile(r"[A-Za-z0-9._:@+=#/-]{1,64}\Z")

REMEMBERED_ADDRESSES = 16_384  # a farm's rigs have one, and all miners are back at once after a restart

_CASHADDR_LENGTH = 42  # behind the prefix, for a hash of 20 bytes; the older form has 35 at most

_NUMBER = RejectReason.UNAUTHORIZED.number


class Worker(msgspec.Struct, frozen=True):
    """A worker as it is credited: `name` is `address` or `address.rig`."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Decides who may mine in a pool. `network` is None where the pool does not validate addresses: where the
    operator wants none, and in MPOS mode, where the name is `account.worker`."""

    network: NetworkParams | None
    longest: int = MAX_NAME

    def worker(self, user: str) -> Worker:
        """The worker a user name stands for; StratumError saying what is wrong with it."""
        address, _, rig = user.partition(".")
        if not _ADDRESS.match(address) or (rig and not _RIG.match(rig)):
            raise StratumError(_NUMBER, "worker name is not address or address.rig")
        if len(user) > self.longest:
            raise StratumError(_NUMBER, f"worker name is longer than {self.longest} characters")
        if self.network is not None:
            address = checked_address(address, self.network)
        return Worker(f"{address}.{rig}" if rig else address, address)


@lru_cache(maxsize=REMEMBERED_ADDRESSES)
def checked_address(address: str, network: NetworkParams) -> str:
    """The address in its one spelling: upper case (BIP 173) or no prefix (CashAddr) is the same payee."""
    try:
        script = script_for(address, network)
    except AddressError as error:
        raise StratumError(_NUMBER, str(error)) from error
    if network.cashaddr_prefix is not None and len(address.rpartition(":")[2]) == _CASHADDR_LENGTH:
        return address_for(script, network)
    is_bech32 = network.bech32_hrp is not None and address.lower().startswith(network.bech32_hrp + "1")
    return address.lower() if is_bech32 else address
