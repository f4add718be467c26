"""The simulated daemon is measured against the real one: the same calls, the same blocks, the same answers.

Compared are results where they can be equal, error codes always, and the shape of every answer: what simcoind
tells, litecoind tells too, as the same kind of value.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from nompcore.errors import DaemonRefused
from tests.servers import Litecoind
from tests.servers.litecoind import WALLET
from tests.service.two_daemons import FOREIGN_ADDRESS, RULES, Node, essence, kind, real_node, simulated_node


@pytest.fixture
async def simulated(tmp_path: Path) -> AsyncIterator[Node]:
    async with simulated_node(tmp_path / "simcoind") as node:
        yield node


@pytest.fixture
async def real(litecoind: Litecoind) -> AsyncIterator[Node]:
    async with real_node(litecoind) as node:
        yield node


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
