"""Calls about addresses: new ones of a wallet, and what any address is."""

from __future__ import annotations

from typing import Any

from nompcore.address import script_for
from nompcore.errors import AddressError
from simcoind.rpc.call import Call
from simcoind.rpc.error import INVALID_ADDRESS_OR_KEY, RpcError
from simcoind.script import SCRIPTHASH, is_witness_program, script_kind
from simcoind.wallet_keys import AddressType


def getnewaddress(call: Call) -> object:
    """getnewaddress ( label address_type )"""
    return _derive(call, call.params.text(0, ""), 1, is_change=False)


def getrawchangeaddress(call: Call) -> object:
    """getrawchangeaddress ( address_type )"""
    return _derive(call, "", 0, is_change=True)


def _derive(call: Call, label: str, type_index: int, *, is_change: bool) -> str:
    wallet = call.wallet
    name = call.params.text(type_index, wallet.keys.default_type.value)
    if name not in wallet.keys.types:
        raise RpcError(INVALID_ADDRESS_OR_KEY, f"Unknown address type '{name}'")
    return call.node.derive(wallet, AddressType(name), label, is_change=is_change).address


def validateaddress(call: Call) -> object:
    """validateaddress address"""
    address = call.params.text(0)
    try:
        script = script_for(address, call.node.parameters.network)
    except AddressError:
        return {"isvalid": False}
    parameters = call.node.parameters
    if parameters.is_old:
        return {"isvalid": True, "address": address} | _ownership(call, script)
    with_key = _ownership(call, script) if parameters.has_stake else {}
    return {"isvalid": True} | _address_json(address, script) | with_key


def _ownership(call: Call, script: bytes) -> dict[str, Any]:
    """What daemons of the time before getaddressinfo add."""
    owned = call.node.owned(script)
    if owned is None:
        return {"ismine": False}
    key = {"pubkey": owned.pubkey.hex(), "iscompressed": True} if owned.pubkey else {}
    return {"ismine": True, "isscript": script_kind(script) == SCRIPTHASH, "account": owned.label} | key


def _address_json(address: str, script: bytes) -> dict[str, Any]:
    is_witness = is_witness_program(script)
    row = {
        "address": address,
        "scriptPubKey": script.hex(),
        "isscript": script_kind(script) == SCRIPTHASH,
        "iswitness": is_witness,
    }
    if is_witness:
        row |= {"witness_version": 0 if script[0] == 0 else 1, "witness_program": script[2:].hex()}
    return row


def getaddressinfo(call: Call) -> object:
    """getaddressinfo address"""
    address = call.params.text(0)
    try:
        script = script_for(address, call.node.parameters.network)
    except AddressError as error:
        raise RpcError(INVALID_ADDRESS_OR_KEY, "Invalid address") from error
    owned = call.wallet.keys.owned(script)
    mine = {"ismine": owned is not None, "solvable": owned is not None, "iswatchonly": False}
    use = {"ischange": owned is not None and owned.is_change, "labels": [owned.label] if owned else []}
    key = {"pubkey": owned.pubkey.hex()} if owned and owned.pubkey else {}
    return _address_json(address, script) | mine | use | key
