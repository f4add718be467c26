"""A pool's money is read from ledger and wallet: what happens between the two reads is no shortage."""

from __future__ import annotations

from pathlib import Path

import pytest

from nompcore.daemon import Daemon
from nompcore.errors import DaemonUnreachable
from services.payouts.auditing import audit
from services.payouts.ledger.ledger import Ledger
from tests.servers.relay_daemon import PassOn, RelayDaemon
from tests.service.payouts_chain import POOL_WALLET, Chain
from tests.service.payouts_payers import COIN, credit, make_payer, make_planner, settle, states


async def owe_all(ledger: Ledger, chain: Chain) -> str:
    """Owe all that the wallet holds to a miner, who is named."""
    await chain.find_mature(1)
    (miner,) = await chain.miner_addresses(1)
    async with chain.node.daemon(POOL_WALLET) as daemon:
        credit(ledger, int(await daemon.call("getbalance") * COIN), miner)
    return miner


async def test_a_payment_sent_between_the_two_reads_is_no_shortage(ledger: Ledger, chain: Chain) -> None:
    await owe_all(ledger, chain)
    async with (
        chain.node.daemon(POOL_WALLET) as daemon,
        RelayDaemon(chain.node.config(POOL_WALLET)).serving() as relay,
        Daemon(relay.config) as watched,
    ):
        other = make_payer(ledger, daemon, chain)

        async def pay_first(_params: list[object]) -> object:
            if relay.count("getbalance") == 1:
                await other.run_once()
            raise PassOn

        relay.answers["getbalance"] = pay_first
        standing = await make_planner(ledger, watched, chain).standing()

        assert states(ledger) == ["broadcast"]
        assert audit.problems(standing) == []
        await settle(other, chain)


async def test_a_payment_that_left_before_the_ledger_says_so_is_no_shortage(
    ledger: Ledger, chain: Chain
) -> None:
    await owe_all(ledger, chain)
    async with (
        chain.node.daemon(POOL_WALLET) as daemon,
        RelayDaemon(chain.node.config(POOL_WALLET)).serving() as relay,
        Daemon(relay.config) as watched,
    ):

        async def send_and_hang_up(params: list[object]) -> object:
            await relay.ask_behind("sendrawtransaction", *params)
            raise ConnectionError

        relay.answers["sendrawtransaction"] = send_and_hang_up
        with pytest.raises(DaemonUnreachable):
            await make_payer(ledger, watched, chain).run_once()
        assert states(ledger) == ["signed"]

        assert audit.problems(await make_planner(ledger, daemon, chain).standing()) == []
        await settle(make_payer(ledger, daemon, chain), chain)
        assert states(ledger) == ["confirmed"]


async def test_a_signed_payment_that_was_not_sent_is_still_in_the_wallet(
    ledger: Ledger, chain: Chain
) -> None:
    await owe_all(ledger, chain)
    async with (
        chain.node.daemon(POOL_WALLET) as daemon,
        RelayDaemon(chain.node.config(POOL_WALLET)).serving() as relay,
        Daemon(relay.config) as watched,
    ):

        async def hang_up(_params: list[object]) -> object:
            raise ConnectionError

        relay.answers["sendrawtransaction"] = hang_up
        with pytest.raises(DaemonUnreachable):
            await make_payer(ledger, watched, chain).run_once()
        standing = await make_planner(ledger, daemon, chain).standing()

    assert states(ledger) == ["signed"]
    assert (standing.sent_sats, audit.problems(standing)) == (0, [])


async def test_change_that_waits_for_a_block_is_the_pools_where_the_wallet_does_not_count_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    with_confirmed_change_only = Chain(tmp_path / "litecoind", ("-spendzeroconfchange=0",))
    try:
        await with_confirmed_change_only.start()
        await with_confirmed_change_only.find_mature(1)
        first, second = await with_confirmed_change_only.miner_addresses(2)
        async with with_confirmed_change_only.node.daemon(POOL_WALLET) as daemon:
            payer = make_payer(ledger, daemon, with_confirmed_change_only)
            credit(ledger, COIN, first)
            await payer.run_once()
            credit(ledger, 40 * COIN, second)

            await payer.run_once()
            assert payer.problems == []
            assert "cannot be funded" in payer.state  # nothing is wrong, there is just nothing to spend yet
            await settle(payer, with_confirmed_change_only)
            await settle(payer, with_confirmed_change_only)
            assert states(ledger) == ["confirmed", "confirmed"]

            credit(ledger, 40 * COIN, second)
            await payer.run_once()
            assert "but the wallet holds" in payer.state  # these are not there at all
    finally:
        await with_confirmed_change_only.node.stop()
