"""What `nomp` prints for people: narrow, complete, and the worst first."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.operator.finding_text import COLUMNS, findings_json, findings_text
from deploy.operator.findings import Finding, Level, fine, is_sound, wrong
from deploy.operator.money import Money
from deploy.operator.payment_text import MAX_ROWS, audit_text, dry_run_text, status_text
from deploy.operator.replicas import Replica, of_stratum, replica_of
from deploy.operator.status import Alarm, PoolStatus, Status, StratumState
from deploy.operator.status_text import hashrate, troubles
from deploy.operator.status_text import status_text as portal_text
from nompcore.requests import BalanceLeftOut, Books, DryRun, PaymentsControlReply, PaymentsPause
from nompcore.subjects import SERVICES
from tests.unit import api_samples as samples

LTC = Money("LTC", 8)

words = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=150)
findings = st.lists(st.builds(Finding, st.sampled_from(Level), words, words, words, words, words), max_size=5)


@given(findings)
def test_findings_are_never_wider_than_a_terminal(found: list[Finding]) -> None:
    assert all(len(line) <= COLUMNS for line in findings_text(found).splitlines())
    assert len(findings_json(found)["findings"]) == len(found)
    assert findings_json(found)["ok"] is is_sound(found)


def test_what_is_wrong_stands_first_with_its_remedy() -> None:
    found = [
        fine("redis", "Redis", "answers"),
        wrong("nats-login", "NATS", "it refuses", why="nothing runs", mend="give the password"),
    ]

    assert findings_text(found) == (
        "WRONG NATS\n  what  it refuses\n  why   nothing runs\n  mend  give the password\n\n"
        "  ok    Redis: answers\n\n1 wrong, 0 to consider, 0 not checked, 1 fine"
    )


# ---- payments ----


def _reply(**fields: object) -> PaymentsControlReply:
    reply = PaymentsControlReply(done="nothing", state="running")
    return msgspec.structs.replace(reply, **fields)


def test_a_pause_tells_who_and_why() -> None:
    pause = PaymentsPause(reason="the wallet moves", author="ann", since_ms=samples.NOW_MS)

    assert status_text("litecoin", _reply(state="paused: the wallet moves", pause=pause), LTC) == (
        "litecoin: payments are paused: the wallet moves\n"
        "paused by ann since 2025-11-24 16:00:00 UTC: the wallet moves"
    )


def test_a_dry_run_tells_the_largest_first_and_how_many_are_left() -> None:
    outputs = {f"address{number}": number * 10**8 for number in range(1, MAX_ROWS + 4)}
    left = [BalanceLeftOut(address="small", amount_sats=5, reason="below the minimum")]
    plan = DryRun(
        outputs=outputs, total_sats=sum(outputs.values()), fee_sats=1000, left_out_count=1, left_out=left
    )

    lines = dry_run_text("litecoin", _reply(dry_run=plan), LTC).splitlines()

    assert lines[0] == "litecoin: 276.00000000 LTC to 23 payees, fee 0.00001000 LTC"
    assert lines[3] == "  address23  23.00000000 LTC"
    assert lines[-3:] == ["  … 3 more", "wait: 1", "  small  0.00000005 LTC  below the minimum"]


def test_a_dry_run_tells_why_nothing_would_be_sent() -> None:
    text = dry_run_text("litecoin", _reply(dry_run=DryRun(stopped="the wallet is locked")), LTC)

    assert text.splitlines()[0] == "litecoin: nothing would be sent: the wallet is locked"


def test_an_audit_tells_what_is_wrong_and_the_books() -> None:
    books = Books(problems=["the books are off by 1"], accounts={"fee": -5}, owed_sats=7, wallet_sats=6)

    text = audit_text("litecoin", _reply(books=books), Money())

    assert "SOMETHING IS WRONG" in text
    assert "found now: 1\n  the books are off by 1" in text
    assert "  fee          -5 units" in text


# ---- status ----


def _status(**changes: object) -> Status:
    pool = PoolStatus(
        "litecoin",
        samples.network_snapshot(daemons=samples.network_snapshot().daemons[:1]),
        samples.pool_snapshot(),
        [StratumState("host-1", 12)],
    )
    replicas = [Replica(service, f"{service}-1", "1.0") for service in SERVICES]
    fields = {"time_ms": samples.NOW_MS, "replicas": replicas, "pools": [pool], "switches": [], "alarms": []}
    return Status(**{**fields, **changes})  # type: ignore[arg-type]


def test_nothing_troubles_a_pool_that_runs() -> None:
    assert troubles(_status()) == []
    text = portal_text(_status(), lambda pool: LTC)
    assert "all is well" in text
    assert "2 with 3 workers, 2.5 MH/s" in text
    assert "running, 75.06250000 LTC paid so far" in text


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"replicas": []}, "no jobmaker answers"),
        ({"pools": []}, "no pool has told anything yet"),
        ({"pools": [PoolStatus("litecoin")]}, "litecoin: nothing new from payouts for a minute"),
        ({"time_ms": samples.NOW_MS + 61_000}, "litecoin: nothing new from jobmaker for a minute"),
        (
            {"pools": [PoolStatus("a", samples.network_snapshot(), samples.pool_snapshot())]},
            "a: daemon 10.1.2.4:9332 is unreachable",
        ),
        (
            {"pools": [PoolStatus("a", pool=samples.pool_snapshot(payments_state="stopped: no coins"))]},
            "a: payments are stopped: no coins",
        ),
        ({"pools": [PoolStatus("a", stratum=[StratumState("one", None)])]}, "a: stratum one does not answer"),
    ],
)
def test_every_trouble_is_named(changes: dict[str, object], trouble: str) -> None:
    assert trouble in troubles(_status(**changes))
    assert f"WRONG: {trouble}" in portal_text(_status(**changes), lambda pool: LTC)


@given(words, words)
def test_a_status_is_never_wider_than_a_terminal(kind: str, text: str) -> None:
    alarm = Alarm("litecoin", kind, text, samples.NOW_MS)

    shown = portal_text(_status(alarms=[alarm]), lambda pool: Money())

    assert all(len(line) <= COLUMNS for line in shown.splitlines())


@pytest.mark.parametrize(
    ("per_second", "told"), [(0, "0 H/s"), (999, "999 H/s"), (1e3, "1 kH/s"), (2.5e15, "2.5 PH/s")]
)
def test_hashrates_have_three_digits_and_a_prefix(per_second: float, told: str) -> None:
    assert hashrate(per_second) == told


# ---- replicas ----

INFO = b"""{"name":"stratum","id":"x","version":"0.1.0","metadata":{"replica":"one"},"endpoints":[
 {"name":"a","subject":"nomp.litecoin.stratum.one.control"},{"name":"b","subject":"nomp.doge.stratum.one.control"}]}"""


def test_a_replica_tells_its_pools() -> None:
    replica = replica_of(INFO)

    assert replica is not None
    assert (replica.service, replica.name, replica.pools()) == ("stratum", "one", ["doge", "litecoin"])
    assert of_stratum([replica], "doge") == [("doge", "one")]
    assert len(of_stratum([replica])) == 2


@given(st.binary(max_size=200) | st.sampled_from([b"[]", b"{}", b"null", b'{"name":"other"}', INFO[:80]]))
def test_whatever_else_answers_is_no_replica(data: bytes) -> None:
    assert replica_of(data) is None
