#!/usr/bin/env python3
"""Tells the pool that a daemon has a new block. For a daemon's `-blocknotify`:

    blocknotify=python3 deploy/scripts/blocknotify.py pool.example:8117 <password> litecoin %s

Needs nothing but Python. Ends with 1 and a line on stderr when the pool cannot be reached: the daemon logs
it, and the pool notices the block by polling a moment later.
"""

import json
import socket
import sys

# The daemon starts one such process a block: none may linger.
TIMEOUT_SECONDS = 5


def main(arguments: list[str]) -> int:
    """Send one notice; the process's exit code."""
    if len(arguments) != 4:
        print("usage: blocknotify.py host:port password coin hash", file=sys.stderr)
        return 2
    address, password, coin, block_hash = arguments
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdigit():
        print(f"blocknotify.py: {address!r} is not host:port", file=sys.stderr)
        return 2
    line = json.dumps({"password": password, "coin": coin, "hash": block_hash}) + "\n"
    try:
        send(host.strip("[]"), int(port), line.encode())
    except OSError as error:
        print(f"blocknotify.py: {address}: {error}", file=sys.stderr)
        return 1
    return 0


def send(host: str, port: int, line: bytes) -> None:
    """Write the line and wait until the other side has closed, so that it was taken. Raises OSError."""
    with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1024):
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
