"""Blocks of every family made from a template, byte by byte: as a pool makes them, apart from the judge."""

from __future__ import annotations

import asyncio
import hashlib
import json
import struct
from dataclasses import dataclass, replace
from typing import Any

from nompcore.address import NetworkParams, script_for
from nompcore.algorithms import PowHash
from nompcore.encoding import from_display
from simcoind.faults import FaultBoard
from simcoind.node import Node
from simcoind.parameters import ChainParameters
from simcoind.rpc.call import Daemon
from simcoind.rpc.dispatch import Client, respond
from simcoind.self_mining import SelfMiner
from simcoind.wire_form import WireForm
from tests.simcoind_chain import NETWORK, NOW, PARAMETERS, new_node

LEGACY = replace(PARAMETERS, gbt_rules=(), network=replace(NETWORK, bech32_hrp=None))

FAMILIES: dict[str, ChainParameters] = {
    "plain": LEGACY,
    "segwit": PARAMETERS,
    "single sha256": replace(LEGACY, form=WireForm(hashes_coinbase_once=True)),
    "stake": replace(LEGACY, form=WireForm(has_time=True)),
    "stake with segwit": replace(PARAMETERS, form=WireForm(has_time=True), block_hash_is_pow=True),
    "comments": replace(LEGACY, form=WireForm(has_comments=True)),
    "dash": replace(LEGACY, form=WireForm(has_payloads=True), payees=("dash",), superblock_interval=1),
    "old dash": replace(LEGACY, payees=("olddash",), is_old=True),
    "founder and treasury": replace(LEGACY, payees=("founder", "treasury")),
    "ecash": replace(LEGACY, payees=("ecash",)),
    "mweb": replace(PARAMETERS, gbt_rules=("mweb", "segwit"), form=WireForm(has_extension=True)),
    "old daemon": replace(LEGACY, is_old=True),
}


@dataclass(frozen=True, slots=True)
class Work:
    """The pieces of a block that a test may spoil; `coinbase_tail` and `ending` hold their own lengths."""

    header: dict[str, int]
    prevhash_le: bytes
    coinbase_head: bytes  # version, and time where the family has one
    script_sig: bytes
    outputs: tuple[tuple[int, bytes], ...]
    witness: bytes
    coinbase_tail: bytes
    transactions: tuple[bytes, ...]
    txids_le: tuple[bytes, ...]
    ending: bytes
    hashes_once: bool

    def coinbase(self, *, with_witness: bool) -> bytes:
        """The first transaction."""
        outputs = b"".join(struct.pack("<q", value) + counted(script) for value, script in self.outputs)
        extended = with_witness and self.witness
        return b"".join(
            [
                self.coinbase_head,
                b"\x00\x01" if extended else b"",
                b"\x01" + bytes(32) + b"\xff" * 4 + counted(self.script_sig) + b"\xff" * 4,
                bytes([len(self.outputs)]) + outputs,
                self.witness if extended else b"",
                bytes(4),
                self.coinbase_tail,
            ]
        )

    def block(self, pow_hash: PowHash) -> bytes:
        """The whole block with a nonce that meets its target; regtest's is met by every second hash."""
        once = hashlib.sha256(self.coinbase(with_witness=False)).digest()
        leaf = once if self.hashes_once else hashlib.sha256(once).digest()
        root = merkle_root([leaf, *self.txids_le])
        count = bytes([1 + len(self.transactions)])
        body = count + self.coinbase(with_witness=True) + b"".join(self.transactions) + self.ending
        target = (self.header["bits"] & 0xFFFFFF) << 8 * ((self.header["bits"] >> 24) - 3)
        for nonce in range(4_096):
            end = struct.pack("<III", self.header["time"], self.header["bits"], nonce)
            header = struct.pack("<i", self.header["version"]) + self.prevhash_le + root + end
            if int.from_bytes(pow_hash(header), "little") <= target:
                return header + body
        raise AssertionError("no nonce")


def counted(data: bytes) -> bytes:
    """Fewer than 253 bytes behind their length."""
    return bytes([len(data)]) + data


