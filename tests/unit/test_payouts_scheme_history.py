"""Which scheme a round has: a change takes effect with the next round, and the ledger decides once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from services.payouts.counting.groups import OWN
from services.payouts.counting.tally_batch import Candidate, Mark
from services.payouts.ledger import block_rows, schema
from services.payouts.ledger.engines import CHANGES_TABLES, ledger_engine
from services.payouts.ledger.ledger import Ledger
from services.payouts.rounds.scheme_history import SchemeHistory, Wanted
from services.payouts.schemes.choice import AnyScheme
from services.payouts.schemes.pplns import Pplns
from services.payouts.schemes.pplnt import Pplnt
from services.payouts.schemes.prop import Prop
from services.payouts.schemes.solo import Solo
from tests.unit.ledger_steps import close_accepted
from tests.unit.payouts_samples import POOL, START_MS, block_hash, candidate, share, sqlite_ledger

PPLNS, WIDER = Pplns(2_000_000), Pplns(3_000_000)


def adopt(
    ledger: Ledger, own: AnyScheme, at_ms: int, *, ports: dict[int, str] | None = None,
    named: dict[str, AnyScheme] | None = None, has_shares: bool = False,
) -> SchemeHistory:  # fmt: skip
    wanted = Wanted({OWN: own, **(named or {})}, ports or {})
    return ledger.schemes.adopt(POOL, wanted, has_shares=has_shares, now_ms=at_ms)


def found(number: int, *, group: str = OWN) -> Candidate:
    """The candidate of block `number`, found so many milliseconds after the start."""
    return replace(candidate(number), sequence=number, group=group)


def mark(number: int) -> Mark:
    return Mark(block_hash(number), number, START_MS + number)


# ---- changes ----


def test_a_new_pool_has_its_scheme_from_the_first_share_on(ledger: Ledger) -> None:
    assert adopt(ledger, PPLNS, START_MS).of_round(OWN, 0) == PPLNS


def test_a_pool_that_worked_before_had_prop_until_its_running_round_ends(ledger: Ledger) -> None:
    history = adopt(ledger, PPLNS, START_MS, has_shares=True)
    assert history.of_round(OWN, 0) == Prop()
    assert history.of_round(OWN, START_MS) == Prop()
    assert history.of_round(OWN, START_MS + 1) == PPLNS


def test_a_pool_whose_redis_was_lost_is_known_by_its_rounds(ledger: Ledger) -> None:
    ledger.schemes.decide(POOL, found(1), None)
    assert adopt(ledger, PPLNS, START_MS).of_round(OWN, 0) == Prop()


def test_a_block_that_was_reported_before_the_first_start_does_not_make_a_pool_old(ledger: Ledger) -> None:
    close_accepted(ledger, 1, {"a": 1})
    assert adopt(ledger, PPLNS, START_MS).of_round(OWN, 0) == PPLNS


def test_a_pool_that_found_blocks_before_there_were_schemes_had_prop(tmp_path: Path) -> None:
    engine = ledger_engine(f"sqlite:///{tmp_path}/ledger.db").execution_options(**CHANGES_TABLES["sqlite"])
    with engine.begin() as connection:
        schema.migrate(connection, "0001")
        block_rows.insert_candidate(connection, POOL, found(1))
    engine.dispose()
    ledger = sqlite_ledger(tmp_path)
    history = adopt(ledger, PPLNS, START_MS)
    assert [history.of_round(OWN, at_ms) for at_ms in (0, START_MS + 1)] == [Prop(), PPLNS]
    ledger.close()


def test_what_is_configured_already_is_not_noted_again(ledger: Ledger) -> None:
    first = adopt(ledger, PPLNS, START_MS, ports={3334: "solo"}, named={"solo": Solo()})
    assert adopt(ledger, PPLNS, START_MS + 50, ports={3334: "solo"}, named={"solo": Solo()}) == first


def test_changes_keep_their_order_where_the_clock_does_not(ledger: Ledger) -> None:
    adopt(ledger, Prop(), START_MS)
    adopt(ledger, PPLNS, START_MS)
    adopt(ledger, WIDER, START_MS - 500)
    history = adopt(ledger, Prop(), START_MS - 900)
    assert [history.of_round(OWN, START_MS + ms) for ms in (0, 1, 2, 3)] == [Prop(), PPLNS, WIDER, Prop()]


def test_ports_come_and_go_at_their_time(ledger: Ledger) -> None:
    adopt(ledger, Prop(), START_MS)
    adopt(ledger, Prop(), START_MS + 10, ports={3334: "solo"}, named={"solo": Solo()})
    history = adopt(ledger, Prop(), START_MS + 20)
    times = (9, 10, 19, 20)
    groups = [history.groups.of(share("a", port=3334, time_ms=START_MS + ms)) for ms in times]
    assert groups == [OWN, "solo", "solo", OWN]
    assert history.now("solo") == Solo()


# ---- rounds ----


def test_the_running_round_keeps_its_scheme_and_the_next_has_the_new_one(ledger: Ledger) -> None:
    adopt(ledger, Prop(), START_MS)
    adopt(ledger, PPLNS, START_MS + 5)
    assert ledger.schemes.decide(POOL, found(4), mark(1)).scheme == Prop()
    assert ledger.schemes.decide(POOL, found(7), mark(4)).scheme == Prop()  # began before the change
    assert ledger.schemes.decide(POOL, found(9), mark(7)).scheme == PPLNS


def test_what_was_decided_stays_whatever_is_asked_later(ledger: Ledger) -> None:
    adopt(ledger, PPLNS, START_MS)
    decided = ledger.schemes.decide(POOL, found(4), mark(1))
    adopt(ledger, Prop(), START_MS + 1)
    assert ledger.schemes.decide(POOL, found(4), None) == decided
    assert ledger.schemes.decide(POOL, found(4), mark(3)) == decided


def test_an_era_lasts_while_the_scheme_does(ledger: Ledger) -> None:
    """Shares that were paid by PROP are not paid again by the windows of PPLNS."""
    adopt(ledger, Prop(), START_MS)
    adopt(ledger, PPLNS, START_MS + 1)
    eras = [ledger.schemes.decide(POOL, found(2), mark(1)).era]
    eras.append(ledger.schemes.decide(POOL, found(3), mark(2)).era)
    adopt(ledger, WIDER, START_MS + 3)
    eras.append(ledger.schemes.decide(POOL, found(4), mark(3)).era)
    eras.append(ledger.schemes.decide(POOL, found(5), mark(4)).era)
    adopt(ledger, Pplnt(60), START_MS + 5)
    eras.append(ledger.schemes.decide(POOL, found(6), mark(5)).era)
    eras.append(ledger.schemes.decide(POOL, found(7), mark(6)).era)
    assert eras == [mark(1), mark(2), mark(2), mark(2), mark(2), mark(6)]


def test_a_pool_that_began_with_pplns_has_no_era_before(ledger: Ledger) -> None:
    adopt(ledger, PPLNS, START_MS)
    first = ledger.schemes.decide(POOL, found(1), None)
    second = ledger.schemes.decide(POOL, found(2), mark(1))
    assert (first.era, second.era, second.began) == (None, None, mark(1))


def test_a_round_of_which_the_tallies_lost_the_beginning_began_where_the_ledger_says(ledger: Ledger) -> None:
    adopt(ledger, PPLNS, START_MS)
    ledger.schemes.decide(POOL, found(1), None)
    ledger.schemes.decide(POOL, found(2, group="solo"), None)
    assert ledger.schemes.decide(POOL, found(3), None).began == mark(1)
