"""Wallets that are locked, not loaded, one of several, or at no such path: told, and gone on afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.daemon import Daemon
from nompcore.errors import DaemonHttpFault, DaemonRefused, DaemonUnreachable
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.wallet_trouble import trouble
from tests.servers.relay_daemon import HttpAnswer, RelayDaemon
from tests.service.payouts_chain import MINER_WALLET, POOL_WALLET, Chain
from tests.service.payouts_payers import COIN, credit, make_payer, settle, states
from tests.unit.payouts_samples import POOL

PASSPHRASE = "only on this machine"


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Chain]:
    """A chain of its own for each test: they change its wallets."""
    chain = Chain(tmp_path / "litecoind")
    try:
        await chain.start()
        await chain.find_mature(1)
        yield chain
    finally:
        await chain.node.stop()


async def test_a_locked_wallet_stops_payments_until_it_is_unlocked(ledger: Ledger, chain: Chain) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    async with chain.node.daemon(POOL_WALLET) as daemon:
        await daemon.call("encryptwallet", PASSPHRASE, timeout_seconds=60)
        payer = make_payer(ledger, daemon, chain)
        for _ in range(2):
            await payer.run_once()
            assert payer.state.startswith("stopped:")
            assert "the wallet is locked: unlock it with walletpassphrase" in payer.state
            assert states(ledger) == ["intent"]
            assert await chain.locked_coins() == []
        assert len(ledger.outbox.waiting(POOL)) == 2  # the block, and one alarm
        await daemon.call("walletpassphrase", PASSPHRASE, 600)
        await settle(payer, chain)
    assert payer.state == "running"
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1


async def test_a_wallet_that_is_not_loaded_stops_payments_until_it_is(ledger: Ledger, chain: Chain) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    async with chain.node.daemon(POOL_WALLET) as daemon:
        payer = make_payer(ledger, daemon, chain)
        await daemon.call("unloadwallet")
        await payer.run_once()
        assert payer.state.startswith("stopped: the wallet is not loaded")
        async with chain.node.daemon() as node:
            await node.call("loadwallet", POOL_WALLET)
        await settle(payer, chain)
    assert states(ledger) == ["confirmed"]


async def test_of_two_wallets_the_named_one_pays_and_no_name_stops_payments(
    ledger: Ledger, chain: Chain
) -> None:
    (address,) = await chain.miner_addresses(1)
    credit(ledger, COIN, address)
    async with chain.node.daemon() as anyone:
        payer = make_payer(ledger, anyone, chain)
        await payer.run_once()
        assert payer.state.startswith("stopped: the daemon has several wallets loaded")
    async with chain.node.daemon(MINER_WALLET) as other:
        payer = make_payer(ledger, other, chain)
        await payer.run_once()
        assert "wallet does not own" in payer.state
    assert states(ledger) == []
    async with chain.node.daemon(POOL_WALLET) as own:
        await settle(make_payer(ledger, own, chain), chain)
    assert states(ledger) == ["confirmed"]
    assert len(await chain.payments_to(address)) == 1


async def test_a_daemon_that_knows_no_wallet_paths_stops_payments(ledger: Ledger, chain: Chain) -> None:
    async with RelayDaemon(chain.node.config(POOL_WALLET)).serving() as relay:

        async def not_found(_params: list[object]) -> object:
            return HttpAnswer(404)

        relay.answers["getaddressinfo"] = not_found
        async with Daemon(relay.config) as daemon:
            payer = make_payer(ledger, daemon, chain)
            await payer.run_once()
    assert "HTTP 404" in payer.state
    assert "check its address and `wallet`" in payer.state


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DaemonRefused(-15, "wrong encryption state"), "locked"),
        (DaemonRefused(-17, "already unlocked"), "unlocked already"),
        (DaemonRefused(-18, "not loaded"), "not loaded"),
        (DaemonRefused(-32601, "Method not found (wallet method is disabled)"), "no wallet loaded"),
        (DaemonHttpFault("127.0.0.1:9332: HTTP 404"), "no wallets by path"),
    ],
)
def test_what_keeps_a_wallet_from_working_is_told_in_words(error: Exception, words: str) -> None:
    assert isinstance(error, DaemonRefused | DaemonHttpFault)
    assert words in (trouble(error) or "")


@pytest.mark.parametrize(
    "error",
    [
        DaemonRefused(-32601, "Method not found"),
        DaemonRefused(-6, "Insufficient funds"),
        DaemonHttpFault("127.0.0.1:9332: HTTP 500"),
        DaemonUnreachable("127.0.0.1:9332: refused"),
    ],
)
def test_other_errors_are_not_the_wallets_state(error: DaemonRefused | DaemonUnreachable) -> None:
    assert trouble(error) is None
