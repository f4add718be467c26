"""The answer of getblocktemplate (BIP 22, 23, 145)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nompcore.encoding import display
from nompcore.target import target_from_nbits
from simcoind.block_assembly import BLOCK_VERSION
from simcoind.block_rules import Position
from simcoind.mempool import MempoolEntry
from simcoind.parameters import ChainParameters
from simcoind.transaction_rules import MAX_BLOCK_WEIGHT
from simcoind.witness_commitment import commitment_script

MAX_SIGOPS = 80_000


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
        "rules": ["csv", "!segwit", "taproot"] if parameters.has_segwit else ["csv"],
        "vbavailable": {},
        "vbrequired": 0,
        "previousblockhash": prevhash_display,
        "transactions": _transactions(entries),
        "coinbaseaux": {},
        "coinbasevalue": parameters.subsidy_at(position.height) + sum(entry.fee_sats for entry in entries),
        "longpollid": longpollid,
        "target": f"{target_from_nbits(position.nbits):064x}",
        "mintime": position.median_time + 1,
        "mutable": ["time", "transactions", "prevblock"],
        "noncerange": "00000000ffffffff",
        "sigoplimit": MAX_SIGOPS,
        "sizelimit": MAX_BLOCK_WEIGHT,
        "weightlimit": MAX_BLOCK_WEIGHT,
        "curtime": max(position.now_seconds, position.median_time + 1),
        "bits": f"{position.nbits:08x}",
        "height": position.height,
    }
    if parameters.has_segwit:
        commitment = commitment_script(entry.transaction for entry in entries)
        template["default_witness_commitment"] = commitment.hex()
    return template


def _transactions(entries: Sequence[MempoolEntry]) -> list[dict[str, Any]]:
    place = {entry.transaction.txid_le: number for number, entry in enumerate(entries, 1)}
    rows = []
    for entry in entries:
        transaction = entry.transaction
        parents = {place[i.previous.txid_le] for i in transaction.inputs if i.previous.txid_le in place}
        rows.append(
            {
                "data": transaction.serialize().hex(),
                "txid": display(transaction.txid_le),
                "hash": display(transaction.wtxid_le),
                "depends": sorted(parents),
                "fee": entry.fee_sats,
                "sigops": len(transaction.inputs),
                "weight": transaction.weight,
            }
        )
    return rows
