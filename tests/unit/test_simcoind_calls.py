"""Whatever a call is given, it answers: with a result or with one of the daemon's errors."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nompcore.encoding import display
from simcoind.faults import FaultBoard
from simcoind.node import Node
from simcoind.rpc.call import Daemon
from simcoind.rpc.dispatch import Client, respond
from simcoind.rpc.table import HANDLERS
from simcoind.self_mining import SelfMiner
from simcoind.transaction import Transaction, TxOutput
from tests.simcoind_chain import FOREIGN, NOW, address, fund, new_node, own_script, spend, wallet_of

ANSWERING_SECONDS = 30
KNOWN_CODES = {-1, -3, -4, -5, -6, -8, -18, -19, -22, -25, -26, -27, -32601}


def daemon_of(node: Node) -> Daemon:
    return Daemon(node, SelfMiner(node), FaultBoard(), asyncio.Event(), NOW)


async def answer(daemon: Daemon, method: str, *params: object) -> Any:
    body = json.dumps({"id": 1, "method": method, "params": params}).encode()
    async with asyncio.timeout(ANSWERING_SECONDS):
        response = await respond(daemon, Client(None, lambda: False), body)
    assert response is not None
    return json.loads(response.body)


NODE = new_node()
COINS = fund(NODE, 2)
PAYMENT = spend(COINS[0])
NODE.accept_transaction(PAYMENT)
TIP = NODE.chain.tip
OUTPOINT = {"txid": display(COINS[1].outpoint.txid_le), "vout": COINS[1].outpoint.vout}


def copy_of_node() -> Node:
    """Another node in the same state: the wallet's scripts come again from its seed."""
    node = new_node()
    for _ in range(2):
        own_script(node)
    for height in range(1, NODE.chain.tip.height + 1):
        entry = NODE.chain.at(height)
        assert entry is not None
        assert node.submit(entry.block) is None
    assert node.accept_transaction(PAYMENT) is None
    return node


SENSIBLE: list[Any] = [
    "",
    "*",
    address(FOREIGN),
    address(own_script(NODE)),
    TIP.hash_display,
    TIP.block.serialize().hex(),
    display(PAYMENT.txid_le),
    PAYMENT.serialize().hex(),
    "bech32",
    "template",
    [OUTPOINT],
    {address(FOREIGN): 1},
    {address(FOREIGN): "0.5", "data": "00ff"},
    {"rules": ["segwit"]},
    {"mode": "proposal", "data": TIP.block.serialize().hex()},
    {"rules": ["segwit"], "longpollid": "0" * 64},
    {"lockUnspents": True, "changePosition": 0, "subtractFeeFromOutputs": [0], "feeRate": 0.001},
    {"changeAddress": address(FOREIGN), "fee_rate": 2},
]
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-2, 120) | FLOATS | st.text(max_size=20)
JUNK = st.recursive(
    SCALARS | st.sampled_from(SENSIBLE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
# sim_setdifficulty could make mining last for ever, and sim_setfault could end every connection
METHODS = sorted(HANDLERS.keys() - {"sim_setdifficulty", "sim_setnbits", "sim_setfault"})


ADDRESSES = st.sampled_from([address(FOREIGN), address(own_script(NODE)), "junk"])
AMOUNTS = st.sampled_from([0, 1, "0.5", 50, 0.001, "1e-8", "1e400", -1, "x", None, True, [1]]) | FLOATS
DRAFT = Transaction(2, (), (TxOutput(10**8, FOREIGN),)).serialize().hex()
TRANSACTIONS = st.sampled_from(
    [DRAFT, PAYMENT.serialize().hex(), spend(COINS[1]).serialize().hex(), "00", ""]
)
NUMBERS = st.integers(-2, 5) | st.none()
OUTPOINTS = st.fixed_dictionaries(
    {
        "txid": st.sampled_from([OUTPOINT["txid"], display(PAYMENT.txid_le), "11" * 32, "zz", 5]),
        "vout": NUMBERS,
    },
    optional={"sequence": NUMBERS},
)
PAYEES = st.dictionaries(ADDRESSES | st.just("data"), AMOUNTS, max_size=3)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "changeAddress": ADDRESSES,
        "changePosition": NUMBERS,
        "lockUnspents": st.booleans() | st.none(),
        "feeRate": AMOUNTS,
        "fee_rate": AMOUNTS,
        "subtractFeeFromOutputs": st.lists(NUMBERS, max_size=2) | NUMBERS,
        "replaceable": st.booleans(),
        "nonsense": st.none(),
    },
)
FLAGS = st.booleans() | st.none()
TEXTS = st.text(max_size=5) | st.none()
BLOCKS = st.sampled_from([TIP.hash_display, "00" * 32, None])
TYPED: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "createrawtransaction": (st.lists(OUTPOINTS, max_size=2), PAYEES | st.lists(PAYEES, max_size=2), NUMBERS),
    "fundrawtransaction": (TRANSACTIONS, OPTIONS),
    "getblock": (BLOCKS, NUMBERS | st.booleans()),
    "getnetworkhashps": (NUMBERS, NUMBERS),
    "getrawtransaction": (st.just(display(PAYMENT.txid_le)), FLAGS, BLOCKS),
    "listtransactions": (st.sampled_from(["*", ""]), NUMBERS, NUMBERS),
    "listunspent": (NUMBERS, NUMBERS, st.lists(ADDRESSES, max_size=2)),
    "lockunspent": (FLAGS, st.lists(OUTPOINTS, max_size=2)),
    "sendmany": (
        st.just(""), PAYEES, NUMBERS, TEXTS, st.lists(ADDRESSES, max_size=2), FLAGS, NUMBERS, TEXTS, AMOUNTS,
        FLAGS,
    ),
    "sendrawtransaction": (TRANSACTIONS, AMOUNTS),
    "sendtoaddress": (ADDRESSES, AMOUNTS, TEXTS, TEXTS, FLAGS, FLAGS, NUMBERS, TEXTS, FLAGS, AMOUNTS),
    "signrawtransactionwithwallet": (TRANSACTIONS,),
    "sim_addtransactions": (NUMBERS,),
    "sim_reorg": (NUMBERS,),
}  # fmt: skip
CALLS = st.sampled_from(METHODS).flatmap(
    lambda method: st.tuples(st.just(method), st.lists(st.sampled_from(SENSIBLE) | JUNK, max_size=5))
)
TYPED_CALLS = st.sampled_from(sorted(TYPED)).flatmap(
    lambda method: st.tuples(st.just(method), st.tuples(*TYPED[method]).map(list))
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CALLS | TYPED_CALLS)
async def test_any_call_with_any_parameters_is_answered(call: tuple[str, list[Any]]) -> None:
    node = copy_of_node()

    told = await answer(daemon_of(node), call[0], *call[1])

    assert told["error"] is None or told["error"]["code"] in KNOWN_CODES, told["error"]


async def test_the_sensible_values_reach_the_wallet() -> None:
    node = new_node()
    coins = fund(node, 2)
    daemon = daemon_of(node)

    sent = await answer(daemon, "sendtoaddress", address(FOREIGN), "1.5", "comment")

    assert sent["error"] is None
    assert len(wallet_of(node).transactions) == len(coins) + 1
