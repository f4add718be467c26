"""JSON-RPC of the benchmark's daemon: a template costs it the sending and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nompcore.daemon import ANSWER_BYTES
from nompcore.target import difficulty_from_target, target_from_nbits
from simcoind.http_head import parse_head, response_head
from tests.bench.tip_chain import TipBlock, TipChain
from tests.bench.tip_signals import LongPolls
from tests.bench.tip_template import NBITS

ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"  # of BIP 173
SCRIPT_HEX = "0014751e76e8199196d454941c45d1b3a323f1433bd6"

METHOD_NOT_FOUND, BLOCK_NOT_FOUND = -32601, -5
OK, NOT_FOUND, FAILED = 200, 404, 500

HASHES_A_SECOND = 5.5e20
DIFFICULTY = difficulty_from_target(target_from_nbits(NBITS), 1)


class TipRpc:
    """Answers about one chain. `templates` counts requests for one, long polls among them."""

    def __init__(self, chain: TipChain, long_polls: LongPolls) -> None:
        self.templates = 0
        self._chain = chain
        self._long_polls = long_polls

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request after the other."""
        try:
            while True:
                head = parse_head(await reader.readuntil(b"\r\n\r\n"), ANSWER_BYTES)
                status, parts = await self._respond(json.loads(await reader.readexactly(head.content_length)))
                size = sum(len(part) for part in parts)
                writer.writelines([response_head(status, size, keep_alive=True), *parts])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or this process ends, which streams would report as a mishap
        finally:
            writer.close()

    async def _respond(self, request: dict[str, Any]) -> tuple[int, list[bytes]]:
        method, params = request["method"], request.get("params") or []
        ending = b',"error":null,"id":' + json.dumps(request["id"]).encode() + b"}\n"
        if method == "getblocktemplate":
            return OK, [b'{"result":', *await self._template(params), ending]
        answer = _ANSWERS.get(method)
        if answer is None:
            return NOT_FOUND, [_error(request["id"], METHOD_NOT_FOUND, "Method not found")]
        try:
            return OK, [b'{"result":', json.dumps(answer(self._chain.tip, params)).encode(), ending]
        except LookupError:
            return FAILED, [_error(request["id"], BLOCK_NOT_FOUND, "Block not found")]

    async def _template(self, params: list[Any]) -> tuple[bytes, ...]:
        wanted = params[0] if params else {}
        if wanted.get("mode") == "proposal":
            return (b"null",)
        self.templates += 1
        known = self._chain.tip.longpollid
        if known and wanted.get("longpollid") == known:
            await self._long_polls.wait()
        return self._chain.tip.template


def _error(request_id: object, code: int, message: str) -> bytes:
    answer = {"result": None, "error": {"code": code, "message": message}, "id": request_id}
    return json.dumps(answer).encode() + b"\n"


def _chain_info(tip: TipBlock, _params: list[Any]) -> dict[str, Any]:
    return {
        "chain": "main",
        "blocks": tip.height,
        "headers": tip.height,
        "bestblockhash": tip.hash_display,
        "difficulty": DIFFICULTY,
        "time": tip.time_seconds,
        "mediantime": tip.time_seconds - 3600,
        "verificationprogress": 1.0,
        "initialblockdownload": False,
        "pruned": False,
        "warnings": "",
    }


def _mining_info(tip: TipBlock, _params: list[Any]) -> dict[str, Any]:
    return {
        "blocks": tip.height,
        "difficulty": DIFFICULTY,
        "networkhashps": HASHES_A_SECOND,
        "pooledtx": 0,
        "chain": "main",
        "warnings": "",
    }


def _network_info(_tip: TipBlock, _params: list[Any]) -> dict[str, Any]:
    return {
        "version": 290000,
        "subversion": "/Satoshi:29.0.0/",
        "protocolversion": 70016,
        "connections": 8,
        "networkactive": True,
        "warnings": "",
    }


def _address_info(_tip: TipBlock, params: list[Any]) -> dict[str, Any]:
    if params != [ADDRESS]:
        return {"isvalid": False}
    return {"isvalid": True, "address": ADDRESS, "scriptPubKey": SCRIPT_HEX, "iswitness": True}


def _header(tip: TipBlock, params: list[Any]) -> object:
    block_hash, verbose = (*params, True)[:2]
    if block_hash != tip.hash_display:
        raise LookupError(block_hash)
    if not verbose:
        return tip.header.hex()
    return {
        "hash": tip.hash_display,
        "confirmations": 1,
        "height": tip.height,
        "version": int.from_bytes(tip.header[:4], "little"),
        "merkleroot": tip.header[36:68][::-1].hex(),
        "time": tip.time_seconds,
        "mediantime": tip.time_seconds - 3600,
        "nonce": int.from_bytes(tip.header[76:], "little"),
        "bits": f"{NBITS:08x}",
        "difficulty": DIFFICULTY,
        "previousblockhash": tip.header[4:36][::-1].hex(),
    }


_ANSWERS: dict[str, Callable[[TipBlock, list[Any]], object]] = {
    "getbestblockhash": lambda tip, _: tip.hash_display,
    "getblockchaininfo": _chain_info,
    "getblockcount": lambda tip, _: tip.height,
    "getblockheader": _header,
    "getdifficulty": lambda _tip, _: DIFFICULTY,
    "getmininginfo": _mining_info,
    "getnetworkhashps": lambda _tip, _: HASHES_A_SECOND,
    "getnetworkinfo": _network_info,
    "submitblock": lambda _tip, _: "high-hash",
    "validateaddress": _address_info,
}


@asynccontextmanager
async def listening_rpc(rpc: TipRpc) -> AsyncIterator[int]:
    """Serve on a free port, which is given."""
    server = await asyncio.start_server(rpc.serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
