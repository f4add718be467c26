"""Every coin daemon of every pool: is it there, on the right chain, in sync, and would it give work?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.operator.checks.daemon_errors import of_error
from deploy.operator.checks.ground import ANSWER_SECONDS, Ground, without_pools
from deploy.operator.findings import Finding, fine, hint, wrong
from nompcore.address import script_for
from nompcore.config import DaemonConfig, PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonError
from services.jobmaker.capabilities import ask_capabilities
from services.jobmaker.chain_check import ChainView, call_if_known, look_at_chain

BEHIND_BLOCKS = 2
"""From which on jobmaker calls a daemon behind; one block may just have been found."""

OLDEST_VERSION = 80_000
"""0.8.0, before which getblocktemplate was another one."""


@dataclass(frozen=True, slots=True)
class DaemonView:
    """One daemon's answers. `error` where it gave none; the rest is then as far as it came."""

    pool: PoolConfig
    key: str  # in the pool's file
    name: str
    error: DaemonError | None = None
    chain: ChainView | None = None
    blockchain: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    address: Mapping[str, Any] = field(default_factory=dict)
    no_work: DaemonError | None = None  # why it would give none

    @property
    def where(self) -> str:
        """The server, and where the configuration names it."""
        return f"daemon {self.name} (pool_configs/{self.pool.name}.json: {self.key})"


async def check_daemons(ground: Ground) -> list[Finding]:
    """Of all pools."""
    found = without_pools(ground, "coin daemons")
    for pool in ground.pools:
        views = await asyncio.gather(*(look(pool, f"daemons[{i}]", d) for i, d in enumerate(pool.daemons)))
        found += [finding for view in views for finding in judge(view)]
        found += behind(views)
        found += _few(pool)
    return found


async def look(pool: PoolConfig, key: str, config: DaemonConfig) -> DaemonView:
    """Ask one daemon."""
    async with Daemon(config) as daemon:
        try:
            async with asyncio.timeout(ANSWER_SECONDS * 2):
                return await _ask(pool, key, daemon)
        except DaemonError as error:
            return DaemonView(pool, key, daemon.name, error)
        except TimeoutError:
            return DaemonView(pool, key, daemon.name, DaemonError("no answer in time"))


async def _ask(pool: PoolConfig, key: str, daemon: Daemon) -> DaemonView:
    chain = await look_at_chain(daemon)
    return DaemonView(
        pool, key, daemon.name, None, chain,
        blockchain=await call_if_known(daemon, "getblockchaininfo") or {},
        network=await call_if_known(daemon, "getnetworkinfo") or {},
        address=await call_if_known(daemon, "validateaddress", pool.address) or {},
        no_work=await _work(pool, daemon),
    )  # fmt: skip


async def _work(pool: PoolConfig, daemon: Daemon) -> DaemonError | None:
    """What keeps jobmaker from work by this daemon: it is asked as jobmaker asks it."""
    script = script_for(pool.address, pool.coin.networks[pool.network])
    try:
        await ask_capabilities(daemon, pool, script)
    except DaemonError as error:
        return error
    return None


def judge(view: DaemonView) -> list[Finding]:
    """What is wrong with one daemon."""
    if view.error is not None or view.chain is None:
        return [of_error(view.where, view.error or DaemonError("no answer"), key=view.key)]
    if view.pool.network not in view.chain.chains:
        return [_other_network(view, view.chain)]
    found = [*_sync(view), *_address(view), *_version(view)]
    if not found and view.no_work is not None:
        found = [of_error(view.where, view.no_work, key=view.key)]
    if found:
        return found
    return [fine("daemon", view.where, f"{view.pool.network}, height {view.chain.height}, gives work")]


def _other_network(view: DaemonView, chain: ChainView) -> Finding:
    return wrong(
        "daemon-other-network", view.where,
        f'it is on {" or ".join(chain.chains)}, the pool\'s "network" is {view.pool.network}',
        why="its blocks are worth nothing to this pool; jobmaker refuses it",
        mend='give host and port of a daemon on that network, start this one on it, or change "network" and '
        '"address" of the pool',
    )  # fmt: skip


def _sync(view: DaemonView) -> list[Finding]:
    told, lonely = view.blockchain, view.network.get("connections") == 0
    missing = int(told.get("headers", 0)) - int(told.get("blocks", 0))
    found = []
    if told.get("initialblockdownload") or missing > BEHIND_BLOCKS:
        percent = 100 * float(told.get("verificationprogress", 0))
        found.append(
            wrong(
                "daemon-syncing", view.where,
                f"it is still downloading the chain: {percent:.1f} % of it, {max(missing, 0)} blocks to go",
                why="until it is done it gives no work, and blocks built on an old one are lost",
                mend="wait until getblockchaininfo says initialblockdownload false; meanwhile another daemon "
                "in the pool's \"daemons\" can give work",
            )
        )  # fmt: skip
    if lonely:
        found.append(
            wrong(
                "daemon-no-peers", view.where, "it has no connection to any other node",
                why="it hears of no block of others, and nobody would hear of yours",
                mend="look at its network: listen, addnode or connect in its configuration, and the firewall",
            )
        )  # fmt: skip
    return found


def _address(view: DaemonView) -> list[Finding]:
    mine = script_for(view.pool.address, view.pool.coin.networks[view.pool.network]).hex()
    if view.address.get("isvalid", True) and view.address.get("scriptPubKey", mine) == mine:
        return []
    return [
        wrong(
            "address-unknown-to-daemon", view.where,
            "it reads the pool's address differently than the coin file does, or not at all",
            why="rewards would be paid to a script that nobody owns; jobmaker refuses the daemon",
            mend="compare the address versions and bech32 prefix in the coin file with the coin's "
            "chainparams",
        )
    ]  # fmt: skip


def _version(view: DaemonView) -> list[Finding]:
    version = view.network.get("version")
    if not isinstance(version, int) or version >= OLDEST_VERSION:
        return []
    return [
        hint(
            "daemon-old", view.where, f"its version is {version}",
            why="jobmaker may not understand its block templates",
            mend="install the coin's current release",
        )
    ]  # fmt: skip


def behind(views: list[DaemonView]) -> list[Finding]:
    """Which daemons of a pool are blocks behind the best of it."""
    heights = [view.chain.height for view in views if view.chain and view.pool.network in view.chain.chains]
    top = max(heights, default=0)
    return [
        wrong(
            "daemon-behind", view.where, f"it is at height {view.chain.height}, another one at {top}",
            why="it is no help when the other one fails, and may be on a chain of its own",
            mend="look at its peers and its log; getchaintips tells whether it is on another branch",
        )
        for view in views
        if view.chain and view.pool.network in view.chain.chains and view.chain.height + BEHIND_BLOCKS <= top
    ]  # fmt: skip


def _few(pool: PoolConfig) -> list[Finding]:
    if len({(daemon.host, daemon.port) for daemon in pool.daemons}) != 1:
        return []
    return [
        hint(
            "daemon-alone", f"pool_configs/{pool.name}.json: daemons", "the pool has one daemon only",
            why="while it restarts there is no work, and a found block has one way into the network",
            mend='add a second one to "daemons", on another machine',
        )
    ]  # fmt: skip
