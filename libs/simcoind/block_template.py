"""The answer of getblocktemplate (BIP 22, 23, 145)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nompcore.encoding import display
from nompcore.target import target_from_nbits
from simcoind.block_assembly import BLOCK_VERSION, transactions_of
from simcoind.block_rules import Position
from simcoind.extension_block import extension_bytes
from simcoind.mempool import MempoolEntry
from simcoind.parameters import ChainParameters
from simcoind.payee_template import payee_fields
from simcoind.payees import demands_at
from simcoind.special_coinbase import coinbase_payload
from simcoind.transaction_rules import MAX_BLOCK_WEIGHT
from simcoind.witness_commitment import commitment_script

MAX_SIGOPS = 80_000

OLD_SIZE_LIMIT, OLD_SIGOPS = 1_000_000, 20_000
"""Bytes and signature operations of a block before segregated witness."""
OLD_FLAGS = "062f503253482f"
"""What daemons before 2014 wanted in each coinbase: /P2SH/."""


def build_template(
    parameters: ChainParameters,
    position: Position,
    prevhash_display: str,
    entries: Sequence[MempoolEntry],
    longpollid: str,
) -> dict[str, Any]:
    """The template of a block at `position`. Signature operations are a guess: one for each input."""
    template: dict[str, Any] = {
        "capabilities": ["proposal"],
        "version": BLOCK_VERSION,
        "previousblockhash": prevhash_display,
        "transactions": _transactions(parameters, position, entries),
        "coinbaseaux": {"flags": OLD_FLAGS} if parameters.is_old else {},
        "coinbasevalue": parameters.subsidy_at(position.height) + sum(entry.fee_sats for entry in entries),
        "longpollid": longpollid,
        "target": f"{target_from_nbits(position.nbits):064x}",
        "mintime": position.median_time + 1,
        "mutable": ["time", "transactions", "prevblock"],
        "noncerange": "00000000ffffffff",
        "curtime": max(position.now_seconds, position.median_time + 1),
        "bits": f"{position.nbits:08x}",
        "height": position.height,
    }
    return template | _limits(parameters) | _family(parameters, position, entries)


def _limits(parameters: ChainParameters) -> dict[str, Any]:
    """Sizes, and the rules of version bits where the daemon knows them."""
    if parameters.is_old:
        return {"sigoplimit": OLD_SIGOPS, "sizelimit": OLD_SIZE_LIMIT}
    rules = ["csv", *(["!segwit", "taproot"] if parameters.has_segwit else [])]
    return {
        "rules": [*rules, *(["mweb"] if parameters.form.has_extension else [])],
        "vbavailable": {},
        "vbrequired": 0,
        "sigoplimit": MAX_SIGOPS,
        "sizelimit": MAX_BLOCK_WEIGHT,
        "weightlimit": MAX_BLOCK_WEIGHT,
    }


def _family(
    parameters: ChainParameters, position: Position, entries: Sequence[MempoolEntry]
) -> dict[str, Any]:
    """What the block needs beside a coinbase that pays somebody, and transactions."""
    fields = payee_fields(parameters, demands_at(parameters, position.height))
    if parameters.has_segwit:
        commitment = commitment_script(transactions_of(parameters, position, entries))
        fields["default_witness_commitment"] = commitment.hex()
    if position.hog_coin is not None:
        fields["mweb"] = extension_bytes(position.height, position.hog_coin).hex()
    if parameters.form.has_payloads:
        fields["coinbase_payload"] = coinbase_payload(position.height).hex()
    return fields


def _transactions(
    parameters: ChainParameters, position: Position, entries: Sequence[MempoolEntry]
) -> list[dict[str, Any]]:
    transactions = transactions_of(parameters, position, entries)
    place = {transaction.txid_le: number for number, transaction in enumerate(transactions, 1)}
    fees = {entry.transaction.txid_le: entry.fee_sats for entry in entries}
    rows = []
    for transaction in transactions:
        parents = {place[i.previous.txid_le] for i in transaction.inputs if i.previous.txid_le in place}
        row = {
            "data": transaction.serialize().hex(),
            "txid": display(transaction.txid_le),
            "hash": display(transaction.wtxid_le),
            "depends": sorted(parents),
            "fee": fees.get(transaction.txid_le, 0),  # a HogEx pays none
            "sigops": len(transaction.inputs),
            "weight": transaction.weight,
        }
        unknown = ("txid", "weight") if parameters.is_old else ()
        rows.append({name: value for name, value in row.items() if name not in unknown})
    return rows
