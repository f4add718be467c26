"""What the decision sees of a template, and the state that an error puts a daemon in."""

from __future__ import annotations

import dataclasses

import pytest

from nompcore.errors import (
    DaemonError,
    DaemonGarbled,
    DaemonHttpFault,
    DaemonLonely,
    DaemonRefused,
    DaemonSilent,
    DaemonSyncing,
    DaemonUnauthorized,
    DaemonUnfit,
    DaemonUnreachable,
    DaemonWarmingUp,
    TemplateError,
)
from services.jobmaker.daemon_states import STATES, state_of
from services.jobmaker.watcher import work_of
from tests.unit.chain_samples import regtest_blocks

BLOCKS = regtest_blocks()


def test_a_template_and_its_job_stand_on_the_same_previous_block() -> None:
    for block in BLOCKS:
        work = work_of(block.template, "a:1")
        assert (work.prevhash_hex, work.height) == (block.job.prevhash_hex, block.job.height)


def test_other_transactions_are_other_work_and_a_later_time_is_not() -> None:
    template = next(block.template for block in BLOCKS if block.template.transactions)
    later = dataclasses.replace(template, curtime=template.curtime + 30)
    emptier = dataclasses.replace(template, transactions=template.transactions[1:])

    assert work_of(template, "a:1") == work_of(later, "a:1")
    assert work_of(template, "a:1") != work_of(emptier, "a:1")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DaemonUnreachable("refused"), "unreachable"),
        (DaemonSilent("no answer"), "silent"),
        (DaemonHttpFault("503"), "http-fault"),
        (DaemonGarbled("<html>"), "garbled"),
        (DaemonSyncing("-10"), "syncing"),
        (DaemonLonely("-9"), "no-peers"),
        (DaemonUnfit("another address"), "refused"),
        (DaemonWarmingUp("loading"), "warming-up"),
        (DaemonUnauthorized("401"), "unauthorized"),
        (DaemonRefused(-8, "rules"), "refused"),
        (TemplateError("no height"), "refused"),
    ],
)
def test_each_error_puts_a_daemon_into_a_state(error: DaemonError | TemplateError, state: str) -> None:
    assert state_of(error) == state
    assert state in STATES
