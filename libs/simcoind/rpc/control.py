"""Control calls, which no real daemon has: difficulty, faults, reorganisations and foreign transactions."""

from __future__ import annotations

from nompcore.encoding import display
from nompcore.errors import EncodingError
from nompcore.target import nbits_from_target, target_from_difficulty, target_from_nbits
from simcoind.faults import Fault, FaultKind
from simcoind.rpc.call import Call
from simcoind.rpc.chain import difficulty_of
from simcoind.rpc.error import INVALID_PARAMETER, RpcError
from simcoind.rpc.payments import pay
from simcoind.rpc.raw_transactions import decode, send
from simcoind.transaction import TxOutput

ANYONE = b"\x51"
"""OP_TRUE: an output that needs no signature. Reorganised blocks pay to it."""

FOREIGN_PAYMENT_SATS = 100_000
MAX_TRANSACTIONS_PER_CALL = 500
MAX_DELAY_SECONDS = 3_600


def sim_setnbits(call: Call) -> object:
    """sim_setnbits nbits"""
    try:
        nbits = int(call.params.text(0), 16)
        target_from_nbits(nbits)
    except (ValueError, EncodingError) as error:
        raise RpcError(INVALID_PARAMETER, "nbits must be a target in compact form, 8 hex digits") from error
    call.node.set_nbits(nbits)
    return difficulty_of(nbits)


def sim_setdifficulty(call: Call) -> object:
    """sim_setdifficulty difficulty"""
    try:
        target = target_from_difficulty(float(call.params.value(0)), 1)
        nbits = nbits_from_target(target)
    except (TypeError, ValueError, OverflowError, EncodingError) as error:
        raise RpcError(
            INVALID_PARAMETER, "difficulty must be a number above 0, as getdifficulty tells it"
        ) from error
    call.node.set_nbits(nbits)
    return f"{nbits:08x}"


def sim_setfault(call: Call) -> object:
    """sim_setfault {kind:str,methods:[str,...],seconds:n,count:n}"""
    wanted = call.params.mapping(0)
    kind = wanted.get("kind")
    if kind == "none":
        call.daemon.faults.fault = None
        return None
    if kind not in {one.value for one in FaultKind}:
        raise RpcError(
            INVALID_PARAMETER, f"kind must be none or one of {', '.join(one.value for one in FaultKind)}"
        )
    methods, count = wanted.get("methods", []), wanted.get("count")
    if not isinstance(methods, list):
        raise RpcError(INVALID_PARAMETER, "methods must be a list of names")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise RpcError(INVALID_PARAMETER, "count must be an integer above 0")
    fault = Fault(FaultKind(kind), frozenset(map(str, methods)), _seconds(wanted.get("seconds", 1)), count)
    call.daemon.faults.fault = fault
    return None


def _seconds(value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MAX_DELAY_SECONDS:
        raise RpcError(INVALID_PARAMETER, f"seconds must be 0 to {MAX_DELAY_SECONDS}")
    return seconds


async def sim_reorg(call: Call) -> object:
    """sim_reorg depth"""
    depth = call.params.integer(0)
    if not 1 <= depth <= call.node.chain.tip.height:
        raise RpcError(INVALID_PARAMETER, "depth must be 1 to the height of the chain")
    return await call.daemon.miner.reorganise(depth, ANYONE)


def sim_addtransaction(call: Call) -> object:
    """sim_addtransaction hexstring"""
    transaction = decode(call, call.params.text(0))
    send(call, transaction, 0)
    return display(transaction.txid_le)


def sim_addtransactions(call: Call) -> object:
    """sim_addtransactions count"""
    count = call.params.integer(0)
    if not 1 <= count <= MAX_TRANSACTIONS_PER_CALL:
        raise RpcError(INVALID_PARAMETER, f"count must be 1 to {MAX_TRANSACTIONS_PER_CALL}")
    return [pay(call, [TxOutput(FOREIGN_PAYMENT_SATS, ANYONE)]) for _ in range(count)]


def sim_state(call: Call) -> object:
    """sim_state"""
    node, fault = call.node, call.daemon.faults.fault
    return {
        "height": node.chain.tip.height,
        "blocks": len(node.chain.tree),
        "utxos": len(node.chain.utxos),
        "mempool": len(node.mempool.entries),
        "mempool_dropped": node.mempool.dropped,
        "nbits": f"{node.chain.nbits_at(node.chain.tip.height + 1):08x}",
        "fault": fault.kind.value if fault else "none",
    }
