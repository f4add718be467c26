"""Calls about the process and its network, which is one simulated peer that has the same blocks."""

from __future__ import annotations

from simcoind.faults import FaultKind
from simcoind.rpc.amounts import coins
from simcoind.rpc.call import Call
from simcoind.rpc.chain import difficulty_json

PROTOCOL_VERSION = 70016
VERSION = 210201
"""That of the reference node whose answers are followed: Litecoin Core 0.21.2.1."""
OLD_VERSION = 80_600
"""What an old daemon says: 0.8.6."""


def _peers(call: Call) -> int:
    return 0 if call.fault is FaultKind.NO_PEERS else 1


def getnetworkinfo(call: Call) -> object:
    """getnetworkinfo"""
    return {
        "version": VERSION,
        "subversion": "/simcoind/",
        "protocolversion": PROTOCOL_VERSION,
        "localrelay": True,
        "timeoffset": 0,
        "networkactive": True,
        "connections": _peers(call),
        "relayfee": coins(1_000),
        "incrementalfee": coins(1_000),
        "warnings": "",
    }


def getpeerinfo(call: Call) -> object:
    """getpeerinfo"""
    height = call.node.chain.tip.height
    peer = {
        "id": 0,
        "addr": "127.0.0.1:1",
        "conntime": call.daemon.started_seconds,
        "version": PROTOCOL_VERSION,
        "subver": "/simcoind/",
        "inbound": False,
        "startingheight": height,
        "synced_headers": height,
        "synced_blocks": height,
    }
    return [peer] * _peers(call)


def getconnectioncount(call: Call) -> object:
    """getconnectioncount"""
    return _peers(call)


def getinfo(call: Call) -> object:
    """getinfo"""
    tip = call.node.chain.tip
    spendable = sum(coin.output.value_sats for coin in call.wallet.spendable())
    return {
        "version": OLD_VERSION,
        "protocolversion": PROTOCOL_VERSION,
        "walletversion": 60_000,
        "balance": coins(spendable),
        "blocks": tip.height,
        "timeoffset": 0,
        "connections": _peers(call),
        "proxy": "",
        "difficulty": difficulty_json(call),
        "testnet": call.node.parameters.chain_name == "test",
        "paytxfee": coins(0),
        "errors": "",
    }


def uptime(call: Call) -> object:
    """uptime"""
    return call.node.clock() - call.daemon.started_seconds


def stop(call: Call) -> object:
    """stop"""
    call.daemon.stop.set()
    return "simcoind stopping"
