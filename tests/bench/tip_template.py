"""Block templates as a busy mainnet gives them, their JSON made beforehand. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from nompcore.encoding import display
from nompcore.target import target_from_nbits
from simcoind.transaction import OutPoint, Transaction, TxInput, TxOutput
from simcoind.witness_commitment import commitment_script

TRANSACTIONS = 4000
"""With one to three inputs each: 1.4 MB of transactions, 3.6 MB of JSON, 3.1 million weight units."""

SUBSIDY_SATS = 312_500_000
NBITS = 0x1703A30C  # nobody meets that
VERSION = 0x20000000
SIGNATURE_SIZE, PUBLIC_KEY_SIZE = 72, 33


@dataclass(frozen=True, slots=True)
class Payload:
    """The transactions of a template."""

    rows_json: bytes  # the array `transactions`
    fees_sats: int
    commitment: bytes  # output script


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the chain a template's block would stand."""

    prevhash_display: str
    height: int
    now_seconds: int


def make_payload(random: Random, count: int = TRANSACTIONS) -> Payload:
    """Payments with witness; ids, weights and commitment are those of the bytes."""
    transactions = [_payment(random) for _ in range(count)]
    rows = [_row(transaction, random.randrange(200, 20_000)) for transaction in transactions]
    return Payload(
        rows_json=_json(rows),
        fees_sats=sum(int(str(row["fee"])) for row in rows),
        commitment=commitment_script(transactions),
    )


def template_json(payload: Payload, place: Place, longpollid: str) -> tuple[bytes, ...]:
    """The object in parts, to be sent as they are, in the order of Bitcoin Core's fields."""
    before = {
        "capabilities": ["proposal"],
        "version": VERSION,
        "rules": ["csv", "!segwit", "taproot"],
        "vbavailable": {},
        "vbrequired": 0,
        "previousblockhash": place.prevhash_display,
    }
    after: dict[str, object] = {
        "coinbaseaux": {},
        "coinbasevalue": SUBSIDY_SATS + payload.fees_sats,
        **({"longpollid": longpollid} if longpollid else {}),
        "target": f"{target_from_nbits(NBITS):064x}",
        "mintime": place.now_seconds - 3600,
        "mutable": ["time", "transactions", "prevblock"],
        "noncerange": "00000000ffffffff",
        "sigoplimit": 80_000,
        "sizelimit": 4_000_000,
        "weightlimit": 4_000_000,
        "curtime": place.now_seconds,
        "bits": f"{NBITS:08x}",
        "height": place.height,
        "default_witness_commitment": payload.commitment.hex(),
    }
    return _json(before)[:-1] + b',"transactions":', payload.rows_json, b"," + _json(after)[1:]


def _payment(random: Random) -> Transaction:
    inputs = tuple(_spend(random) for _ in range(random.choice((1, 1, 2, 2, 3))))
    outputs = tuple(
        TxOutput(random.randrange(1000, 10**9), b"\x00\x14" + random.randbytes(20)) for _ in range(2)
    )
    return Transaction(2, inputs, outputs)


def _spend(random: Random) -> TxInput:
    witness = (random.randbytes(SIGNATURE_SIZE), random.randbytes(PUBLIC_KEY_SIZE))
    return TxInput(OutPoint(random.randbytes(32), random.randrange(4)), sequence=0xFFFFFFFD, witness=witness)


def _row(transaction: Transaction, fee_sats: int) -> dict[str, object]:
    return {
        "data": transaction.serialize().hex(),
        "txid": display(transaction.txid_le),
        "hash": display(transaction.wtxid_le),
        "depends": [],
        "fee": fee_sats,
        "sigops": len(transaction.inputs),
        "weight": transaction.weight,
    }


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
