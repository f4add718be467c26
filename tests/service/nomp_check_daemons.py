"""Misconfigurations of daemons, wallets and clocks that `nomp check` has to find."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from services.payouts.ledger.accounts import miner
from services.payouts.ledger.correction_rows import Grounds
from services.payouts.ledger.corrections import Order
from tests.servers import free_port
from tests.servers.relay_daemon import RelayDaemon
from tests.service.nomp_check_cases import Cases
from tests.service.nomp_check_stage import Place, make_ledger
from tests.unit.config_dir import OTHER_REGTEST_ADDRESS, POOL_FILE

DAY = 24 * 3600.0
Answer = Callable[[list[Any]], Awaitable[Any]]

DAEMONS = Cases()


# ---- daemons ----


@DAEMONS.plain("daemon-unreachable", f"{POOL_FILE}: daemons[1]", "rpcport")
def daemon_that_does_not_run(place: Place) -> None:
    place.pool("daemons", 1, "port", value=free_port())


@DAEMONS.plain("daemon-login", f"{POOL_FILE}: daemons[0]", "rpcpassword")
def wrong_password_of_a_daemon(place: Place) -> None:
    place.pool("daemons", 0, "password", value="not that of the daemon")


@DAEMONS.plain("daemon-http", f"{POOL_FILE}: daemons[0]", "rpcport")
def port_of_something_else(place: Place) -> None:
    place.pool("daemons", 0, "port", value=int(place.monitor.rpartition(":")[2]))


@DAEMONS.plain("daemon-other-network", f"{POOL_FILE}: daemons[0]", '"network"', "wallet-not-owner")
def daemon_on_another_network(place: Place) -> None:
    place.pool("network", value="test")
    place.pool("address", value=OTHER_REGTEST_ADDRESS)


def _faulty(kind: str, code: str, mend: str, *follows: str) -> None:
    @asynccontextmanager
    async def seed(place: Place) -> AsyncIterator[None]:
        await place.servers.daemon.set_fault(kind)
        try:
            yield
        finally:
            await place.servers.daemon.set_fault("none")

    seed.__name__ = f"daemon_fault_{kind}"
    DAEMONS.lasting(code, f"{POOL_FILE}: daemons[0]", mend, *follows)(seed)


_faulty("syncing", "daemon-syncing", "initialblockdownload")
_faulty("nopeers", "daemon-no-peers", "addnode")
_faulty("warmup", "daemon-warming-up", "log")


@asynccontextmanager
async def _relayed(place: Place, *where: str | int, **answers: Any) -> AsyncIterator[RelayDaemon]:
    """Puts a daemon that answers otherwise in some place of the pool's file."""
    relay = RelayDaemon(place.servers.daemon.config("pool"))
    for method, change in answers.items():
        relay.answers[method] = _changed(relay, method, change)
    async with relay.serving():
        place.pool(*where, "port", value=relay.config.port)
        yield relay


def _changed(
    relay: RelayDaemon, method: str, change: dict[str, Any]
) -> Callable[[list[Any]], Awaitable[Any]]:
    async def answer(params: list[Any]) -> Any:
        return {**await relay.ask_behind(method, *params), **change}

    return answer


@DAEMONS.lasting("daemon-behind", f"{POOL_FILE}: daemons[0]", "getchaintips")
@asynccontextmanager
async def daemon_behind_the_other(place: Place) -> AsyncIterator[None]:
    ahead = {"blocks": 50, "headers": 50}
    async with _relayed(place, "daemons", 1, getblockchaininfo=ahead):
        yield


@DAEMONS.lasting("address-unknown-to-daemon", f"{POOL_FILE}: daemons[1]", "chainparams")
@asynccontextmanager
async def daemon_that_reads_the_address_otherwise(place: Place) -> AsyncIterator[None]:
    async with _relayed(place, "daemons", 1, validateaddress={"scriptPubKey": "51"}):
        yield


@DAEMONS.lasting("daemon-old", f"{POOL_FILE}: daemons[1]", "current release")
@asynccontextmanager
async def daemon_of_long_ago(place: Place) -> AsyncIterator[None]:
    async with _relayed(place, "daemons", 1, getnetworkinfo={"version": 70_200}):
        yield


# ---- wallets ----

PAYER = ("shareProcessing", "internal", "daemon")


@DAEMONS.plain("wallet-not-owner", "wallet of daemon 127.0.0.1", "getnewaddress")
def address_of_another_wallet(place: Place) -> None:
    place.pool("address", value=place.servers.foreign_address)


@DAEMONS.plain("wallet-unavailable", "wallet of daemon 127.0.0.1", "loadwallet")
def wallet_that_is_not_loaded(place: Place) -> None:
    place.pool(*PAYER, "wallet", value="nosuch")


@DAEMONS.lasting("wallet-locked", "wallet of daemon 127.0.0.1", "walletpassphrase")
@asynccontextmanager
async def locked_wallet(place: Place) -> AsyncIterator[None]:
    async with _relayed(place, *PAYER, getwalletinfo={"unlocked_until": 0}):
        yield


@DAEMONS.plain("wallet-short", "wallet of daemon 127.0.0.1", "correction")
def wallet_that_holds_less_than_is_owed(place: Place) -> None:
    url = place.environ["LEDGER_URL"] = f"sqlite:///{place.directory}/owing.db"
    ledger = make_ledger(url)
    order = Order("wallet", miner(OTHER_REGTEST_ADDRESS), 10**15, "ticket 1", Grounds("a test", "ann"))
    assert ledger.corrections.correct("litecoin", order, lambda address: True, 1)
    ledger.close()


# ---- clocks ----


@DAEMONS.plain("clock-off", "clock of this machine", "chrony")
def clock_that_is_ahead(place: Place) -> None:
    place.now = lambda: time.time() + 600


@DAEMONS.plain("clock-behind-chain", "clock of this machine", "chrony", "clock-off")
def clock_that_is_behind(place: Place) -> None:
    place.now = lambda: time.time() - DAY
