"""From a request body to a response: calls looked up, run and answered, with the faults that are on."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass

from simcoind.faults import Fault, FaultKind
from simcoind.rpc.call import Call, Daemon
from simcoind.rpc.error import IN_WARMUP, RpcError
from simcoind.rpc.jsonrpc import HTTP_OK, Reply, Request, encode_replies, parse_body
from simcoind.rpc.params import Params
from simcoind.rpc.table import CONTROL_PREFIX, handler, usage

log = logging.getLogger(__name__)

HTTP_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back: a status and a body."""

    status: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the wallet in the URL, and whether anybody still waits for the answer."""

    wallet_name: str | None
    is_gone: Callable[[], bool]


async def respond(daemon: Daemon, client: Client, body: bytes) -> Response | None:
    """Answer a body; None when the connection shall end without an answer."""
    try:
        requests = parse_body(body)
    except RpcError as error:
        reply = Reply(None, error=error)
        return Response(reply.status, encode_replies(reply))
    asked = requests if isinstance(requests, list) else [requests]
    fault = _fault_of(daemon, asked)
    if fault and fault.kind is FaultKind.DROP:
        return None
    if fault and fault.kind is FaultKind.UNAUTHORIZED:
        return Response(HTTP_UNAUTHORIZED)
    if fault and fault.kind is FaultKind.SLOW:
        await asyncio.sleep(fault.seconds)
    replies = [await _answer(daemon, client, request, fault) for request in asked]
    if fault and fault.kind is FaultKind.LOST_REPLY:
        return None
    return _response(replies if isinstance(requests, list) else replies[0], fault)


def _fault_of(daemon: Daemon, requests: list[Request]) -> Fault | None:
    """The fault that a body meets; a batch meets it as a whole, with its first call that does."""
    for request in requests:
        fault = None if request.method.startswith(CONTROL_PREFIX) else daemon.faults.strike(request.method)
        if fault:
            log.info("fault", extra={"kind": fault.kind.value, "method": request.method})
            return fault
    return None


async def _answer(daemon: Daemon, client: Client, request: Request, fault: Fault | None) -> Reply:
    if request.error:
        return Reply(request.request_id, error=request.error)
    if fault and fault.kind is FaultKind.WARMUP:
        return Reply(request.request_id, error=RpcError(IN_WARMUP, "Loading block index..."))
    try:
        run = handler(request.method, daemon.node.parameters)
        params = Params(request.params, usage(request.method))
        kind = fault.kind if fault else None
        result = run(Call(daemon, params, client.wallet_name, client.is_gone, kind))
        if inspect.isawaitable(result):
            result = await result
    except RpcError as error:
        return Reply(request.request_id, error=error)
    return Reply(request.request_id, result)


def _response(replies: Reply | list[Reply], fault: Fault | None) -> Response:
    body = encode_replies(replies)
    if fault and fault.kind is FaultKind.BAD_JSON:
        body = body[: len(body) // 2]
    return Response(HTTP_OK if isinstance(replies, list) else replies.status, body)
