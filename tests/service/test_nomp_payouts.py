"""`nomp` and payouts, both real: what an operator does about payments when a wallet has to move."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.operator.__main__ import FINE, WRONG, main
from tests.servers import NatsServer, ValkeyServer
from tests.servers.payouts_process import POOL
from tests.service.payouts_chain import Chain
from tests.service.payouts_world import payouts_world


async def test_a_paused_pool_says_what_it_would_pay_and_pays_it_when_it_goes_on(
    tmp_path: Path, nats_server: NatsServer, valkey_server: ValkeyServer, chain: Chain,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (block,) = await chain.find_mature(1)
    (miner,) = await chain.miner_addresses(1)
    environ = {"NATS_URL": nats_server.url, "USER": "ann", "NOMP_CONFIG_DIR": str(tmp_path / "payouts")}

    async def nomp(command: str, *words: str) -> tuple[int, dict[str, Any]]:
        """The exit code, and what payouts answered."""
        code = await asyncio.to_thread(main, [command, POOL, *words, "--json"], environ)
        return code, json.loads(capsys.readouterr().out)

    async with payouts_world(tmp_path, nats_server, valkey_server, chain) as world:
        world.process.start()
        await world.snapshot_with(payments_state="running")

        code, paused = await nomp("pause", "--reason", "the wallet moves")
        assert code == FINE
        assert paused["pause"]["author"].startswith("ann@")
        await world.publish_shares(block.candidate(miner))
        await world.publish_outcome(block.outcome(miner))
        await world.wait_until(lambda: world.block_statuses() == ["confirmed"], "a credited block")

        due_sats = block.reward_sats - block.reward_sats // 100
        code, planned = await nomp("payments", "--dry-run")
        assert (code, planned["dry_run"]["outputs"]) == (WRONG, {miner: due_sats})
        assert planned["dry_run"]["stopped"] == "paused: the wallet moves"
        code, audited = await nomp("audit")
        assert (code, audited["books"]["problems"], audited["books"]["owed_sats"]) == (FINE, [], due_sats)
        assert world.payment_states() == []

        assert (await nomp("resume"))[0] == FINE
        await world.mine_until(lambda: world.payment_states() == ["confirmed"], "a confirmed payment")
        code, state = await nomp("payments")
        assert (code, state["state"], state["open_payments"]) == (FINE, "running", [])
        assert await chain.payments_to(miner)
