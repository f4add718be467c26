"""Worker names of NOMP → who is owed. Pure.

| name | owed to |
|---|---|
| `address`, `address.rig` | the address, in the spelling that our stratum credits |
| 40 hex digits (a "mining key"), also with a rig | the address of that key hash on the pool's network |
| anything else | nobody yet: `unassigned:<name>`, which is no address and is never paid by itself |

NOMP did not ask for addresses unless told to, so any text may be a name.
"""

from __future__ import annotations

import re
from typing import Final

from nompcore.address import NetworkParams, address_for, p2pkh_script, script_for
from nompcore.errors import AddressError
from services.payouts.ledger.accounts import unassigned

_MINING_KEY: Final = re.compile(r"[0-9a-fA-F]{40}\Z")

_CASHADDR_LENGTH: Final = 42  # behind the prefix, for a hash of 20 bytes; the older form has 35 at most


def owner_of(name: str, network: NetworkParams) -> str:
    """The address behind a worker's name, or the name of a holding account (`accounts.unassigned`)."""
    head, _, _ = name.partition(".")
    if _MINING_KEY.match(head):
        return address_for(p2pkh_script(bytes.fromhex(head)), network)
    try:
        return _spelled(head, network)
    except AddressError:
        return unassigned(name)


def _spelled(address: str, network: NetworkParams) -> str:
    """An address in its one spelling: upper case (BIP 173) or no prefix (CashAddr) is the same payee.

    Base58 stays as it is, as it does where shares come in: what a miner earned before and after moving is on
    one account.
    """
    script = script_for(address, network)
    if network.cashaddr_prefix is not None and len(address.rpartition(":")[2]) == _CASHADDR_LENGTH:
        return address_for(script, network)
    is_bech32 = network.bech32_hrp is not None and address.lower().startswith(network.bech32_hrp + "1")
    return address.lower() if is_bech32 else address
