"""Start a simulated coin daemon: `python -m simcoind --port 19443 --rpcpassword x`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time

from nompcore.errors import NompError
from simcoind.block_notify import BlockNotify
from simcoind.faults import FaultBoard
from simcoind.http_server import RpcServer
from simcoind.journal import JournalError
from simcoind.node import Node
from simcoind.options import build_parameters, credentials, parse_options
from simcoind.replay import restore
from simcoind.rpc.call import DEFAULT_WALLET, Daemon
from simcoind.self_mining import SelfMiner

EXIT_BAD_OPTIONS, EXIT_FAILED = 2, 1


async def serve(options: argparse.Namespace, node: Node, server: RpcServer, stop: asyncio.Event) -> None:
    """Answer calls until `stop` is set, which SIGTERM and SIGINT do."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with server.listening(options.host, options.port) as port, asyncio.TaskGroup() as tasks:
        notifier = BlockNotify(options.blocknotify)
        node.on_tip = notifier.announce
        notifying = tasks.create_task(notifier.run())
        sys.stdout.write(f"simcoind listening on {options.host}:{port}\n")
        sys.stdout.flush()
        await stop.wait()
        notifying.cancel()


def main() -> int:
    """Run until told to stop; the exit code."""
    options = parse_options(sys.argv[1:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        node = Node(build_parameters(options), lambda: int(time.time()), options.maxtipage)
        journal = restore(node, options.datadir) if options.datadir else None
        if DEFAULT_WALLET not in node.wallets:
            node.create_wallet(DEFAULT_WALLET)
        user, password = credentials(options)
    except (NompError, JournalError, OSError, ValueError) as error:
        sys.stderr.write(f"simcoind: {error}\n")
        return EXIT_BAD_OPTIONS
    stop = asyncio.Event()
    server = RpcServer(Daemon(node, SelfMiner(node), FaultBoard(), stop, node.clock()), user, password)
    code = 0
    try:
        asyncio.run(serve(options, node, server, stop))
    except* OSError as failed:  # the port is taken, the disk is full
        sys.stderr.write("".join(f"simcoind: {error}\n" for error in failed.exceptions))
        code = EXIT_FAILED
    finally:
        if journal:
            journal.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
