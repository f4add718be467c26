"""`python -m deploy.launcher`: set up, start, prepare the chain, start the services, wait, stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import json5

from deploy.launcher.addresses import address_file, recall, remember
from deploy.launcher.daemon_choice import find_litecoind, install_litecoind
from deploy.launcher.files import write_files
from deploy.launcher.layout import ROOT, Layout, busy_ports, read_layout
from deploy.launcher.programs import Chain, servers, services
from deploy.launcher.readiness import announcement, unready
from deploy.launcher.supervision import Supervisor
from deploy.launcher.supervisor_conf import supervisor_conf
from deploy.setup.regtest import outside_address, wallet_address
from nompcore.coin import parse_coin
from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon

READY_SECONDS = 90.0
POLL_SECONDS = 0.3
SIMULATED = (
    "simulated"  # NOMP_DAEMON=simulated asks for the simulated daemon even where litecoind is installed
)


class Stopped(Exception):  # noqa: N818  # not an error: the user pressed Ctrl-C
    """SIGINT, SIGTERM or SIGHUP arrived."""


def main() -> int:
    """Run the pool until a signal; the exit code says whether it ran."""
    try:
        layout = read_layout(os.environ)
    except ValueError as error:
        return _refuse([str(error)])
    if busy := busy_ports(layout):
        return _refuse([*busy, "is the pool running already? Each of these variables takes another port."])
    os.chdir(ROOT)
    write_files(layout)
    return _supervised(layout)


def _refuse(lines: list[str]) -> int:
    for line in lines:
        print(f"make run: {line}", file=sys.stderr)
    return 2


def _supervised(layout: Layout) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    chain = Chain(litecoind=_choose_daemon())
    conf = layout.home / "run" / "supervisord.conf"
    conf.write_text(supervisor_conf(layout, servers(layout, chain), []))
    conf.chmod(0o600)
    supervisor = Supervisor(layout, conf)
    try:
        supervisor.wait_until_up()
        return _run(layout, supervisor, conf, chain, stop)
    except Stopped:
        return 0
    finally:
        print("stopping", flush=True)
        supervisor.stop()


def _choose_daemon() -> str | None:
    if os.environ.get("NOMP_DAEMON") == SIMULATED:
        return None
    return find_litecoind() or install_litecoind()


def _run(layout: Layout, supervisor: Supervisor, conf: Path, chain: Chain, stop: threading.Event) -> int:
    print("starting NATS, Valkey and the coin daemon", flush=True)
    chain = _prepare_chain(layout, chain, stop)
    conf.write_text(supervisor_conf(layout, servers(layout, chain), services(layout, chain)))
    supervisor.reread()
    for program in services(layout, chain):
        supervisor.start(program.name)
    print("starting the services", flush=True)
    if missing := _wait_until_ready(layout, stop):
        print(
            f"not ready after {READY_SECONDS:.0f} s: {', '.join(missing)}; see {layout.logs}", file=sys.stderr
        )
        return 1
    print(announcement(layout, chain), flush=True)
    while not stop.wait(1.0):
        if supervisor.ended:
            print("supervisord ended; see supervisord.log", file=sys.stderr)
            return 1
    return 0


def _wait_until_ready(layout: Layout, stop: threading.Event) -> list[str]:
    deadline = time.monotonic() + READY_SECONDS
    while missing := unready(layout):
        if stop.wait(POLL_SECONDS):
            raise Stopped
        if time.monotonic() > deadline:
            return missing
    return []


def _prepare_chain(layout: Layout, chain: Chain, stop: threading.Event) -> Chain:
    """Wait for the daemons and make the two addresses, in a thread so that Ctrl-C is heard meanwhile."""
    outcome: list[Chain | Exception] = []

    def prepare() -> None:
        try:
            outcome.append(asyncio.run(_addresses(layout, chain)))
        except Exception as error:  # noqa: BLE001  # handed to the main thread, which raises it
            outcome.append(error)

    worker = threading.Thread(target=prepare, daemon=True)
    worker.start()
    while worker.is_alive():
        if stop.wait(POLL_SECONDS):
            raise Stopped
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


async def _addresses(layout: Layout, chain: Chain) -> Chain:
    main = _daemon(layout, "LITECOIN_RPC_PORT")
    pool_file, miner_file = address_file(layout, "pool", chain), address_file(layout, "miner", chain)
    pool = await wallet_address(main, "pool", recall(pool_file))
    if chain.litecoind is None:
        coin = parse_coin("litecoin.json", json5.loads((ROOT / "coins" / "litecoin.json").read_text()))
        miner = recall(miner_file) or outside_address(coin, "regtest")
    else:
        backup = _daemon(layout, "LITECOIN_BACKUP_RPC_PORT")
        miner = await wallet_address(backup, "miner", recall(miner_file))
        await backup.close()
    remember(pool_file, pool)
    remember(miner_file, miner)
    await main.close()
    return replace(chain, pool_address=pool, miner_address=miner)


def _daemon(layout: Layout, port: str) -> Daemon:
    password = (layout.secrets / "litecoin_rpc").read_text().strip()
    return Daemon(
        DaemonConfig.model_validate(
            {"host": "127.0.0.1", "port": layout.ports[port], "user": "nomp", "password": password}
        )
    )


sys.exit(main())
