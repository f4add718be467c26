"""MySQL 8's kind of passwords: the operator is told what to do. A scripted server speaks its first words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from nompcore.config import MposConfig
from nompcore.config.mpos import LoginCheck
from services.payouts.failpoint import Failpoints
from services.payouts.mpos.mpos_database import MposDatabase, MposUnavailable

PLUGIN = b"caching_sha2_password\0"
SALT = bytes(range(1, 21))
CAPABILITIES = 1 | 8 | 512 | 32768 | 1 << 19  # passwords, database, protocol 4.1, kinds of passwords

GREETING = (
    b"\x0a8.0.36\0" + bytes(4) + SALT[:8] + b"\0" + CAPABILITIES.to_bytes(4, "little")[:2] + b"\xff\x02\0"
    + CAPABILITIES.to_bytes(4, "little")[2:] + bytes([21]) + bytes(10) + SALT[8:] + b"\0" + PLUGIN
)  # fmt: skip
FULL_CHECK = b"\x01\x04"  # the server has not seen this user since it started
PUBLIC_KEY = b"\x01-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"


async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Up to where the client has to encrypt its password."""
    for number, packet in enumerate((GREETING, FULL_CHECK, PUBLIC_KEY)):
        writer.write(len(packet).to_bytes(3, "little") + bytes([2 * number]) + packet)
        if number < 2:
            head = await reader.readexactly(4)
            await reader.readexactly(int.from_bytes(head[:3], "little"))
    writer.close()


@asynccontextmanager
async def mysql_8() -> AsyncIterator[MposConfig]:
    server = await asyncio.start_server(speak, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield MposConfig(
            host="127.0.0.1", port=port, user="nomp", password=SecretStr("secret"), database="mpos",
            login_check=LoginCheck.PASSWORD, auto_create_worker=False,
        )  # fmt: skip


async def test_a_password_that_cannot_be_sent_tells_both_ways_out() -> None:
    async with mysql_8() as config:
        database = MposDatabase(config, Failpoints())
        with pytest.raises(MposUnavailable) as raised:
            await asyncio.to_thread(database.prepare)
        database.close()
    told = str(raised.value)
    assert "IDENTIFIED WITH mysql_native_password" in told
    assert "package cryptography" in told
    assert "secret" not in told
