"""How a reload stands at each process, as `nomp reload` follows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.operator.reload_roll import ReloadRoll, answer_lines
from nompcore.control import ReloadAnswer
from nompcore.subjects import SERVICES

ENDS = ("current", "applied", "by hand", "wrong")
STATES = (*ENDS, "waits", "restarts")

processes = st.tuples(st.sampled_from(SERVICES), st.sampled_from(("one", "two")))
told = st.lists(st.tuples(processes, st.sampled_from(STATES)), max_size=30)


def answer(service: str, replica: str, state: str, *problems: str, changed: str = "") -> ReloadAnswer:
    return ReloadAnswer(
        order_id="7", service=service, replica=replica, state=state, changed=changed.split(),
        problems=list(problems), time_ms=1,
    )  # fmt: skip


@given(st.sets(processes), told)
def test_it_is_over_when_everybody_has_said_a_last_word(
    asked: set[tuple[str, str]], said: list[tuple[tuple[str, str], str]]
) -> None:
    roll, last = ReloadRoll(asked), dict(said)
    for process, state in said:
        before = [one for one in roll.answers if (one.service, one.replica) == process]
        news = roll.take(answer(*process, state))
        assert news == (not before or before[0].state != state)

    assert set(roll.silent) == asked - set(last)
    assert {(one.service, one.replica): one.state for one in roll.answers} == last
    assert roll.is_over == (asked <= set(last) and all(state in ENDS for state in last.values()))
    well = [process for process, state in last.items() if state in ("current", "applied")]
    assert len(roll.troubles()) == len(asked | set(last)) - len(well)


def test_what_a_person_has_to_do_is_said_of_each() -> None:
    roll = ReloadRoll(
        [("stratum", "s1"), ("stratum", "s2"), ("api", "a1"), ("payouts", "p1"), ("payouts", "p2")]
    )
    for service, replica, state in (
        ("stratum", "s2", "restarts"), ("payouts", "p1", "wrong"), ("payouts", "p2", "by hand"),
        ("api", "a1", "current"), ("jobmaker", "j1", "waits"),
    ):  # fmt: skip
        roll.take(answer(service, replica, state))

    assert roll.troubles() == [
        "stratum s1 did not answer", "stratum s2 has not come back from its restart",
        "jobmaker j1 still waits",
        "payouts p1 goes on as it was", "payouts p2 has to be restarted by hand",
    ]  # fmt: skip
    assert roll.summary() == "1 restarts, 1 waits, 1 wrong, 1 by hand, 1 current, 1 silent"
    assert not roll.is_over


def test_an_answer_names_keys_and_problems() -> None:
    restarts = answer("stratum", "s1", "restarts", changed="pools.litecoin.ports log_level")
    wrong = answer("api", "a1", "wrong", "config.json: no such key", "another")

    assert answer_lines(restarts) == ["stratum   s1  restarts: pools.litecoin.ports, log_level"]
    assert answer_lines(wrong) == [
        "api       a1  wrong",
        " " * 10 + "config.json: no such key",
        " " * 10 + "another",
    ]
