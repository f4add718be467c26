"""Calls about mining: templates, blocks, and blocks on demand."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from nompcore.encoding import hex_to_bytes
from nompcore.errors import EncodingError
from simcoind.block import Block, parse_block
from simcoind.block_assembly import select
from simcoind.block_template import build_template
from simcoind.block_tree import ancestry
from simcoind.faults import FaultKind
from simcoind.rpc.call import Call
from simcoind.rpc.chain import difficulty_of
from simcoind.rpc.error import (
    DESERIALIZATION,
    INITIAL_DOWNLOAD,
    INVALID_AMOUNT,
    INVALID_PARAMETER,
    NOT_CONNECTED,
    RpcError,
)
from simcoind.rpc.params import HASH_DIGITS, hash_from_display
from simcoind.wire import DecodeError

DEFAULT_TRIES = 1_000_000
MAX_BLOCKS_PER_CALL = 10_000
HASHRATE_BLOCKS = 120
"""Blocks that the network's hashrate is estimated from, unless the call says otherwise."""

LONGPOLL_QUIET_SECONDS, LONGPOLL_LOOK_SECONDS = 60, 2
"""How long a long poll ignores new transactions, and how often it looks for them and for its client."""


def getmininginfo(call: Call) -> object:
    """getmininginfo"""
    node, tip = call.node, call.node.chain.tip
    return {
        "blocks": tip.height,
        "difficulty": difficulty_of(tip.block.header.nbits),
        "networkhashps": _hashrate(call, HASHRATE_BLOCKS, tip.height),
        "pooledtx": len(node.mempool.entries),
        "chain": node.parameters.chain_name,
        "warnings": "",
    }


def getnetworkhashps(call: Call) -> object:
    """getnetworkhashps ( nblocks height )"""
    return _hashrate(call, call.params.integer(0, HASHRATE_BLOCKS), call.params.integer(1, -1))


def _hashrate(call: Call, blocks: int, height: int) -> float:
    """Work of the last blocks over the time that they took; 0 when it cannot be told."""
    chain = call.node.chain
    last = chain.at(height) or chain.tip
    span = list(islice(ancestry(last), (blocks if blocks > 0 else HASHRATE_BLOCKS) + 1))
    times = [entry.block.header.ntime for entry in span]
    seconds = max(times) - min(times)
    return (span[0].chain_work - span[-1].chain_work) / seconds if seconds else 0.0


async def getblocktemplate(call: Call) -> object:
    """getblocktemplate {mode:str,rules:[str,...],longpollid:str,data:hex}"""
    request = call.params.mapping(0, {})
    mode = request.get("mode", "template")
    if mode == "proposal":
        return _propose(call, request)
    if mode == "submit" and call.node.parameters.is_old:
        return _submit(call, _data(request, "submission"))
    if mode != "template":
        raise RpcError(INVALID_PARAMETER, "Invalid mode")
    _check_ready(call)
    if request.get("longpollid") is not None:
        await _wait_for_change(call, request["longpollid"])
    _check_rules(call.node.parameters.gbt_rules, request.get("rules"))
    return _template(call)


def _check_ready(call: Call) -> None:
    coin = call.node.parameters.coin_name
    if call.fault is FaultKind.NO_PEERS:
        raise RpcError(NOT_CONNECTED, f"{coin} Core is not connected!")
    if call.fault is FaultKind.SYNCING or call.node.in_initial_download():
        raise RpcError(INITIAL_DOWNLOAD, f"{coin} Core is in initial sync and waiting for blocks...")


def _check_rules(needed: Iterable[str], told: object) -> None:
    rules = sorted(needed)
    if not isinstance(told, list) or not set(rules) <= {rule for rule in told if isinstance(rule, str)}:
        listed = ", ".join(f'"{rule}"' for rule in rules)
        text = f"getblocktemplate must be called with the {' & '.join(reversed(rules))} rule sets"
        if rules:
            raise RpcError(INVALID_PARAMETER, f'{text} (call with {{"rules": [{listed}]}})')


def _template(call: Call) -> dict[str, Any]:
    node, tip = call.node, call.node.chain.tip
    position = node.chain.position_after(tip, node.clock())
    entries = select(node.mempool.entries.values())
    return build_template(node.parameters, position, tip.hash_display, entries, _longpollid(call))


def _longpollid(call: Call) -> str:
    """What a template was made of: tip and difficulty in front of the dot, transactions behind it."""
    return f"{_foundation(call)}.{call.node.mempool.changes}"


def _foundation(call: Call) -> str:
    return f"{call.node.chain.tip.hash_display}{call.node.watch.announced}"


async def _wait_for_change(call: Call, longpollid: object) -> None:
    """Return when there is a new tip or difficulty, at once, or new transactions, after a while.

    A client that hangs up is not waited for: it will ask again, and each of its polls would stay.
    """
    if not isinstance(longpollid, str):
        raise RpcError(INVALID_PARAMETER, "longpollid must be a string")
    hash_from_display(longpollid[:HASH_DIGITS], "longpollid")
    waited_seconds = 0
    while longpollid.rpartition(".")[0] == _foundation(call) and not call.is_client_gone():
        if waited_seconds >= LONGPOLL_QUIET_SECONDS and longpollid != _longpollid(call):
            return
        await call.node.watch.wait(LONGPOLL_LOOK_SECONDS)
        waited_seconds += LONGPOLL_LOOK_SECONDS


def _propose(call: Call, request: dict[str, Any]) -> str | None:
    block = _decode(call, _data(request, "proposal"))
    node = call.node
    known = node.chain.tree.get(node.parameters.block_hash_le(block.header.serialize()))
    if known:
        return "duplicate-invalid" if known.reject else "duplicate"
    if block.header.prevhash_le != node.chain.tip.hash_le:
        return "inconclusive-not-best-prevblk"
    reject = node.chain.propose(block, node.clock())
    return reject.reason if reject else None


def _data(request: dict[str, Any], purpose: str) -> str:
    data = request.get("data")
    if not isinstance(data, str):
        raise RpcError(INVALID_AMOUNT, f"Missing data String key for {purpose}")
    return data


def submitblock(call: Call) -> object:
    """submitblock hexdata ( dummy )"""
    return _submit(call, call.params.text(0))


def _submit(call: Call, block_hex: str) -> str | None:
    block = _decode(call, block_hex)
    if not block.transactions or not block.transactions[0].is_coinbase:
        raise RpcError(DESERIALIZATION, "Block does not start with a coinbase")
    return call.node.submit(block)


def _decode(call: Call, block_hex: str) -> Block:
    try:
        return parse_block(hex_to_bytes(block_hex), call.node.parameters.form)
    except (EncodingError, DecodeError) as error:
        raise RpcError(DESERIALIZATION, "Block decode failed") from error


async def generatetoaddress(call: Call) -> object:
    """generatetoaddress nblocks address ( maxtries )"""
    blocks = call.params.integer(0)
    if not 0 <= blocks <= MAX_BLOCKS_PER_CALL:
        raise RpcError(INVALID_PARAMETER, f"nblocks must be 0 to {MAX_BLOCKS_PER_CALL}")
    script = call.script_for(call.params.text(1))
    return await call.daemon.miner.extend(script, blocks, call.params.integer(2, DEFAULT_TRIES))
