"""Real headers, blocks, templates and coins that several tests measure the core against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import json5

from nompcore.address import script_for
from nompcore.coin import Coin, parse_coin
from nompcore.coinbase import Recipient
from nompcore.job import PreparedJob, build_job, prepare_job
from nompcore.messages import Job
from nompcore.share import Submission
from nompcore.template import Template, parse_template

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
COIN_FILES = sorted((ROOT / "coins").glob("*.json"))


def vectors(name: str) -> Any:
    """The content of a vector file."""
    return json.loads((VECTORS / name).read_text())


def coin_data(name: str) -> dict[str, Any]:
    """The keys of a shipped coin file."""
    data: dict[str, Any] = json5.loads((ROOT / "coins" / name).read_text())
    return data


def coin(name: str) -> Coin:
    """A shipped coin."""
    return parse_coin(name, coin_data(name))


@dataclass(frozen=True, slots=True)
class RegtestBlock:
    """A template of litecoind, the share that solved it, and the block that litecoind accepted."""

    label: str
    coin: Coin
    answer: dict[str, Any]
    template: Template
    job: Job
    prepared: PreparedJob
    submission: Submission
    block_hash_display: str
    coinbase_txid_display: str
    merkle_root_display: str
    block: bytes


def regtest_blocks() -> list[RegtestBlock]:
    """Litecoin blocks: without transactions, with some, and with extension blocks."""
    litecoin = coin("litecoin.json")
    return [_regtest_block(litecoin, row) for row in vectors("litecoin_regtest.json")["blocks"]]


def _regtest_block(litecoin: Coin, row: dict[str, Any]) -> RegtestBlock:
    network = litecoin.networks["regtest"]
    template = parse_template(row["template"])
    job = build_job(
        template,
        pool="ltc",
        coin=litecoin,
        job_id="1",
        template_id="t",
        pool_script=script_for(row["pool_address"], network),
        pool_tag="/nomp/",
        recipients=[Recipient(script_for(address, network), ppm) for address, ppm in row["recipients"]],
        clean_jobs=True,
        created_ms=0,
    )
    return RegtestBlock(
        label=row["label"],
        coin=litecoin,
        answer=row["template"],
        template=template,
        job=job,
        prepared=prepare_job(job, litecoin),
        submission=Submission(
            bytes.fromhex(row["extranonce1"]), row["extranonce2"], row["ntime"], row["nonce"]
        ),
        block_hash_display=row["block_hash"],
        coinbase_txid_display=row["coinbase_txid"],
        merkle_root_display=row["merkle_root"],
        block=bytes.fromhex(row["block"]),
    )
