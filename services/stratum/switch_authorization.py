"""Whom a switching port's miner is paid as in each of its pools: by address or by the key behind it. Pure.

A miner gives an address of any coin of the portal, or its mining key: the 40 hex digits of a public key's
hash. Where the address is one of the pool's coin it is paid as it is; elsewhere the same key is paid, at
that coin's ordinary address (P2PKH). An address that stands for a script holds no key: it is taken only where
it is the same address of every coin of the port.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nompcore.address import NetworkParams, address_for, p2pkh_script, script_for, segwit_script
from nompcore.errors import AddressError, RejectReason, StratumError
from services.stratum.authorization import REMEMBERED_ADDRESSES, Authorizer, Worker, checked_address

_MINING_KEY = re.compile(r"[0-9a-fA-F]{40}\Z")
_NAMES = Authorizer(None)  # what any pool asks of a worker's name

REMEMBERED_POOLS = 4  # all miners of a port move at once, and have an address in each pool

_NUMBER = RejectReason.UNAUTHORIZED.number

NO_KEY = (
    "not every coin of this port can pay this address: give one of a single key (P2PKH or P2WPKH), "
    "or its mining key of 40 hex digits"
)
UNKNOWN = "it is an address of no coin of this pool"
HINT = "give an address of one of its coins, or a mining key of 40 hex digits"


@dataclass(frozen=True, slots=True, eq=False)
class SwitchAuthorizer:
    """Decides who may mine at a switching port, and makes the worker of one of its pools.

    All pools of a port decide alike. `own` is this pool's network, `port` those of all pools of the port,
    `known` those of the whole portal beside them. One is equal to itself only: it is looked up by with each
    miner that moves, and all these networks take longer to compare than the rest.
    """

    own: NetworkParams
    port: tuple[NetworkParams, ...]
    known: tuple[NetworkParams, ...] = ()

    def worker(self, user: str) -> Worker:
        """The worker a user name stands for in this pool; StratumError saying what is wrong with it."""
        given = _NAMES.worker(user)
        _, _, rig = user.partition(".")
        address = _address_in(self, given.address)
        return Worker(f"{address}.{rig}" if rig else address, address)


@lru_cache(maxsize=REMEMBERED_POOLS * REMEMBERED_ADDRESSES)
def _address_in(rules: SwitchAuthorizer, text: str) -> str:
    """Where a miner is paid in the pool of the rules; the text is an address or a mining key."""
    key_hash = _key_hash(text, (*rules.port, *rules.known))
    on_port = {_script(text, network) for network in rules.port}
    if key_hash is None and (None in on_port or len(on_port) > 1):
        raise StratumError(_NUMBER, _refusal(text, rules))
    if key_hash is None or _script(text, rules.own) is not None:
        return checked_address(text, rules.own)
    return address_for(p2pkh_script(key_hash), rules.own)


def _key_hash(text: str, networks: tuple[NetworkParams, ...]) -> bytes | None:
    """The hash160 of the public key that is meant, if that is certain.

    Coins that share a version byte may not mean the same by it: a script of Litecoin (M…) can be read as a
    key of Monacoin. Such an address holds no key, or coins would go where nobody can spend them.
    """
    if _MINING_KEY.match(text):
        return bytes.fromhex(text)
    scripts = {script for network in networks if (script := _script(text, network)) is not None}
    hashes = {_hash_in(script) for script in scripts}
    return hashes.pop() if len(hashes) == 1 else None


def _hash_in(script: bytes) -> bytes | None:
    if script == p2pkh_script(script[3:23]):
        return script[3:23]
    return script[2:22] if script == segwit_script(0, script[2:22]) else None


def _script(text: str, network: NetworkParams) -> bytes | None:
    try:
        return script_for(text, network)
    except AddressError:
        return None


def _refusal(text: str, rules: SwitchAuthorizer) -> str:
    """With the only objection where all coins have the same one, such as a slip of the pen."""
    objections = set()
    for network in (*rules.port, *rules.known):
        try:
            script_for(text, network)
        except AddressError as error:
            objections.add(str(error))
        else:
            return NO_KEY
    return f"{objections.pop() if len(objections) == 1 else UNKNOWN}; {HINT}"
