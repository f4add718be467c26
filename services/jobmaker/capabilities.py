"""What a daemon can do and wants, asked when it is met and again whenever it comes back.

Nothing here is configured twice: which rules it wants named, how it takes blocks, how old its protocol is and
whether its coin stakes are asked of the daemon itself, which may have been replaced by another version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nompcore.config.pool import PoolConfig
from nompcore.daemon import Daemon
from nompcore.encoding import hex_to_bytes
from nompcore.errors import DaemonError, DaemonRefused, DaemonUnfit, EncodingError
from services.jobmaker.chain_check import METHOD_NOT_FOUND, call_if_known, field_of

SUBMITBLOCK, SUBMIT_BY_TEMPLATE = "submitblock", "getblocktemplate"
"""How a daemon takes blocks: by BIP 22's final form, or by its first one."""

DEFAULT_PROTOCOL_VERSION = 70015
"""Of the P2P protocol, where the daemon does not tell its own: Bitcoin Core 0.13.2's."""

_NEEDED_RULES = re.compile(r'"rules":\s*\[([^\]]*)\]')
_UNDERSTOOD_RULES = {"segwit", "mweb"}
_INVALID_PARAMETER = -8  # Bitcoin Core's RPC_INVALID_PARAMETER
_CAPABILITIES = ("coinbasetxn", "workid", "coinbase/append")
"""What NOMP told daemons that it can do (BIP 22, BIP 23)."""

_PUBLIC_KEY_SIZE = 33  # bytes, compressed
_CHECKSIG = b"\xac"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """`reward_script` is what coinbases pay to: the pool's address, or its public key if the coin stakes."""

    rules: tuple[str, ...]
    submit_call: str
    proof_of_stake: bool
    reward_script: bytes
    protocol_version: int

    @property
    def template_request(self) -> dict[str, object]:
        """The parameter of getblocktemplate."""
        return {"capabilities": list(_CAPABILITIES), "rules": list(self.rules)}


async def ask_capabilities(daemon: Daemon, pool: PoolConfig, script: bytes) -> Capabilities:
    """Everything above; `script` is what the pool's address means. Raises DaemonError."""
    proof_of_stake = await _stakes(daemon, pool)
    about_address = await _check_address(daemon, pool.address, script)
    reward_script = (
        await _public_key_script(daemon, pool.address, about_address) if proof_of_stake else script
    )
    return Capabilities(
        rules=await _rules(daemon, pool.coin.gbt_rules),
        submit_call=await _submit_call(daemon),
        proof_of_stake=proof_of_stake,
        reward_script=reward_script,
        protocol_version=await _protocol_version(daemon),
    )


async def _check_address(daemon: Daemon, address: str, script: bytes) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = await daemon.call("validateaddress", address)
    if not field_of(answer, "isvalid"):
        raise DaemonUnfit("the daemon says that the pool's address is not valid")
    known = answer.get("scriptPubKey")  # old daemons do not tell
    if known is not None and known != script.hex():
        raise DaemonUnfit(
            f"the daemon pays the pool's address with script {known}, the coin file with {script.hex()}"
        )
    return answer


async def _stakes(daemon: Daemon, pool: PoolConfig) -> bool:
    """The coin file's word; where it has none, whether the daemon has a second difficulty (spec 2.1)."""
    if pool.coin.reward is not None:
        return pool.coin.reward == "POS"
    difficulty = await call_if_known(daemon, "getdifficulty")
    return isinstance(difficulty, Mapping) and "proof-of-stake" in difficulty


async def _public_key_script(daemon: Daemon, address: str, about_address: Mapping[str, Any]) -> bytes:
    pubkey = about_address.get("pubkey")
    if not pubkey:
        about = await call_if_known(daemon, "getaddressinfo", address)
        pubkey = about.get("pubkey") if isinstance(about, Mapping) else None
    try:
        key = hex_to_bytes(str(pubkey or ""), _PUBLIC_KEY_SIZE)
    except EncodingError:
        text = (
            "the daemon does not tell the 33-byte public key of the pool's address, which this coin pays to"
        )
        raise DaemonUnfit(f"{text}: its wallet must own the address") from None
    return bytes([_PUBLIC_KEY_SIZE]) + key + _CHECKSIG


async def _rules(daemon: Daemon, configured: tuple[str, ...]) -> tuple[str, ...]:
    """The coin file's rules, or those that the daemon insists on when it is asked with these."""
    try:
        await daemon.call(
            "getblocktemplate", {"capabilities": list(_CAPABILITIES), "rules": list(configured)}
        )
    except DaemonRefused as refused:
        wanted = needed_rules(refused)
        if not wanted:
            raise
        return wanted
    return configured


def needed_rules(refused: DaemonRefused) -> tuple[str, ...]:
    """The rules that a refusal names, if the pool understands all of them; else none."""
    found = _NEEDED_RULES.search(refused.text) if refused.code == _INVALID_PARAMETER else None
    rules = tuple(re.findall(r'"([^"]+)"', found.group(1))) if found else ()
    return rules if _UNDERSTOOD_RULES.issuperset(rules) else ()


async def _submit_call(daemon: Daemon) -> str:
    """Asked without a block, a daemon that knows submitblock explains it, which is an error too."""
    try:
        await daemon.call("submitblock")
    except DaemonRefused as refused:
        return SUBMIT_BY_TEMPLATE if refused.code == METHOD_NOT_FOUND else SUBMITBLOCK
    return SUBMITBLOCK


async def _protocol_version(daemon: Daemon) -> int:
    """For the P2P protocol only: not knowing it is no reason to refuse a daemon."""
    for method in ("getnetworkinfo", "getinfo"):
        try:
            info = await call_if_known(daemon, method)
            return int(field_of(info, "protocolversion"))
        except (DaemonError, TypeError, ValueError):
            continue
    return DEFAULT_PROTOCOL_VERSION
