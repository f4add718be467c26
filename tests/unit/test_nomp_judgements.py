"""The doctor's judgements where no server can be made to say it, or not within a test."""

from __future__ import annotations

import resource
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Table

from deploy.operator.checks.certificate_dates import NotACertificate, valid_until
from deploy.operator.checks.clock import judge_chains, judge_servers
from deploy.operator.checks.configuration import of_problem
from deploy.operator.checks.descriptors import judge as judge_descriptors
from deploy.operator.checks.directories import judge_room
from deploy.operator.checks.hash_library import judge as judge_hashes
from deploy.operator.checks.mpos_judgement import Shown, judge_refusal
from deploy.operator.checks.mpos_judgement import judge_tables as judge_mpos
from deploy.operator.checks.mpos_uses import position_uses, used_columns, uses
from deploy.operator.checks.nats_server import judge_storage
from deploy.operator.checks.other_portals import judge as judge_portals
from deploy.operator.checks.port_owner import owner_of
from deploy.operator.checks.ports import Claim
from deploy.operator.checks.ports import judge as judge_port
from deploy.operator.checks.redis_store import judge as judge_redis
from deploy.operator.findings import Finding, Level
from nompcore.config import ConfigProblem, MposConfig
from nompcore.config.mpos import LoginCheck
from services.payouts.mpos.mpos_tables import mpos_metadata

PEM = """
-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUBqnJY2mHprWFXnIChZuDs++8E3owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJcG9vbC50ZXN0MB4XDTI2MTEyNjIxMTgwNFoXDTI2MTIyNjIx
MTgwNFowFDESMBAGA1UEAwwJcG9vbC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEMxog/w7D7IrzYGxBcFpc9nFBIO4aP+lPpWO1rY5X7t9AdyhLEDLXINvE
gEEy0i6uvkDvaAJacZk9wcvWZnRJhaNTMFEwHQYDVR0OBBYEFLyUISGcjDI4r0Fq
4KsDXzwrCyrIMB8GA1UdIwQYMBaAFLyUISGcjDI4r0Fq4KsDXzwrCyrIMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAIh1qORygtTJE3nWkjhisrwj
hVE1MBodb4jI1yLUe30RAiEAq8rzAo8WGB2m9f7YuInemht0wglW9glS31P8QVK7
CxU=
-----END CERTIFICATE-----
"""
"""Made by `openssl req -x509`, which says when it ends."""

ENDS = datetime(2026, 12, 26, 21, 18, 4, tzinfo=UTC)


def _codes(found: list[Finding]) -> list[tuple[str, Level]]:
    return [(finding.code, finding.level) for finding in found]


def test_the_end_of_a_certificate_is_read() -> None:
    assert valid_until(PEM) == ENDS
    assert valid_until(f"a note before it\n{PEM}{PEM}") == ENDS


@given(st.binary(max_size=300))
def test_other_bytes_are_no_certificate(der: bytes) -> None:
    with pytest.raises(NotACertificate):
        valid_until(ssl.DER_cert_to_PEM_cert(der))


@given(st.integers(min_value=1))
def test_a_certificate_that_is_cut_short_is_none(missing: int) -> None:
    der = ssl.PEM_cert_to_DER_cert(PEM.strip())
    with pytest.raises(NotACertificate):
        valid_until(ssl.DER_cert_to_PEM_cert(der[: -(missing % len(der)) or -1]))


def test_text_without_a_certificate_is_none() -> None:
    for text in ("", "-----END CERTIFICATE----------BEGIN CERTIFICATE-----"):
        with pytest.raises(NotACertificate):
            valid_until(text)


@given(st.floats(-5, 5))
def test_clocks_a_little_apart_are_well(ahead: float) -> None:
    assert judge_servers(ahead) == []


def test_clocks_far_apart_tell_which_way() -> None:
    assert "ahead of" in judge_servers(60.0)[0].what
    assert "behind" in judge_servers(-60.0)[0].what
    assert _codes(judge_chains({"a": 1000, "b": 1100}, 1000.0)) == [("clock-behind-chain", Level.WRONG)]


def test_a_store_without_room_is_told_before_it_is_full() -> None:
    config = {"sync_always": True, "max_storage": 100}
    assert _codes(judge_storage("NATS", {"config": config, "stats": {"storage": 80}})) == [
        ("nats-full", Level.WRONG)
    ]
    assert _codes(judge_storage("NATS", {"config": config, "stats": {"storage": 79}})) == [
        ("nats-storage", Level.FINE)
    ]


def test_a_disk_without_room_is_told() -> None:
    assert _codes(judge_room("ledger", 1 << 20)) == [("disk-full", Level.WRONG)]
    assert judge_room("ledger", 1 << 40) == []


