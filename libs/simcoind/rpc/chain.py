"""Calls about the chain."""

from __future__ import annotations

from typing import Any

from nompcore.encoding import display
from nompcore.target import difficulty_from_target, target_from_nbits
from simcoind.block_tree import BlockEntry, ancestry, median_time
from simcoind.faults import FaultKind
from simcoind.rpc.call import Call
from simcoind.rpc.error import INVALID_PARAMETER, MISC, RpcError
from simcoind.rpc.transaction_json import transaction_json

STAKE_DIFFICULTY = 1.0
"""Of proof of stake, which nobody does here."""


def getblockchaininfo(call: Call) -> object:
    """getblockchaininfo"""
    node, tip = call.node, call.node.chain.tip
    syncing = call.fault is FaultKind.SYNCING or node.in_initial_download()
    return {
        "chain": node.parameters.chain_name,
        "blocks": tip.height,
        "headers": tip.height,
        "bestblockhash": tip.hash_display,
        "difficulty": difficulty_of(tip.block.header.nbits),
        "mediantime": median_time(tip),
        "verificationprogress": 0.5 if syncing else 1,
        "initialblockdownload": syncing,
        "chainwork": f"{tip.chain_work:064x}",
        "pruned": False,
        "softforks": {"bip34": {"type": "buried", "active": True, "height": 1}}
        | ({"segwit": {"type": "buried", "active": True, "height": 0}} if node.parameters.has_segwit else {}),
        "warnings": "",
    }


def difficulty_of(nbits: int) -> float:
    """The difficulty as daemons tell it: relative to Bitcoin's difficulty 1, whatever the algorithm."""
    return difficulty_from_target(target_from_nbits(nbits), 1)


def getdifficulty(call: Call) -> object:
    """getdifficulty"""
    return difficulty_json(call)


def difficulty_json(call: Call) -> object:
    """The tip's difficulty: a number, or with proof of stake one for each kind of proof."""
    difficulty = difficulty_of(call.node.chain.tip.block.header.nbits)
    if not call.node.parameters.has_stake:
        return difficulty
    return {"proof-of-work": difficulty, "proof-of-stake": STAKE_DIFFICULTY, "search-interval": 0}


def getblockcount(call: Call) -> object:
    """getblockcount"""
    return call.node.chain.tip.height


def getbestblockhash(call: Call) -> object:
    """getbestblockhash"""
    return call.node.chain.tip.hash_display


def getblockhash(call: Call) -> object:
    """getblockhash height"""
    entry = call.node.chain.at(call.params.integer(0))
    if entry is None:
        raise RpcError(INVALID_PARAMETER, "Block height out of range")
    return entry.hash_display


def getblockheader(call: Call) -> object:
    """getblockheader blockhash ( verbose )"""
    entry = call.block()
    if not call.params.boolean(1, True):
        return entry.block.header.serialize().hex()
    return _header_json(call, entry)


def getblock(call: Call) -> object:
    """getblock blockhash ( verbosity )"""
    entry = call.block()
    verbosity = call.params.value(1)
    verbosity = call.params.integer(1, 1) if not isinstance(verbosity, bool) else int(verbosity)
    if verbosity <= 0:
        return entry.block.serialize().hex()
    network = call.node.parameters.network
    rows = [
        display(transaction.txid_le) if verbosity == 1 else transaction_json(transaction, network)
        for transaction in entry.block.transactions
    ]
    sizes = {
        "strippedsize": entry.block.stripped_size,
        "size": entry.block.size,
        "weight": entry.block.weight,
    }
    return _header_json(call, entry) | sizes | {"tx": rows}


def _header_json(call: Call, entry: BlockEntry) -> dict[str, Any]:
    header, chain = entry.block.header, call.node.chain
    answer: dict[str, Any] = {
        "hash": entry.hash_display,
        "confirmations": chain.confirmations(entry),
        "height": entry.height,
        "version": header.version,
        "versionHex": f"{header.version & 0xFFFFFFFF:08x}",
        "merkleroot": display(header.merkle_root_le),
        "time": header.ntime,
        "mediantime": median_time(entry),
        "nonce": header.nonce,
        "bits": f"{header.nbits:08x}",
        "difficulty": difficulty_of(header.nbits),
        "chainwork": f"{entry.chain_work:064x}",
        "nTx": len(entry.block.transactions),
    }
    if entry.parent:
        answer["previousblockhash"] = entry.parent.hash_display
    following = chain.at(entry.height + 1) if chain.is_best(entry) else None
    if following:
        answer["nextblockhash"] = following.hash_display
    return answer


def getchaintips(call: Call) -> object:
    """getchaintips"""
    chain = call.node.chain
    rows = []
    for leaf in sorted(chain.tree.leaves(), key=lambda entry: -entry.height):
        branch = sum(1 for entry in ancestry(leaf) if not chain.is_best(entry))
        status = "active" if leaf is chain.tip else "invalid" if leaf.reject else "valid-fork"
        rows.append({"height": leaf.height, "hash": leaf.hash_display, "branchlen": branch, "status": status})
    return rows


def invalidateblock(call: Call) -> object:
    """invalidateblock blockhash"""
    entry = call.block()
    if entry.parent is None:
        raise RpcError(MISC, "The genesis block cannot be invalidated")
    call.node.invalidate(entry)
    return None


def reconsiderblock(call: Call) -> object:
    """reconsiderblock blockhash"""
    call.node.reconsider(call.block())
    return None
