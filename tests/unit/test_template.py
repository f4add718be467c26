from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from nompcore.coinbase import Output
from nompcore.encoding import display
from nompcore.errors import TemplateError
from nompcore.hashing import sha256d
from nompcore.template import parse_bare_template, parse_template, read_answer
from tests.unit.chain_samples import RegtestBlock, regtest_blocks

BLOCKS = regtest_blocks()
PLAIN: dict[str, Any] = {
    "height": 1000,
    "version": 536870912,
    "previousblockhash": "00" * 31 + "01",
    "bits": "1d00ffff",
    "curtime": 1700000000,
    "coinbasevalue": 5_000_000_000,
    "transactions": [],
}


def as_json(answer: dict[str, Any]) -> dict[str, msgspec.Raw]:
    return {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in answer.items()}


def changed(key: str, value: Any) -> dict[str, Any]:
    return {**PLAIN, key: value}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_a_template_of_a_real_node_is_understood(block: RegtestBlock) -> None:
    answer, template = block.answer, block.template

    assert template.height == answer["height"]
    assert template.prevhash_display == answer["previousblockhash"]
    assert f"{template.target:064x}" == answer["target"]
    assert [t.data.hex() for t in template.transactions] == [t["data"] for t in answer["transactions"]]
    assert [display(t.txid_le) for t in template.transactions] == [t["txid"] for t in answer["transactions"]]
    assert template.witness_commitment == bytes.fromhex(answer["default_witness_commitment"])
    assert (template.mweb.hex() if template.mweb else None) == answer.get("mweb")
    assert template.flags == b""
    assert template.rules == tuple(answer["rules"])
    assert template.mintime == answer["mintime"]
    assert template.longpollid == answer["longpollid"]


def test_the_least_a_template_holds_is_enough() -> None:
    template = parse_template(PLAIN)

    assert template.target == 0xFFFF << 208
    assert template.witness_commitment is None
    assert template.mweb is None
    assert template.transactions == ()
    assert template.mintime == 0


def test_what_a_pool_does_not_need_is_ignored() -> None:
    assert parse_template({**PLAIN, "sizelimit": 4000000, "fee": Decimal("0.1")}) == parse_template(PLAIN)


def test_coinbaseaux_values_all_go_into_the_coinbase() -> None:
    assert parse_template(changed("coinbaseaux", {"flags": "0102", "more": "03"})).flags == b"\x01\x02\x03"


def test_an_old_node_names_a_transaction_by_its_hash() -> None:
    data = b"a transaction"
    row = {"data": data.hex(), "hash": display(sha256d(data))}

    assert parse_template(changed("transactions", [row])).transactions[0].txid_le == sha256d(data)


def test_a_transaction_with_witness_is_named_by_its_txid() -> None:
    row = {"data": "00", "hash": "11" * 32, "txid": "22" * 32}

    assert parse_template(changed("transactions", [row])).transactions[0].txid_le == b"\x22" * 32


def test_a_negative_version_is_kept() -> None:
    assert parse_template(changed("version", -2147483646)).version == -2147483646


@pytest.mark.parametrize("key", sorted(PLAIN))
def test_a_template_without_a_necessary_field_is_refused_by_name(key: str) -> None:
    with pytest.raises(TemplateError, match=key):
        parse_template({k: value for k, value in PLAIN.items() if k != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("height", 0),
        ("height", "1000"),
        ("height", None),
        ("version", 2**32),
        ("version", -(2**31) - 1),
        ("version", 10**30),
        ("previousblockhash", "00" * 31),
        ("previousblockhash", 7),
        ("bits", "1d00ff"),
        ("bits", "1d00fffg"),
        ("bits", "04923456"),
        ("bits", "00000000"),
        ("target", "00" * 31),
        ("target", "00" * 32),
        ("curtime", -1),
        ("curtime", 2**32),
        ("curtime", Decimal("1.5")),
        ("coinbasevalue", -1),
        ("coinbasevalue", 2**63),
        ("transactions", {}),
        ("transactions", [{"txid": "00" * 32}]),
        ("transactions", [{"data": "00"}]),
        ("transactions", [{"data": "0", "txid": "00" * 32}]),
        ("transactions", [{"data": "00", "txid": "00"}]),
        ("coinbaseaux", {"flags": "zz"}),
        ("coinbaseaux", {"flags": 1}),
        ("default_witness_commitment", "6a2"),
        ("mweb", "0g"),
        ("rules", "segwit"),
        ("rules", ["csv", "!signet"]),
    ],
)
def test_a_template_that_cannot_be_mined_is_refused(key: str, value: Any) -> None:
    with pytest.raises(TemplateError):
        parse_template(changed(key, value))


