"""What counts as a measurement, and how figures of several servers are shown beside each other."""

from __future__ import annotations

import msgspec
import pytest

from tests.bench.load_generator import Latency, Report
from tests.bench.result_table import markdown, table

FIGURES = {
    "pool": {"µs a share": 24.61, "shares/s": 31234.5, "only here": 0.123},
    "floor": {"µs a share": 8.0, "shares/s": 999.94},
}


def report() -> Report:
    latency = Latency(p50=1, p99=2, p999=3, max=4)
    return Report(
        conns=10, setup_ok=10, seconds=1, answers=200, accepted=200, rejected=0, skipped=0, per_s=200,
        lat_us=latency, blocks=[], client_busy=0.1, setup_s=0.1, cpu_by_pid_s={"7": 0.001},
    )  # fmt: skip


def test_a_run_in_which_every_share_was_accepted_counts() -> None:
    one = report()

    assert one.check() is one
    assert one.share_us(7) == pytest.approx(5)


@pytest.mark.parametrize(
    "trouble", [{"setup_ok": 9}, {"rejected": 1}, {"skipped": 1}, {"unanswered": 1}], ids=str
)
def test_a_run_with_any_trouble_does_not(trouble: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        msgspec.structs.replace(report(), **trouble).check()


def test_a_report_of_another_generator_may_say_more_and_less() -> None:
    line = msgspec.json.encode({
        "label": "", "conns": 1, "setup_ok": 1, "alive": 1, "setup_s": 0.1, "seconds": 1, "answers": 1,
        "accepted": 1, "rejected": 0, "skipped": 0, "errors": {}, "per_s": 1, "client_busy": 0.1,
        "mb_in": 4.0, "blocks": [], "lat_us": {"p50": 1, "p90": 1, "p99": 1, "p999": 1, "max": 1},
    })  # fmt: skip

    assert msgspec.json.decode(line, type=Report).check().accepted == 1


def test_a_figure_is_a_line_and_a_server_a_column() -> None:
    lines = [line.split("  ") for line in table(FIGURES)]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]

    assert rows == [
        ["pool", "floor"],
        ["µs a share", "24.6", "8.0"],
        ["shares/s", "31,234", "999.9"],
        ["only here", "0.12"],
    ]


def test_markdown_has_a_cell_for_what_is_not_known() -> None:
    head, rule, *_, last = markdown(FIGURES)

    assert head == "|  | pool | floor |"
    assert rule == "| --- | ---: | ---: |"
    assert last == "| only here | 0.12 |  |"