def test_redis_that_cannot_write_is_told() -> None:
    info = {"aof_enabled": 1, "aof_last_write_status": "err"}
    assert _codes(judge_redis("Redis", info, "")) == [("redis-disk", Level.WRONG)]


ALL_OF_MPOS = MposConfig(
    host="127.0.0.1", port=3306, user="nomp", password=SecretStr(""), database="mpos",
    login_check=LoginCheck.PASSWORD, auto_create_worker=True,
)  # fmt: skip


@pytest.mark.parametrize("table", mpos_metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_that_payouts_knows_of_mpos_is_looked_for(table: Table) -> None:
    generated = set() if table.name in ("shares", "accounts") else {"id"}
    assert used_columns(uses(ALL_OF_MPOS), table.name) == {column.name for column in table.c} - generated


@pytest.mark.parametrize("table", mpos_metadata.sorted_tables, ids=lambda table: table.name)
def test_each_missing_column_of_mpos_is_named(table: Table) -> None:
    wanted = uses(ALL_OF_MPOS)
    columns = {table.name: {column.name for column in table.c} for table in mpos_metadata.sorted_tables}
    assert judge_mpos("MPOS", Shown(columns, "InnoDB"), wanted) == []
    for name in used_columns(wanted, table.name):
        (found,) = judge_mpos(
            "MPOS", Shown({**columns, table.name: columns[table.name] - {name}}, "InnoDB"), wanted
        )
        assert found.code == "mpos-columns"
        assert f"table {table.name} has no {name}," in found.what


def test_what_the_database_refuses_is_told_by_its_number() -> None:
    (create, *_), (select, *_) = position_uses(is_there=False), uses(ALL_OF_MPOS)

    assert _codes(judge_refusal("MPOS", "mpos.shares", select, 1205, "Lock wait")) == [
        ("mpos-busy", Level.UNCHECKED)
    ]
    assert _codes(judge_refusal("MPOS", "mpos.shares", select, 1146, "no such table")) == [
        ("mpos-refuses", Level.WRONG)
    ]
    assert judge_refusal("MPOS", "mpos.nomp_positions", create, 1146, "no such table") == []


def test_a_hash_that_is_wrong_is_worse_than_one_that_is_slow() -> None:
    assert _codes(judge_hashes("scrypt", is_compiled=True, trouble="hashes wrongly")) == [
        ("hash-wrong", Level.WRONG)
    ]
    assert _codes(judge_hashes("scrypt", is_compiled=False, trouble="")) == [("hash-slow", Level.HINT)]


def test_only_pools_at_work_are_another_portals() -> None:
    times = {"mine": 1_000_000, "theirs": 1_000_000, "of-yesterday": 0}

    (found,) = judge_portals(times, {"mine"}, 1010.0)

    assert "theirs" in found.what
    assert "of-yesterday" not in found.what
    assert judge_portals(times, {"mine", "theirs"}, 1010.0) == []


def test_no_limit_of_descriptors_is_enough() -> None:
    assert _codes(judge_descriptors(resource.RLIM_INFINITY, 10**9)) == [("descriptors", Level.FINE)]


def test_a_port_is_its_services_or_not() -> None:
    claim = Claim(3032, "stratum", "ports.3032")

    assert judge_port(claim, "python -m services.stratum") == []
    assert _codes(judge_port(claim, "nginx")) == [("port-taken", Level.WRONG)]
    assert _codes(judge_port(claim, None)) == [("port-owner", Level.UNCHECKED)]


def test_nobody_is_found_where_proc_tells_nothing(tmp_path: Path) -> None:
    assert owner_of(1, tmp_path) is None


def test_a_program_is_told_without_the_password_it_was_started_with(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("head\n 0: 0100007F:0BD8 00000000:0000 0A 0 0 0 0 0 4711\n")
    (tmp_path / "7" / "fd").mkdir(parents=True)
    (tmp_path / "7" / "fd" / "3").symlink_to("socket:[4711]")
    words = [b"litecoind", b"-rpcpassword=hunter22", b"--api-token", b"T0KEN", b"-port=3032"]
    (tmp_path / "7" / "cmdline").write_bytes(b"\0".join(words))

    assert owner_of(3032, tmp_path) == "litecoind -rpcpassword=*** --api-token *** -port=3032"


@given(st.text(), st.text())
def test_every_problem_of_the_configuration_has_a_remedy(path: str, text: str) -> None:
    found = of_problem(ConfigProblem("config.json", path, text))

    assert found.why
    assert found.mend
    assert found.what == text
