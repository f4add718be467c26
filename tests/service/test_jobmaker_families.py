"""A coin of every family: its block is accepted by a daemon that judges it wholly, its coinbase is as meant.

The daemons are simulated: none of most families can be had as a package.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nompcore.address import encode_base58check, script_for
from nompcore.bus import Bus
from nompcore.coin import Coin, parse_coin
from nompcore.coinbase import PPM
from nompcore.encoding import push_data, push_int
from nompcore.messages import BlockFound, Job
from simcoind.block import Block, parse_block
from simcoind.transaction import Transaction, TxOutput
from simcoind.wire_form import BITCOIN, WireForm
from tests.servers import NatsServer, SimCoind
from tests.servers.block_finder import find_block
from tests.servers.jobmaker_process import POOL, JobmakerProcess, pool_keys, write_config
from tests.servers.simcoind import Family
from tests.service.jobmaker_rig import Miners
from tests.simcoind_families import demands_of

TAG = "/families/"
RECIPIENT = encode_base58check(111, b"\x07" * 20)
RECIPIENT_PPM = 15_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A family: what its coin file says, how its daemon is started, and how its transactions are written."""

    coin: dict[str, Any] = field(default_factory=dict)
    family: tuple[Family, ...] = ()
    payees: tuple[str, ...] = ()
    form: WireForm = BITCOIN


SEGWIT = {"gbtRules": ["segwit"]}
KINDS = {
    "no segwit": Kind(),
    "segwit": Kind(SEGWIT),
    "scrypt": Kind({"algorithm": "scrypt"}),
    "a chain of digests": Kind({"algorithm": "x11"}),
    "keccak": Kind({"algorithm": "keccak"}, form=WireForm(hashes_coinbase_once=True)),
    "an N that grows with time": Kind({"algorithm": "scrypt-n"}),
    "named by its work": Kind({"algorithm": "scrypt", "blockHash": "pow"}),
    "coinbase hashed once": Kind({"coinbaseHash": "sha256"}, form=WireForm(hashes_coinbase_once=True)),
    "proof of stake": Kind({"reward": "POS"}, form=WireForm(has_time=True)),
    "proof of stake that only the daemon tells": Kind({}, ("stake",), form=WireForm(has_time=True)),
    "transaction messages": Kind({"txMessages": True}, form=WireForm(has_comments=True)),
    "masternodes and superblocks": Kind(
        {}, ("special-coinbase",), ("dash",), form=WireForm(has_payloads=True)
    ),
    "masternodes as they began": Kind({}, ("old-daemon",), ("olddash",)),
    "founder and treasury": Kind({}, (), ("founder", "treasury")),
    "payee that only the coin file names": Kind({"payees": ["sharks"]}, (), ("sharks",)),
    "miner fund and staking rewards": Kind({}, (), ("ecash",)),
    "mweb": Kind({"gbtRules": ["mweb", "segwit"]}, ("mweb",), form=WireForm(has_extension=True)),
    "old daemon": Kind({}, ("old-daemon",)),
}


def coin_data(kind: Kind) -> dict[str, Any]:
    """The content of the family's coin file."""
    versions = {"pubkeyVersions": [111], "scriptVersions": [196]}
    prefix = {"bech32Prefix": "sim"} if "gbtRules" in kind.coin else {}
    networks = {"main": versions | prefix, "regtest": versions | prefix}
    return {"name": "Simcoin", "symbol": "SIM", "algorithm": "sha256", "networks": networks} | kind.coin


@dataclass(frozen=True, slots=True)
class Stage:
    """One family's daemon, and the miners of the pool that jobmaker works for."""

    kind: Kind
    coin: Coin
    sim: SimCoind
    miners: Miners
    address: str

    async def reward_script(self) -> bytes:
        """What the coin's blocks pay to the pool with: its public key where the coin stakes."""
        if not self.kind.form.has_time:
            return script_for(self.address, self.coin.networks["regtest"])
        pubkey: str = (await self.sim.call("validateaddress", self.address))["pubkey"]
        return b"\x21" + bytes.fromhex(pubkey) + b"\xac"

    async def block(self, name: str) -> Block:
        """A block of the daemon's chain, read by the daemon's own rules."""
        return parse_block(bytes.fromhex(await self.sim.call("getblock", name, 0)), self.kind.form)