def merkle_root(hashes: list[bytes]) -> bytes:
    """Of one or more transaction ids, internal byte order."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], [*hashes, hashes[-1]][1::2], strict=True)
        hashes = [hashlib.sha256(hashlib.sha256(a + b).digest()).digest() for a, b in pairs]
    return hashes[0]


def work_of(
    template: dict[str, Any], parameters: ChainParameters, script: bytes, demanded: list[tuple[int, bytes]]
) -> Work:
    """The block that a template asks for, which pays `script` what `demanded` leaves."""
    form, height = parameters.form, template["height"]
    commitment = template.get("default_witness_commitment")
    payload = template.get("coinbase_payload")
    version = 3 | 5 << 16 if payload else 2
    time = struct.pack("<I", template["curtime"]) if form.has_time else b""
    rows = template["transactions"]
    reward = template["coinbasevalue"] - sum(value for value, _ in demanded)
    committing = [(0, bytes.fromhex(commitment))] if commitment else []
    return Work(
        header={
            "version": template["version"],
            "time": template["curtime"],
            "bits": int(template["bits"], 16),
        },
        prevhash_le=from_display(template["previousblockhash"]),
        coinbase_head=struct.pack("<I", version) + time,
        script_sig=bytes([0x50 + height]) + bytes.fromhex(template["coinbaseaux"].get("flags", "")) + b"pool",
        outputs=(*committing, (reward, script), *demanded),
        witness=b"\x01\x20" + bytes(32) if commitment else b"",
        coinbase_tail=_tail(payload, has_comments=form.has_comments),
        transactions=tuple(bytes.fromhex(row["data"]) for row in rows),
        txids_le=tuple(from_display(row.get("txid", row["hash"])) for row in rows),
        ending=(b"\x01" + bytes.fromhex(template["mweb"]) if "mweb" in template else b"")
        + (b"\x00" if form.has_time else b""),
        hashes_once=form.hashes_coinbase_once,
    )


def _tail(payload: str | None, *, has_comments: bool) -> bytes:
    if payload:
        return counted(bytes.fromhex(payload))
    return counted(b"pool") if has_comments else b""


class Bench:
    """A node of a family with a little money, reached as a pool reaches it: by calls."""

    def __init__(self, parameters: ChainParameters, node: Node | None = None) -> None:
        self.parameters = parameters
        self.node = node or new_node(parameters)
        self.daemon = Daemon(self.node, SelfMiner(self.node), FaultBoard(), asyncio.Event(), NOW)

    async def answer(self, method: str, *params: object) -> dict[str, Any]:
        """Result and error of a call."""
        body = json.dumps({"id": 1, "method": method, "params": params}).encode()
        response = await respond(self.daemon, Client(None, lambda: False), body)
        assert response is not None
        answer: dict[str, Any] = json.loads(response.body)
        return answer

    async def call(self, method: str, *params: object) -> Any:
        """The result of a call that succeeds."""
        answer = await self.answer(method, *params)
        assert answer["error"] is None, answer
        return answer["result"]

    async def earn(self, blocks: int = 4, payments: int = 2) -> str:
        """Mine to an address of the wallet and put payments into the mempool; the address."""
        address: str = await self.call("getnewaddress")
        await self.call("generatetoaddress", blocks, address)
        if payments:
            await self.call("sim_addtransactions", payments)
        return address

    async def template(self) -> dict[str, Any]:
        """What to mine next."""
        rules = list(self.parameters.gbt_rules)
        template: dict[str, Any] = await self.call("getblocktemplate", {"rules": rules})
        return template

    async def work(self, address: str) -> Work:
        """A block that pays the address, or its key where the family wants that."""
        template, script = await self.template(), await self.script(address)
        return work_of(template, self.parameters, script, demands_of(template, self.parameters.network))

    async def script(self, address: str) -> bytes:
        """What a pool pays for an address."""
        told = await self.call("validateaddress", address)
        assert told["isvalid"]
        if self.parameters.has_stake:
            return b"\x21" + bytes.fromhex(told["pubkey"]) + b"\xac"
        return script_for(address, self.parameters.network)

    async def submit(self, block: bytes) -> object:
        """The answer to a block: None, a word, or the code of an error."""
        if self.parameters.is_old:
            answer = await self.answer("getblocktemplate", {"mode": "submit", "data": block.hex()})
        else:
            answer = await self.answer("submitblock", block.hex())
        return answer["error"]["code"] if answer["error"] else answer["result"]


def demands_of(template: dict[str, Any], network: NetworkParams) -> list[tuple[int, bytes]]:
    """The outputs that a template demands, read from each of its dialects."""
    rows = [*template.get("masternode", []), *template.get("superblock", [])]
    rows += [template[name] for name in ("founder", "treasury") if name in template]
    demanded = [(row["amount"], bytes.fromhex(row["script"])) for row in rows]
    if "payee" in template:
        demanded.append((template["payee_amount"], script_for(template["payee"], network)))
    funds = template.get("coinbasetxn", {})
    if funds:
        fund, stake = funds["minerfund"], funds["stakingrewards"]
        demanded.append((fund["minimumvalue"], script_for(fund["addresses"][0], network)))
        demanded.append((stake["minimumvalue"], bytes.fromhex(stake["payoutscript"]["hex"])))
    return demanded
