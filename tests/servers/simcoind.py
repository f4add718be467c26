"""simcoind: the simulated coin daemon. Used as litecoind is, and faster; faults come on demand."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonUnreachable
from tests.servers.process import ServerProcess, free_port

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "test", "only-on-loopback"


Family = Literal["stake", "comments", "coinbase-once", "special-coinbase", "mweb", "old-daemon"]
"""What can set a chain apart from Bitcoin's beside what its coin file says; see docs/simcoind.md."""


class SimCoind:
    """One daemon, regtest litecoin unless the options say otherwise. Data and port stay over restarts.

    `coin` is a file of coins/ or a path; `payees` are those of --payees, such as "dash" or "founder".
    """

    def __init__(
        self,
        directory: Path,
        *,
        coin: str | Path = "litecoin.json",
        family: Collection[Family] = (),
        payees: Collection[str] = (),
        cookie: bool = False,
        options: tuple[str, ...] = (),
    ) -> None:
        self.port = free_port()
        self.user, self.password = USER, PASSWORD
        self.directory = directory
        self._cookie = cookie
        directory.mkdir(parents=True, exist_ok=True)
        password_file = directory / "password"
        password_file.write_text(PASSWORD)
        command = [
            sys.executable,
            "-m",
            "simcoind",
            f"--port={self.port}",
            *([] if cookie else [f"--rpcuser={USER}", f"--rpcpassword-file={password_file}"]),
            f"--datadir={directory}",
            f"--coin={ROOT / 'coins' / coin}",
            *(f"--{departure}" for departure in family),
            *([f"--payees={','.join(payees)}"] if payees else []),
            *options,
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "libs")}
        self._process = ServerProcess(command, directory / "simcoind.log", environment)

    @property
    def url(self) -> str:
        """Where it listens, without credentials."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process.running

    @property
    def cookie_file(self) -> Path:
        """Where it writes a cookie when it has no password."""
        return self.directory / ".cookie"

    def config(self, wallet: str | None = None) -> DaemonConfig:
        """How services reach it."""
        if self._cookie:
            return DaemonConfig(host="127.0.0.1", port=self.port, cookie_file=self.cookie_file, wallet=wallet)
        return DaemonConfig(
            host="127.0.0.1", port=self.port, user=USER, password=SecretStr(PASSWORD), wallet=wallet
        )

    def daemon(self, wallet: str | None = None) -> Daemon:
        """A client; the caller closes it."""
        return Daemon(self.config(wallet))

    async def start(self) -> None:
        """Starts it and waits until it answers; it hands out templates at once."""
        self._process.start()
        await self._process.answers(self._answers)

    async def stop(self) -> None:
        """Ends it in order."""
        await self._process.stop()

    async def kill(self) -> None:
        """kill -9."""
        await self._process.kill()

    def freeze(self) -> None:
        """Stops it where it is: its sockets stay open and nothing answers."""
        self._process.freeze()

    def thaw(self) -> None:
        """Lets it go on."""
        self._process.thaw()

    async def call(self, method: str, *params: object, wallet: str | None = None) -> Any:
        """The result of one call."""
        async with self.daemon(wallet) as daemon:
            return await daemon.call(method, *params, timeout_seconds=60)

    async def create_wallet(self, name: str) -> str:
        """Creates a wallet; returns an address of it."""
        await self.call("createwallet", name)
        address: str = await self.call("getnewaddress", wallet=name)
        return address

    async def generate(self, blocks: int, address: str) -> list[str]:
        """Mines blocks that pay to the address; returns their hashes."""
        hashes: list[str] = await self.call("generatetoaddress", blocks, address)
        return hashes

    async def set_fault(self, kind: str, **settings: object) -> None:
        """Switches a fault on, or off with "none"; see docs/simcoind.md."""
        await self.call("sim_setfault", {"kind": kind, **settings})

    async def _answers(self) -> bool:
        try:
            await self.call("getblockcount")
        except DaemonUnreachable:
            return False
        return True
