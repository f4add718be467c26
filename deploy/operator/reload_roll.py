"""Who was asked to reload, and how it stands at each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nompcore.control import (
    RELOAD_APPLIED,
    RELOAD_BY_HAND,
    RELOAD_CURRENT,
    RELOAD_RESTARTS,
    RELOAD_WRONG,
    ReloadAnswer,
)
from nompcore.subjects import SERVICES

WELL = (RELOAD_CURRENT, RELOAD_APPLIED)
FOR_PEOPLE = {RELOAD_BY_HAND: "has to be restarted by hand", RELOAD_WRONG: "goes on as it was"}
"""Answers after which nothing more comes, and a person has something to do."""

Process = tuple[str, str]
"""A service and a replica of it."""


class ReloadRoll:
    """Of one order. Whoever answers without having been heard before belongs to it too."""

    def __init__(self, asked: Iterable[Process]) -> None:
        self._answers: dict[Process, ReloadAnswer | None] = dict.fromkeys(asked)

    def take(self, answer: ReloadAnswer) -> bool:
        """Whether it is news."""
        process = (answer.service, answer.replica)
        is_news = self._answers.get(process) != answer
        self._answers[process] = answer
        return is_news

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return all(answer and answer.state in (*WELL, *FOR_PEOPLE) for answer in self._answers.values())

    @property
    def answers(self) -> list[ReloadAnswer]:
        """The last one of each process, in the order of services."""
        return [answer for _, answer in self._sorted() if answer]

    @property
    def silent(self) -> list[Process]:
        """Who has said nothing."""
        return [process for process, answer in self._sorted() if answer is None]

    def troubles(self) -> list[str]:
        """What is not as it should be, or not yet."""
        return [
            f"{service} {replica} {_trouble(answer)}"
            for (service, replica), answer in self._sorted()
            if answer is None or answer.state not in WELL
        ]

    def summary(self) -> str:
        """How many processes are how far."""
        counts = Counter(answer.state for answer in self.answers)
        told = [f"{count} {state}" for state, count in counts.items()]
        return ", ".join([*told, *([f"{len(self.silent)} silent"] if self.silent else [])])

    def _sorted(self) -> list[tuple[Process, ReloadAnswer | None]]:
        return sorted(self._answers.items(), key=lambda item: (_place(item[0][0]), item[0]))


def answer_lines(answer: ReloadAnswer) -> list[str]:
    """An answer as it comes: state and keys, then what is wrong with the files."""
    keys = f": {', '.join(answer.changed)}" if answer.changed else ""
    head = f"{answer.service:<8}  {answer.replica}  {answer.state}{keys}"
    return [head, *(f"          {problem}" for problem in answer.problems)]


def _trouble(answer: ReloadAnswer | None) -> str:
    if answer is None:
        return "did not answer"
    if answer.state == RELOAD_RESTARTS:
        return "has not come back from its restart"
    return FOR_PEOPLE.get(answer.state, f"still {answer.state}")


def _place(service: str) -> int:
    return SERVICES.index(service) if service in SERVICES else len(SERVICES)
