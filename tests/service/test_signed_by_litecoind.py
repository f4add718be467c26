"""What a real wallet signs is genuine, and nothing else is: litecoind's `signmessage` on regtest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nompcore.signed_message import Verdict, check_signature
from tests.servers import Litecoind
from tests.servers.litecoind import WALLET
from tests.unit.chain_samples import coin

LITECOIN = coin("litecoin.json")
REGTEST = LITECOIN.networks["regtest"]
TEXT = "pool.example: I own this and ask: minimum-payment 2.5 [2025-11-24T16:00:00Z äöü]"


def verdict(address: str, text: str, signature: str) -> Verdict:
    return check_signature(address, text, signature, REGTEST, LITECOIN.message_magic)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Litecoind]:
    """One with a wallet; signing takes neither a peer nor a block."""
    server = Litecoind(tmp_path / "litecoind")
    try:
        await server.start()
        await server.create_wallet()
        yield server
    finally:
        await server.stop()


async def test_signmessage_of_a_real_wallet(node: Litecoind) -> None:
    async with node.daemon(WALLET) as wallet:
        address: str = await wallet.call("getnewaddress", "", "legacy")
        other: str = await wallet.call("getnewaddress", "", "legacy")
        signature: str = await wallet.call("signmessage", address, TEXT)

        assert await wallet.call("verifymessage", address, signature, TEXT) is True
        assert verdict(address, TEXT, signature) is Verdict.GENUINE
        assert verdict(address, TEXT + ".", signature) is Verdict.OTHER
        assert verdict(other, TEXT, signature) is Verdict.OTHER
