"""What one template costs a processor, step by step, in this process alone."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from pydantic import SecretStr

from nompcore import daemon, subjects
from nompcore.address import script_for
from nompcore.bus import Bus
from nompcore.config import DaemonConfig
from nompcore.job import block_body, build_job, pack_transactions
from nompcore.messages import Job
from nompcore.template import Template, parse_bare_template, parse_template, read_answer
from nompcore.wire import encode
from tests.bench.json_child import json_child
from tests.bench.tip_chain import TipChain
from tests.bench.tip_rpc import ADDRESS
from tests.bench.tip_signals import POLL
from tests.servers import NatsServer
from tests.stratum_work import POOL, coin

REPETITIONS = 30

RPC, OURS = "rpc", "ours"
"""Whose a step is: that of whoever asks a daemon for JSON over HTTP, or jobmaker's own."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """Median processor time of all threads."""

    step: str
    part: str
    cpu_ms: float


async def template_cpu() -> list[Step]:
    """Every step from asking a daemon to the bytes of the job message."""
    body = b"".join([b'{"result":', *TipChain(has_long_polls=True).tip.template, b',"error":null,"id":1}\n'])
    answer, decoding = _measured(lambda: _decoded(body))
    network = coin().networks["main"]
    template, parsing = _measured(lambda: parse_template(answer, network, coin().payees))
    _, emptying = _measured(lambda: parse_bare_template(answer, network, coin().payees))
    job, building = _measured(lambda: _job(template))
    packed, packing = _measured(lambda: pack_transactions(block_body(template)))
    _, encoding = _measured(lambda: encode(job))
    return [
        Step("HTTP", RPC, await _call_ms() - decoding),
        Step("JSON decode", RPC, decoding),
        Step("parse_template", OURS, parsing),
        Step("parse_bare_template", OURS, emptying),
        Step("build_job", OURS, building),
        Step("pack_transactions", OURS, packing),
        Step("store them in NATS", OURS, await _storing_ms(packed)),
        Step("encode the job", OURS, encoding),
    ]


def _measured(action: Callable[[], T]) -> tuple[T, float]:
    """The last result, and the median of milliseconds."""
    times = []
    for _ in range(REPETITIONS):
        started = time.process_time()
        result = action()
        times.append((time.process_time() - started) * 1000)
    return result, median(times)


async def _awaited_ms(action: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(REPETITIONS):
        started = time.process_time()
        await action()
        times.append((time.process_time() - started) * 1000)
    return median(times)


async def _call_ms() -> float:
    """The whole call, with the decoding of the answer, to a daemon that is a process of its own."""
    async with json_child("tests.bench.tip_daemon", POLL) as child:
        port = (await child.hear())["rpc_port"]
        config = DaemonConfig(port=port, user="bench", password=SecretStr("bench"))
        async with daemon.Daemon(config) as client:
            return await _awaited_ms(lambda: _offered(client))


async def _storing_ms(packed: bytes) -> float:
    """As jobmaker does it before it publishes the job."""
    async with AsyncExitStack() as stack:
        nats = NatsServer(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.push_async_callback(nats.stop)
        await nats.start()
        bus = await Bus.connect(nats.url, service=subjects.JOBMAKER, replica="bench")
        stack.push_async_callback(bus.drain)
        await bus.ensure()
        objects, numbers = bus.objects(subjects.TEMPLATES), itertools.count()
        return await _awaited_ms(lambda: objects.put(f"{POOL}.{next(numbers)}", packed))


async def _offered(client: daemon.Daemon) -> dict[str, Any]:
    return read_answer(await client.call_fields("getblocktemplate", {"rules": ["segwit"]}))


def _decoded(body: bytes) -> dict[str, Any]:
    fields: Any = daemon._fields_decoder.decode(body)["result"]
    return read_answer(fields)


def _job(template: Template) -> Job:
    bitcoin = coin()
    return build_job(
        template,
        pool=POOL,
        coin=bitcoin,
        job_id="1",
        template_id="1",
        pool_script=script_for(ADDRESS, bitcoin.networks["main"]),
        pool_tag="/nomp/",
        recipients=(),
        clean_jobs=True,
        created_ms=0,
    )