@pytest.mark.parametrize(
    ("key", "value"), [("height", 1), ("curtime", 0), ("mintime", 0), ("coinbasevalue", 0)]
)
def test_the_smallest_numbers_of_a_young_chain_are_taken(key: str, value: int) -> None:
    assert getattr(parse_template(changed(key, value)), key) == value


def test_rules_that_are_forced_and_known_are_taken() -> None:
    assert parse_template(changed("rules", ["csv", "!segwit", "mweb", "taproot"])).rules[1] == "!segwit"


def test_what_the_daemon_wants_paid_is_part_of_the_template() -> None:
    demand = {"masternode": [{"payee": "X", "script": "51", "amount": 3}], "coinbase_payload": "0a0b"}

    template = parse_template({**PLAIN, **demand, "capabilities": ["proposal"]})

    assert template.payees == (Output(3, b"\x51"),)
    assert template.coinbase_payload == b"\x0a\x0b"
    assert template.can_propose


def test_empty_lists_of_payees_are_no_demand() -> None:
    assert parse_template({**PLAIN, "masternode": [], "superblock": [], "payee": ""}) == parse_template(PLAIN)


def with_fees(*fees: int | None, **keys: Any) -> dict[str, Any]:
    rows = [
        {"data": "00", "txid": f"{n:064x}"} | ({} if fee is None else {"fee": fee})
        for n, fee in enumerate(fees)
    ]
    return {**PLAIN, "transactions": rows, "default_witness_commitment": "6a24aa21a9ed", **keys}


def test_an_empty_block_earns_no_fees_and_commits_to_no_witness() -> None:
    bare = parse_bare_template(with_fees(100, 0, 23))

    assert bare == replace(parse_template(PLAIN), coinbasevalue=PLAIN["coinbasevalue"] - 123)


@pytest.mark.parametrize(
    "answer",
    [
        PLAIN,
        with_fees(100, None),
        with_fees(PLAIN["coinbasevalue"] + 1),
        with_fees(1, mweb="00"),
        with_fees(1, coinbase_payload="00"),
        with_fees(1, founder={"script": "51", "amount": 1}),
    ],
    ids=["none to leave out", "unknown fee", "fees above the value", "mweb", "payload", "payee"],
)
def test_a_block_is_not_emptied_where_that_could_make_it_wrong(answer: dict[str, Any]) -> None:
    assert parse_bare_template(answer) is None


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)
def test_an_answer_read_from_json_gives_the_same_template(block: RegtestBlock) -> None:
    answer = read_answer(as_json(block.answer))

    assert parse_template(answer) == block.template
    assert parse_bare_template(answer) == parse_bare_template(block.answer)


def test_fields_that_only_some_daemons_know_are_read_too() -> None:
    fields = as_json(with_fees(1, founder={"script": "51", "amount": 1}, odd=[{"x": None}]))
    answer = read_answer(fields | {"difficulty": msgspec.Raw(b"0.1")})

    assert parse_template(answer).payees == (Output(1, b"\x51"),)
    assert (answer["odd"], answer["difficulty"]) == ([{"x": None}], Decimal("0.1"))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("transactions", b"{}"),
        ("transactions", b'[{"txid": "00"}]'),
        ("transactions", b'[{"data": "00", "txid": "", "fee": 0.5}]'),
        ("transactions", b'[{"data": "\xff\xfe"}]'),
        ("bits", b'"\xff\xfe"'),
        ("rules", b"[" * 100_000),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(field: str, text: bytes) -> None:
    with pytest.raises(TemplateError):
        read_answer(as_json(PLAIN) | {field: msgspec.Raw(text)})
