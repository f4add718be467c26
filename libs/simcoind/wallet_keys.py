"""The scripts a wallet owns: made from a seed one after another, so that their order restores them."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from nompcore.address import NetworkParams, p2pkh_script, p2sh_script, segwit_script
from nompcore.hashing import sha256
from simcoind.pubkey import make_pubkey, pubkey_hash, pubkey_script
from simcoind.script import address_of


class AddressType(enum.Enum):
    """What getnewaddress can be asked for; the value is the RPC's word."""

    LEGACY = "legacy"
    P2SH_SEGWIT = "p2sh-segwit"
    BECH32 = "bech32"


@dataclass(frozen=True, slots=True)
class OwnedScript:
    """A script of the wallet and what it is for."""

    script: bytes
    address: str
    label: str
    is_change: bool
    pubkey: bytes | None = None  # in coins whose blocks pay keys


class WalletKeys:
    """Owned scripts in the order of their making. There are no private keys: see `simcoind.signature`.

    With `has_pubkeys` an address is that of a public key, and what pays the key itself is owned too.
    """

    def __init__(self, seed: bytes, network: NetworkParams, *, has_pubkeys: bool = False) -> None:
        self.seed = seed
        self._network = network
        self._has_pubkeys = has_pubkeys
        self._made = 0
        self._owned: dict[bytes, OwnedScript] = {}

    @property
    def default_type(self) -> AddressType:
        """The best type that the coin has."""
        return AddressType.BECH32 if self._network.bech32_hrp else AddressType.LEGACY

    @property
    def types(self) -> frozenset[str]:
        """The RPC's words for the address types of the coin."""
        if not self._network.bech32_hrp:
            return frozenset({AddressType.LEGACY.value})
        return frozenset(kind.value for kind in AddressType)

    def owned(self, script: bytes) -> OwnedScript | None:
        """The owned script, None for a foreign one."""
        return self._owned.get(script)

    def derive(self, address_type: AddressType, label: str = "", *, is_change: bool = False) -> OwnedScript:
        """Make the next script."""
        seed = self.seed + struct.pack("<I", self._made)
        pubkey = make_pubkey(seed) if self._has_pubkeys else None
        script = _script(address_type, sha256(seed)[:20] if pubkey is None else pubkey_hash(pubkey))
        address = address_of(script, self._network)
        if address is None:
            raise ValueError(f"the coin has no {address_type.value} addresses")
        owned = OwnedScript(script, address, label, is_change, pubkey)
        self._owned[script] = owned
        if pubkey is not None:
            self._owned[pubkey_script(pubkey)] = owned
        self._made += 1
        return owned


def _script(address_type: AddressType, program: bytes) -> bytes:
    if address_type is AddressType.BECH32:
        return segwit_script(0, program)
    return p2pkh_script(program) if address_type is AddressType.LEGACY else p2sh_script(program)
