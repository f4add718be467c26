"""`nomp` over NATS as it is shipped: to a real stratum, and to payouts and notifier as samples."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deploy.operator.__main__ import FINE, USAGE, WRONG, main
from nompcore.alarms import AuditFailed
from nompcore.bus import Bus
from nompcore.requests import PaymentsControl
from nompcore.subjects import AUDIT_FAILED, JOB, JOBMAKER, NOTIFIER, STRATUM, SWITCH_ORDER
from nompcore.switching import SwitchOrder, SwitchReply, SwitchState
from tests.servers import free_port
from tests.service.admin_stage import AdminStage, admin_stage
from tests.stratum_client import WORKER, Clients, StratumClient
from tests.stratum_process import StratumProcess
from tests.stratum_work import POOL, make_job
from tests.unit import api_samples as samples

ADDRESS = "203.0.113.7"


@dataclass
class Terminal:
    """Where an operator types; `printed` is what the last command printed, on both streams."""

    environ: dict[str, str]
    capture: pytest.CaptureFixture[str]
    printed: str = ""
    complaint: str = ""

    async def nomp(self, *words: str) -> int:
        """The exit code."""
        code = await asyncio.to_thread(main, list(words), self.environ)
        self.printed, self.complaint = self.capture.readouterr()
        return code

    async def told(self, *words: str) -> tuple[int, Any]:
        """The exit code, and the answer for machines."""
        code = await self.nomp(*words, "--json")
        return code, json.loads(self.printed)


@dataclass
class Pool:
    """What runs beside the terminal."""

    stage: AdminStage
    terminal: Terminal
    stratum: StratumProcess
    clients: Clients
    jobmaker: Bus
    ordered: list[SwitchOrder] = field(default_factory=list)

    async def miner(self) -> StratumClient:
        """One that mines."""
        client = await self.clients.connect(self.stratum.port)
        await client.subscribe()
        assert (await client.call("mining.authorize", WORKER, "x"))["result"] is True
        return client

    async def take(self, order: SwitchOrder) -> SwitchReply:
        """As the notifier does."""
        self.ordered.append(order)
        state = SwitchState(
            switch="scrypt", algorithm="scrypt", pool="litecoin", since_ms=samples.NOW_MS, author="ann",
            reason="",
        )  # fmt: skip
        return SwitchReply(ok=order.coin != "nosuch", text="as you wish", states=[state])


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Terminal]:
    def at(nats_url: str) -> Terminal:
        config_dir = str(tmp_path / "config")
        return Terminal({"NATS_URL": nats_url, "USER": "ann", "NOMP_CONFIG_DIR": config_dir}, capsys)

    return at


@pytest.fixture
async def pool(tmp_path: Path, terminal: Callable[[str], Terminal]) -> AsyncIterator[Pool]:
    async with admin_stage(tmp_path) as stage:
        jobmaker, notifier = [
            await Bus.connect(stage.nats.url_for(name, f"{name}-password"), service=name, replica="test")
            for name in (JOBMAKER, NOTIFIER)
        ]
        await jobmaker.ensure()
        await jobmaker.publish(JOB, make_job(), pool=POOL)
        (tmp_path / "stratum").mkdir()
        stratum = StratumProcess(tmp_path / "stratum", stage.nats.url_for(STRATUM, f"{STRATUM}-password"))
        at = terminal(stage.nats.url_for("operator", "operator-password"))
        made = Pool(stage, at, stratum, Clients(), jobmaker)
        await stage.serve_payments()
        await notifier.serve(SWITCH_ORDER, made.take, "")
        try:
            await stratum.start()
            yield made
        finally:
            await made.clients.close()
            await stratum.end()
            for bus in (jobmaker, notifier):
                await bus.drain()


async def test_bans_kicks_and_notices_reach_the_miners_and_are_written_down(pool: Pool) -> None:
    terminal, miner = pool.terminal, await pool.miner()

    assert await terminal.nomp("notice", POOL, "maintenance at noon") == FINE
    assert (await miner.notification("client.show_message")) == ["maintenance at noon"]
    assert await terminal.nomp("ban", ADDRESS, "--seconds", "60", "--reason", "ticket 1") == FINE
    code, bans = await terminal.told("bans")
    assert (code, [ban["group"] for ban in bans["bans"]]) == (FINE, [ADDRESS])
    assert await terminal.nomp("unban", ADDRESS) == FINE
    assert terminal.printed == f"the ban of {ADDRESS} is lifted\n"
    assert await terminal.nomp("kick", POOL, "--worker", "nobody") == WRONG
    assert await terminal.nomp("kick", POOL, "--worker", WORKER) == FINE
    assert await miner.is_closed()

    lines = await pool.stage.actions()
    asked = [(line.who, line.action) for line in lines if line.outcome == "asked"]
    assert asked == [("cli:ann", name) for name in ("notice", "ban", "unban", "kick", "kick")]
    assert [line.outcome for line in lines if line.outcome != "asked"] == ["done"] * 3 + ["refused", "done"]
    assert all(line.asked.get("ip", ADDRESS) == ADDRESS for line in lines)


async def test_payments_are_asked_about_and_ordered_by_the_user_of_the_machine(pool: Pool) -> None:
    terminal = pool.terminal

    assert await terminal.nomp("pause", samples.POOL, "--reason", "the wallet moves") == FINE
    assert await terminal.nomp("resume", samples.POOL) == FINE
    assert await terminal.nomp("payments", samples.POOL) == FINE
    assert await terminal.nomp("payments", samples.POOL, "--dry-run") == FINE
    assert await terminal.nomp("payments", samples.POOL, "--release", samples.ADDRESS) == FINE
    assert await terminal.nomp("audit", samples.POOL) == WRONG  # the sample sends no books

    actions = [(request.action, request.author.partition("@")[0]) for request in pool.stage.asked]
    assert actions == [
        ("pause", "ann"), ("resume", "ann"), ("status", ""), ("dry-run", ""), ("release-payee", "ann"),
        ("audit", ""),
    ]  # fmt: skip
    assert pool.stage.asked[0].reason == "the wallet moves"
    assert pool.stage.asked[4] == PaymentsControl(
        action="release-payee", address=samples.ADDRESS, author=pool.stage.asked[4].author
    )
    written = {line.action for line in await pool.stage.actions()}
    assert written == {"pause", "resume", "release-payee"}


async def test_what_an_upstream_pool_paid_is_entered_as_the_form_of_the_admin_center_enters_it(
    pool: Pool,
) -> None:
    terminal, txid = pool.terminal, "ab" * 32
    reward = ("upstream-reward", samples.POOL, "--txid", txid, "--reason", "week 47")

    assert await terminal.nomp(*reward, "--sats", "123456789") == FINE
    assert terminal.printed == f"{samples.POOL}: upstream-reward was done\n"
    for sats, said in (("1.5", "expected a whole number"), (str(2**63), "too large")):
        with pytest.raises(SystemExit) as ended:
            await terminal.nomp(*reward, "--sats", sats)
        assert ended.value.code == USAGE
        assert said in terminal.capture.readouterr().err

    (asked,) = pool.stage.asked
    author = asked.author
    assert author.startswith("ann@")
    assert asked == PaymentsControl(
        action="upstream-reward", txid_display=txid, amount_sats=123456789, reason="week 47", author=author
    )
    begun, done = await pool.stage.actions()
    assert (begun.who, begun.action, done.outcome) == ("cli:ann", "upstream-reward", "done")
    assert begun.asked == {
        "pool": samples.POOL, "txid_display": txid, "amount_sats": "123456789", "reason": "week 47",
    }  # fmt: skip


async def test_switches_are_told_and_changed(pool: Pool) -> None:
    terminal = pool.terminal

    assert await terminal.nomp("switch") == FINE
    assert terminal.printed.startswith("scrypt (scrypt) mines litecoin since 2025-11-24")
    assert await terminal.nomp("switch", "doge", "--switch", "scrypt", "--reason", "prices") == FINE
    assert await terminal.nomp("switch", "nosuch") == WRONG

    assert [order.coin for order in pool.ordered] == ["", "doge", "nosuch"]
    assert (pool.ordered[1].switch, pool.ordered[1].reason) == ("scrypt", "prices")
    assert pool.ordered[1].author.startswith("ann@")
    assert [line.outcome for line in await pool.stage.actions()] == ["asked", "done", "asked", "refused"]


async def test_status_tells_everything_and_what_is_missing(pool: Pool) -> None:
    await pool.miner()
    now = samples.NOW_MS + 10**12  # the stage's snapshots are old; an alarm of today is not
    await pool.stage.payouts.publish(
        AUDIT_FAILED, AuditFailed(pool=samples.POOL, problems=["off by 1"], time_ms=now), pool=samples.POOL
    )

    code, status = await pool.terminal.told("status")
    await pool.terminal.nomp("status", samples.POOL)

    assert code == WRONG
    pools = {one["name"]: one for one in status["pools"]}
    assert pools[POOL]["stratum"] == [{"replica": "one", "connections": 1}]
    assert pools[samples.POOL]["network"]["daemons"][1]["state"] == "unreachable"
    assert [(alarm["pool"], alarm["kind"]) for alarm in status["alarms"]] == [(samples.POOL, "audit-failed")]
    assert "litecoin: daemon 10.1.2.4:9332 is unreachable" in status["problems"]
    assert f"{samples.POOL}: nothing new from payouts for a minute" in status["problems"]
    assert "pool litecoin" in pool.terminal.printed
    assert f"pool {POOL}" not in pool.terminal.printed
    assert all(len(line) <= 100 for line in pool.terminal.printed.splitlines())


async def test_nobody_who_answers_is_told_of_and_written_down(
    tmp_path: Path, terminal: Callable[[str], Terminal]
) -> None:
    async with admin_stage(tmp_path) as stage:
        at = terminal(stage.nats.url_for("operator", "operator-password"))

        assert await at.nomp("ban", ADDRESS) == WRONG
        assert "no stratum replica answers" in at.complaint
        assert await at.nomp("pause", "nosuch", "--reason", "x") == WRONG
        assert "payouts does not answer for pool nosuch" in at.complaint
        assert "may be done all the same" in " ".join(at.complaint.split())
        assert [line.outcome for line in await stage.actions()] == ["asked", "refused"] * 2


async def test_an_order_goes_out_where_the_log_cannot_be_written(
    nats_url: str, connect_bus: Any, terminal: Callable[[str], Terminal]
) -> None:
    notifier = await connect_bus(NOTIFIER)
    taken = []

    async def take(order: SwitchOrder) -> SwitchReply:
        taken.append(order.coin)
        return SwitchReply(ok=True, text="done")

    await notifier.serve(SWITCH_ORDER, take, "")
    at = terminal(nats_url)

    assert await at.nomp("switch", "litecoin") == FINE
    assert taken == ["litecoin"]
    assert "not written into the admin center's log" in at.complaint


async def test_without_nats_or_with_another_password_it_says_so(
    tmp_path: Path, terminal: Callable[[str], Terminal]
) -> None:
    absent = terminal(f"nats://operator:hidden@127.0.0.1:{free_port()}")
    assert await absent.nomp("status") == WRONG
    assert "127.0.0.1" in absent.complaint
    assert "hidden" not in absent.complaint

    async with admin_stage(tmp_path) as stage:
        other = terminal(stage.nats.url_for("operator", "of-yesterday"))
        assert await other.nomp("status") == WRONG
        assert "refuses user and password" in other.complaint
        service = terminal(stage.nats.url_for("api", "api-password"))
        assert await service.nomp("status") == WRONG
        assert "`operator`" in service.complaint


def test_what_cannot_be_understood_is_usage(terminal: Callable[[str], Terminal]) -> None:
    at = terminal("nats://127.0.0.1:1")

    for words in ([], ["frobnicate"], ["kick", POOL], ["pause", POOL], ["ban", ADDRESS, "--seconds", "long"]):
        with pytest.raises(SystemExit) as ended:
            main(words, at.environ)
        assert ended.value.code == USAGE
    assert main(["status"], {**at.environ, "API_PORT": "eighty"}) == USAGE
