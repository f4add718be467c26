"""The simulated daemon is measured against the real one: the same calls, the same blocks, the same answers.

Compared are results where they can be equal, error codes always, and the shape of every answer: what simcoind
tells, litecoind tells too, as the same kind of value.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nompcore.daemon import Daemon
from nompcore.errors import DaemonError, DaemonRefused
from nompcore.hashing import pow_hash
from simcoind.block import Block
from tests.block_mutations import (
    MUTATIONS,
    block_of,
    paying,
    solved,
    with_broken_signature,
    with_coinbase_input,
    with_transactions,
)
from tests.servers import Litecoind, SimCoind
from tests.servers.litecoind import WALLET
from tests.simcoind_chain import FOREIGN

RULES = {"rules": ["mweb", "segwit"]}
SCRYPT = pow_hash("scrypt")
BLOCKS = 103
"""Blocks mined to the wallet: after 103, three coinbases are mature."""
FOREIGN_ADDRESS = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"


@dataclass
class Node:
    """A daemon with a wallet that has three mature coins, and how to ask it."""

    daemon: Daemon
    address: str

    async def ask(self, method: str, *params: object) -> Any:
        """The result, or the error's code and text."""
        try:
            return await self.daemon.call(method, *params, timeout_seconds=60)
        except DaemonRefused as error:
            return error
        except DaemonError as error:
            return type(error)


async def ready(daemon: Daemon) -> Node:
    address = await daemon.call("getnewaddress")
    await daemon.call("generatetoaddress", BLOCKS, address, timeout_seconds=60)
    return Node(daemon, address)


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[Node]:
    """simcoind."""
    server = SimCoind(tmp_path / "simcoind")
    await server.start()
    await server.create_wallet(WALLET)
    async with server.daemon(WALLET) as daemon:
        yield await ready(daemon)
    await server.stop()


@pytest.fixture
async def real(litecoind: Litecoind) -> AsyncIterator[Node]:
    """litecoind."""
    async with litecoind.daemon(WALLET) as daemon:
        yield await ready(daemon)


