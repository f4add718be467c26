"""What wrk prints."""

from __future__ import annotations

import pytest

from tests.bench.api_load_wrk import WrkResult, parse

PRINTED = """Running 3s test @ http://127.0.0.1:8080/api/stats
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.19ms    7.15ms 101.56ms   97.09%
    Req/Sec     6.12k     1.02k    7.62k    80.00%
  Latency Distribution
     50%  870.00us
     75%    5.97ms
     90%    7.83ms
     99%    1.02s
  18301 requests in 3.01s, 33.20MB read
Requests/sec:   6081.61
Transfer/sec:     11.03MB
"""


def test_counts_and_quantiles_are_read() -> None:
    assert parse(PRINTED) == WrkResult(18301, 6081.61, 0.87, 1020.0)


@pytest.mark.parametrize(
    "fault",
    ["  Socket errors: connect 0, read 3, write 0, timeout 0", "  Non-2xx or 3xx responses: 12"],
)
def test_a_run_with_a_bad_answer_does_not_count(fault: str) -> None:
    with pytest.raises(AssertionError, match=fault.split(":", maxsplit=1)[0].strip()):
        parse(PRINTED.replace("Requests/sec", f"{fault}\nRequests/sec"))
