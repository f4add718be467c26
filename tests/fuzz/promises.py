"""By which difficulty each job id is judged, as a miner understands the lines that it gets."""

from __future__ import annotations

import math

from tests.fuzz.answer_check import check_lines

JOB_ID_DIGITS = 6  # one that is sent again has more


class Promises:
    """Of one miner after another."""

    def __init__(self) -> None:
        self._announced = math.nan
        self._difficulties: dict[str, float] = {}  # by job id, on this connection
        self._sent_again: dict[str, float] = {}  # by extranonce1 and job id, in this block

    def new_block(self) -> None:
        """All jobs so far are stale."""
        self._sent_again.clear()
        self._difficulties.clear()

    def new_connection(self) -> None:
        """What the next miner has heard is nothing."""
        self._difficulties.clear()

    def hear(self, data: bytes, extranonce1_hex: str) -> None:
        """Lines to the miner. A job that is sent again has an id of its own for each difficulty."""
        for method, value in check_lines(data):
            if method == "mining.set_difficulty":
                assert 0 < value < math.inf
                self._announced = value
            elif method == "mining.notify":
                if len(value) > JOB_ID_DIGITS:
                    name = f"{extranonce1_hex} {value}"
                    assert self._sent_again.setdefault(name, self._announced) == self._announced
                self._difficulties[value] = self._announced

    def are_kept(self, job_id: str, difficulty: float) -> bool:
        """Whether a share of that job may be judged so; one that an earlier connection got may."""
        return self._difficulties.get(job_id, difficulty) == difficulty
