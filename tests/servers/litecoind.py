"""litecoind -regtest, with a wallet, able to hand out block templates.

Facts of Litecoin Core 0.21.2: `getblocktemplate` answers -9 until a peer is connected and -10 until the tip
is fresh; an open TCP connection counts as a peer for 60 s, so a second node is the lasting way. MWEB would
start at height 432 and needs a peg-in to get past 431; `-vbparams=mweb:-2:0` keeps it away unless asked for.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonUnreachable, DaemonWarmingUp
from tests.servers.process import ServerProcess, free_port, wait_until

BINARY = Path("/usr/lib/litecoin/litecoind")
"""Not /usr/bin/litecoind: that is a script of Debian that writes into the home directory."""

USER, PASSWORD = "test", "only-on-loopback"
WALLET = "pool"


class Litecoind:
    """One node; with `peer` it connects to that one. Data and ports stay over restarts.

    With `cookie` it has no user and password but writes a cookie file at each start.
    """

    def __init__(
        self,
        directory: Path,
        *,
        peer: Litecoind | None = None,
        mweb: bool = False,
        cookie: bool = False,
        options: tuple[str, ...] = (),
    ) -> None:
        self.rpc_port, self.p2p_port = free_port(), free_port()
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._peer = peer
        self._cookie = cookie
        command = [
            str(BINARY),
            "-regtest",
            f"-datadir={directory}",
            f"-rpcport={self.rpc_port}",
            *([] if cookie else [f"-rpcuser={USER}", f"-rpcpassword={PASSWORD}"]),
            f"-bind=127.0.0.1:{self.p2p_port}",
            f"-bind=127.0.0.1:{free_port()}=onion",  # else the same port for all nodes of a machine
            "-listenonion=0",
            "-dnsseed=0",
            "-fallbackfee=0.0001",
            "-dbcache=4",
            "-keypool=25",  # of the 1000 keys of each kind, a new wallet took a second of processor time
            "-printtoconsole=1",
            *([] if mweb else ["-vbparams=mweb:-2:0"]),
            *([f"-connect=127.0.0.1:{peer.p2p_port}"] if peer else ["-connect=0", "-listen=1"]),
            *options,
        ]
        self._process = ServerProcess(command, directory / "litecoind.log")

    @property
    def cookie_file(self) -> Path:
        """Where it writes its cookie."""
        return self.directory / "regtest" / ".cookie"

    def config(self, wallet: str | None = None) -> DaemonConfig:
        """How services reach it."""
        if self._cookie:
            return DaemonConfig(port=self.rpc_port, cookie_file=self.cookie_file, wallet=wallet)
        return DaemonConfig(port=self.rpc_port, user=USER, password=SecretStr(PASSWORD), wallet=wallet)

    def daemon(self, wallet: str | None = None) -> Daemon:
        """A client; the caller closes it."""
        return Daemon(self.config(wallet))

    async def start(self) -> None:
        """Starts it and waits until it answers and, where it has a peer, is connected."""
        self._process.start()
        await self._process.answers(self._answers)
        if self._peer:
            await wait_until(self._has_peer, what="litecoind is connected to its peer")

    async def stop(self) -> None:
        """Ends it in order."""
        await self._process.stop()

    async def kill(self) -> None:
        """kill -9."""
        await self._process.kill()

    def freeze(self) -> None:
        """Leaves it silent with open connections."""
        self._process.freeze()

    def thaw(self) -> None:
        """Ends `freeze`."""
        self._process.thaw()

    async def create_wallet(self, name: str = WALLET) -> str:
        """Creates a wallet that is loaded at each start; returns an address of it."""
        async with self.daemon() as daemon:
            await daemon.call("createwallet", name, False, False, "", False, None, True)
        async with self.daemon(name) as daemon:
            address: str = await daemon.call("getnewaddress")
            return address

    async def generate(self, blocks: int, address: str) -> list[str]:
        """Mines blocks that pay to the address; returns their hashes."""
        async with self.daemon() as daemon:
            hashes: list[str] = await daemon.call("generatetoaddress", blocks, address, timeout_seconds=60)
            return hashes

    async def _answers(self) -> bool:
        async with self.daemon() as daemon:
            try:
                await daemon.call("getblockchaininfo")
            except (DaemonUnreachable, DaemonWarmingUp):
                return False
            return True

    async def _has_peer(self) -> bool:
        async with self.daemon() as daemon:
            return bool(await daemon.call("getconnectioncount"))