@asynccontextmanager
async def staged(directory: Path, nats: NatsServer, kind: Kind) -> AsyncIterator[Stage]:
    """Everything started, with transactions waiting in the daemon's mempool."""
    coins = directory / "coins"
    coins.mkdir()
    (coins / "sim.json").write_text(json.dumps(coin_data(kind)))
    options = ("--maturity=1", "--superblocks=1") if "dash" in kind.payees else ("--maturity=1",)
    sim = SimCoind(
        directory / "sim", coin=coins / "sim.json", family=kind.family, payees=kind.payees, options=options
    )
    await sim.start()
    address = await sim.create_wallet("pool")
    await sim.generate(4, address)
    await sim.call("sim_addtransactions", 3)
    keys = pool_keys([sim.config()], address, coin="sim.json", poolTag=TAG, rewardRecipients={RECIPIENT: 1.5})
    bus = await Bus.connect(nats.url, service="stratum", replica="test")
    await bus.ensure()
    coin = parse_coin("sim.json", coin_data(kind))
    miners = Miners(bus, coin)
    await miners.listen()
    jobmaker = JobmakerProcess(write_config(directory / "config", {POOL: keys}), nats.url, coins_dir=coins)
    try:
        await jobmaker.start()
        yield Stage(kind, coin, sim, miners, address)
    finally:
        await jobmaker.stop()
        print(jobmaker.output)
        await bus.drain()
        await sim.stop()


def fits(template: dict[str, Any], job: Job) -> bool:
    """Whether a job was made of a template like this one."""
    return job.height == template["height"] and bool(job.merkle_branch_hex) == bool(template["transactions"])


@pytest.mark.parametrize("name", KINDS)
async def test_a_block_of_the_family_is_accepted_and_pays_whom_it_should(
    tmp_path: Path, nats_server: NatsServer, name: str
) -> None:
    kind = KINDS[name]
    async with staged(tmp_path, nats_server, kind) as stage:
        template = await stage.sim.call("getblocktemplate", {"rules": list(stage.coin.gbt_rules)})
        assert template["transactions"]
        job = await stage.miners.job(lambda job: fits(template, job))
        found = find_block(job, stage.coin)

        await stage.miners.publish(found)
        fate = await stage.miners.fate_of(found)

        assert (fate.status, set(fate.replies.values())) == ("accepted", {"accepted"})
        tip = await stage.sim.call("getbestblockhash")
        assert tip == found.block_hash_display
        block = await stage.block(tip)
        assert len(block.transactions) == 1 + len(template["transactions"])
        check_coinbase(block, template, found, kind)
        demanded = check_outputs(block.transactions[0], template, await stage.reward_script(), stage.coin)
        assert bool(demanded) == bool(kind.payees)


def check_coinbase(block: Block, template: dict[str, Any], found: BlockFound, kind: Kind) -> None:
    """Every field but the outputs. The template is of the same block, maybe of another second."""
    coinbase = block.transactions[0]
    payload = bytes.fromhex(template.get("coinbase_payload", ""))
    plain = 2 if kind.form.has_comments else 1
    assert coinbase.version == (5 << 16 | 3 if payload else plain)
    assert coinbase.time == (block.header.ntime if kind.form.has_time else 0)
    assert coinbase.locktime == 0
    assert coinbase.tail == (payload or (TAG.encode() if kind.form.has_comments else b""))
    (spent,) = coinbase.inputs
    assert spent.previous.is_null
    assert spent.sequence == 0xFFFFFFFF
    flags = b"".join(bytes.fromhex(value) for value in template["coinbaseaux"].values())
    extranonces = b"\x00\x00\x00\x01" + bytes(4)  # as find_block counts
    begins, ends = push_int(template["height"]) + flags, push_data(extranonces) + push_data(TAG.encode())
    mark = spent.script_sig[len(begins) + 1 : len(begins) + 5]  # the job's own
    assert spent.script_sig == begins + push_data(mark) + ends
    assert spent.witness == ((bytes(32),) if "default_witness_commitment" in template else ())
    assert found.reward_sats == coinbase.outputs[1 if spent.witness else 0].value_sats


def check_outputs(coinbase: Transaction, template: dict[str, Any], script: bytes, coin: Coin) -> int:
    """Commitment, pool, whom the chain demands (counted), recipient: each exactly, and all of the value."""
    network = coin.networks["regtest"]
    commitment = template.get("default_witness_commitment")
    committed = [TxOutput(0, bytes.fromhex(commitment))] if commitment else []
    demanded = [TxOutput(value, to) for value, to in demands_of(template, network)]
    for name in coin.payees:
        row = template[name]
        demanded.append(TxOutput(row["amount"], bytes.fromhex(row["script"])))
    left = template["coinbasevalue"] - sum(output.value_sats for output in demanded)
    part = left * RECIPIENT_PPM // PPM
    pool, recipient = TxOutput(left - part, script), TxOutput(part, script_for(RECIPIENT, network))
    assert list(coinbase.outputs) == [*committed, pool, *demanded, recipient]
    assert sum(output.value_sats for output in coinbase.outputs) == template["coinbasevalue"]
    return len(demanded)