def kind(value: object) -> str:
    """The JSON kind of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    return type(value).__name__


def differences(simulated: Any, real: Any, where: str = "") -> list[str]:
    """Where the simulated answer has something that the real one has not, or another kind of value."""
    if isinstance(simulated, DaemonRefused) or isinstance(real, DaemonRefused):
        codes = [getattr(answer, "code", answer) for answer in (simulated, real)]
        return [] if codes[0] == codes[1] else [f"{where}: {simulated} instead of {real}"]
    if kind(simulated) != kind(real):
        return [f"{where}: {simulated!r} instead of {real!r}"]
    if isinstance(simulated, dict):
        unknown = [f"{where}.{name} is not in {sorted(real)}" for name in simulated.keys() - real.keys()]
        common = simulated.keys() & real.keys()
        return unknown + [
            d for name in common for d in differences(simulated[name], real[name], f"{where}.{name}")
        ]
    if isinstance(simulated, list) and simulated and real:
        return differences(simulated[0], real[0], f"{where}[0]")
    return []


async def compare(simulated: Node, real: Node, method: str, *params: object) -> list[str]:
    """Ask both the same."""
    return differences(await simulated.ask(method, *params), await real.ask(method, *params), method)


QUESTIONS: Sequence[tuple[str, *tuple[object, ...]]] = [
    ("getblockchaininfo",),
    ("getnetworkinfo",),
    ("getmininginfo",),
    ("getnetworkhashps",),
    ("getdifficulty",),
    ("getpeerinfo",),
    ("getconnectioncount",),
    ("getblockcount",),
    ("getbestblockhash",),
    ("uptime",),
    ("getblockhash", 1),
    ("getblockhash", 1_000),
    ("getblockhash", "one"),
    ("getblockhash",),
    ("getblockheader", "00" * 32),
    ("getblock", "00" * 32),
    ("getblock", "zz"),
    ("getblocktemplate",),
    ("getblocktemplate", {"rules": ["segwit"]}),
    ("getblocktemplate", RULES),
    ("getblocktemplate", {"mode": "submit"}),
    ("getblocktemplate", {"mode": "proposal"}),
    ("getblocktemplate", {"mode": "proposal", "data": "00"}),
    ("getblocktemplate", RULES | {"longpollid": "short"}),
    ("submitblock",),
    ("submitblock", "00"),
    ("submitblock", "no hex"),
    ("validateaddress", FOREIGN_ADDRESS),
    ("validateaddress", "junk"),
    ("getaddressinfo", FOREIGN_ADDRESS),
    ("getaddressinfo", "junk"),
    ("getbalance",),
    ("getbalances",),
    ("getwalletinfo",),
    ("listwallets",),
    ("listunspent",),
    ("listtransactions",),
    ("listsinceblock",),
    ("listlockunspent",),
    ("getmempoolinfo",),
    ("getrawmempool",),
    ("estimatesmartfee", 6),
    ("gettransaction", "00" * 32),
    ("gettransaction", "zz"),
    ("getrawtransaction", "00" * 32),
    ("createrawtransaction", [], {FOREIGN_ADDRESS: 1.5}),
    ("createrawtransaction", [], [{FOREIGN_ADDRESS: "1.5"}, {"data": "00ff"}]),
    ("createrawtransaction", [], {"junk": 1}),
    ("createrawtransaction", [], {FOREIGN_ADDRESS: 1.123456789}),
    ("createrawtransaction", [], {FOREIGN_ADDRESS: -1}),
    ("createrawtransaction", [], {FOREIGN_ADDRESS: "one"}),
    ("createrawtransaction", [{"txid": "11" * 32, "vout": -1}], {FOREIGN_ADDRESS: 1}),
    ("createrawtransaction", []),
    ("decoderawtransaction", "00"),
    ("sendrawtransaction", "00"),
    ("signrawtransactionwithwallet", "00"),
    ("sendtoaddress", "junk", 1),
    ("sendtoaddress", FOREIGN_ADDRESS, 0),
    ("sendtoaddress", FOREIGN_ADDRESS, 1_000),
    ("sendtoaddress", FOREIGN_ADDRESS, "0.123456789"),
    ("sendmany", "account", {FOREIGN_ADDRESS: 1}),
    ("sendmany", "", {}),
    ("sendmany", "", {FOREIGN_ADDRESS: 0.00000001}),
    ("sendmany", "", {FOREIGN_ADDRESS: 1, "junk": 1}),
    ("sendmany", "", {FOREIGN_ADDRESS: 1_000}),
    ("lockunspent", False, [{"txid": "22" * 32, "vout": 0}]),
    ("invalidateblock", "33" * 32),
    ("createwallet", WALLET),
    ("loadwallet", WALLET),
    ("loadwallet", "nobody"),
    ("getinfo",),
    ("getaccount", FOREIGN_ADDRESS),
]


async def test_questions_are_answered_in_the_same_shape(simulated: Node, real: Node) -> None:
    found = [difference for question in QUESTIONS for difference in await compare(simulated, real, *question)]

    assert found == []


async def payment_script(node: Node) -> list[tuple[str, Any]]:
    """Pay by the raw path, twice, in conflict, in a block and through a reorganisation; every answer."""
    answers: list[tuple[str, Any]] = []

    async def ask(method: str, *params: object) -> Any:
        answers.append((method, await node.ask(method, *params)))
        return answers[-1][1]

    draft = await ask("createrawtransaction", [], {FOREIGN_ADDRESS: "1.5"})
    funded = await ask(
        "fundrawtransaction", draft, {"lockUnspents": True, "changePosition": 1, "feeRate": "0.0002"}
    )
    await ask("fundrawtransaction", draft, {"changePosition": 2})
    await ask("fundrawtransaction", draft, {"nonsense": 1})
    await ask("listlockunspent")
    signed = (await ask("signrawtransactionwithwallet", funded["hex"]))["hex"]
    decoded = await ask("decoderawtransaction", signed)
    await ask("gettransaction", decoded["txid"])
    await ask("sendrawtransaction", funded["hex"])
    await ask("sendrawtransaction", signed)
    await ask("sendrawtransaction", signed)
    await ask("gettransaction", decoded["txid"])
    await ask("getrawtransaction", decoded["txid"], True)
    # keyed by txids, which differ
    answers.append(("getrawmempool", list((await node.ask("getrawmempool", True)).values())))
    spent = [{"txid": decoded["vin"][0]["txid"], "vout": decoded["vin"][0]["vout"]}]
    rival = await ask("createrawtransaction", spent, {FOREIGN_ADDRESS: "49.99"})
    rival_signed = (await ask("signrawtransactionwithwallet", rival))["hex"]
    await ask("sendrawtransaction", rival_signed)
    await ask("getblocktemplate", RULES)
    (block_hash,) = await ask("generatetoaddress", 1, node.address)
    await ask("sendrawtransaction", signed)
    await ask("sendrawtransaction", rival_signed)
    await ask("gettransaction", decoded["txid"])
    coinbase = (await ask("getblock", block_hash))["tx"][0]
    await ask("getblockheader", block_hash)
    await ask("gettransaction", coinbase)
    await ask("invalidateblock", block_hash)
    await ask("gettransaction", coinbase)
    await ask("gettransaction", decoded["txid"])
    await ask("getblock", block_hash)
    await ask("generatetoaddress", 2, FOREIGN_ADDRESS)
    await ask("reconsiderblock", block_hash)
    await ask("gettransaction", coinbase)
    await ask("getblockheader", block_hash)
    await ask("getchaintips")
    await ask("gettransaction", decoded["txid"])
    await ask("sendtoaddress", FOREIGN_ADDRESS, "0.5", "a comment", "to whom")
    many = await ask("sendmany", "", {FOREIGN_ADDRESS: "0.25"}, 1, "many", [FOREIGN_ADDRESS])
    await ask("gettransaction", many)
    await ask("listtransactions", "*", 1)
    return answers


def essence(answer: Any) -> Any:
    """What must be equal in both worlds, whose hashes and times differ."""
    if isinstance(answer, DaemonRefused):
        # in brackets and behind a comma are details; which flags are mandatory is a matter of real scripts
        return (
            answer.code,
            re.split(r"[,(]", answer.text)[0].strip().removeprefix("non-").removesuffix("-failed"),
        )
    if isinstance(answer, dict):
        names = (
            "amount",
            "fee",
            "confirmations",
            "complete",
            "changepos",
            "generated",
            "comment",
            "to",
        )
        told = {name: answer[name] for name in names if name in answer}
        return told | {"details": [(row["category"], row["amount"]) for row in answer.get("details", [])]}
    return kind(answer)


async def test_a_payment_goes_the_same_way(simulated: Node, real: Node) -> None:
    ours, theirs = await payment_script(simulated), await payment_script(real)

    shapes = [
        difference
        for (method, mine), (_, other) in zip(ours, theirs, strict=True)
        for difference in differences(mine, other, method)
    ]
    assert shapes == []
    assert [(method, essence(answer)) for method, answer in ours] == [
        (method, essence(answer)) for method, answer in theirs
    ]


async def good_block(node: Node, extranonce: int = 0) -> Block:
    return block_of(await node.daemon.call("getblocktemplate", RULES), FOREIGN, extranonce)


async def submit(node: Node, block: Block, *, meets_target: bool = True) -> Any:
    ready_block = solved(block, SCRYPT, meets_target=meets_target)
    return await node.ask("submitblock", ready_block.serialize().hex())


async def with_payments(node: Node) -> Node:
    """The node with two payments in its mempool, each from a coin of its own."""
    for _ in range(2):
        await node.daemon.call("sendtoaddress", FOREIGN_ADDRESS, 40)
    return node


async def spoilt(node: Node) -> dict[str, Any]:
    """What a node says to each spoilt block. Each is made of another good one: headers are remembered."""
    return {
        name: await submit(
            node, mutation.change(await good_block(node, extranonce)), meets_target=mutation.meets_target
        )
        for extranonce, (name, mutation) in enumerate(MUTATIONS.items(), 100)
    }


async def proposed(node: Node) -> dict[str, Any]:
    """What a node says to proposals. The next template may be another one: take the blocks first."""

    async def propose(block: Block) -> Any:
        return await node.ask("getblocktemplate", {"mode": "proposal", "data": block.serialize().hex()})

    verdicts = {
        "good": await propose(await good_block(node, 200)),
        "pays too much": await propose(paying(await good_block(node, 201), 1)),
        "no witness": await propose(with_coinbase_input(await good_block(node, 202), witness=())),
    }
    old = await good_block(node, 203)
    verdicts["submitted"] = await submit(node, await good_block(node, 204))
    return verdicts | {"on the old tip": await propose(old)}


async def submitted(node: Node) -> dict[str, Any]:
    """What a node says to good blocks and to what is hardly a block."""
    good, sibling = await good_block(node, 300), await good_block(node, 301)
    broken = await submit(node, with_broken_signature(await good_block(node, 302)))
    bare = with_coinbase_input(good, witness=())
    return {
        "broken signature": isinstance(broken, str),
        "without the witness nonce": await submit(node, bare),
        "again": await submit(node, bare),
        "sibling": await submit(node, sibling),
        "coinbase last": essence(await submit(node, with_transactions(good, *good.transactions[::-1]))),
        "header only": essence(await node.ask("submitblock", good.header.serialize().hex() + "00")),
        "cut short": essence(await node.ask("submitblock", good.serialize().hex()[:-2])),
    }


async def test_spoilt_blocks_are_refused_with_the_same_reason(simulated: Node, real: Node) -> None:
    ours, theirs = await spoilt(await with_payments(simulated)), await spoilt(await with_payments(real))

    assert ours == theirs
    assert ours == {name: mutation.answer for name, mutation in MUTATIONS.items()}


async def test_proposals_are_judged_the_same(simulated: Node, real: Node) -> None:
    ours, theirs = await proposed(await with_payments(simulated)), await proposed(await with_payments(real))

    assert ours == theirs
    assert ours["good"] is None


async def test_submissions_are_answered_the_same(simulated: Node, real: Node) -> None:
    ours, theirs = await submitted(await with_payments(simulated)), await submitted(await with_payments(real))

    assert ours == theirs
    assert ours["without the witness nonce"] is None
