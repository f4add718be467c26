"""How miners come in: TLS, plain and both, behind a balancer and beside it, IPv6, too many at once."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nompcore.config.pool_file import PRIVATE_NETWORKS
from tests.certificates import NAME, client_context, make_certificate
from tests.servers import NatsServer, wait_until
from tests.stratum_client import StratumClient
from tests.stratum_process import StratumProcess
from tests.stratum_stage import Stage, metrics, open_stage
from tests.stratum_work import EASY, make_job

V2_FROM_203_0_113_8 = (
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"
    + bytes([203, 0, 113, 8, 192, 0, 2, 1])
    + struct.pack("!HH", 56324, 3333)
)


@pytest.fixture
async def stage(tmp_path: Path, nats_server: NatsServer) -> AsyncIterator[Stage]:
    """NATS, miners, and stratum when the test starts it."""
    async with open_stage(tmp_path, nats_server) as stage:
        await stage.publish(make_job("1"))
        yield stage


async def tls_port(stage: Stage, mode: object, **pool_keys: Any) -> tuple[StratumProcess, Path]:
    """A process whose port speaks TLS, and its certificate."""
    certificate, key = make_certificate(stage.directory / "tls")
    process = StratumProcess(stage.directory, stage.nats.url)
    process._configure(
        {
            "ports": {str(process.port): {"diff": EASY, "tls": mode}},
            "tlsOptions": {"serverCert": str(certificate), "serverKey": str(key)},
            **pool_keys,
        }
    )
    stage._processes.append(process)
    await process.start()
    return process, certificate


async def connect_tls(stage: Stage, port: int, certificate: Path, first: bytes = b"") -> StratumClient:
    """A TLS connection; `first` goes out in the clear before the handshake."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(first)
    reader, writer = await asyncio.open_connection(
        sock=connection, ssl=client_context(certificate), server_hostname=NAME
    )
    client = StratumClient(reader, writer)
    stage.clients._clients.append(client)
    return client


async def mine(stage: Stage, client: StratumClient) -> None:
    """Everything from hello to an accepted share."""
    await client.subscribe()
    assert (await client.call("mining.authorize", "mfWyW5fc9NUj75YAnFgoRLrjxgLDn2MMth.rig", "x"))["result"]
    (solution,) = client.solutions(make_job("1"), 1)
    assert (await client.reply(client.submit(solution)))["result"] is True


async def test_a_tls_port_speaks_tls_only(stage: Stage) -> None:
    process, certificate = await tls_port(stage, True)

    await mine(stage, await connect_tls(stage, process.port, certificate))
    plain = await stage.clients.connect(process.port, b'{"id":1,"method":"mining.subscribe"}\n')

    assert await plain.is_closed()
    assert 'stratum_hangups_total{pool="btc",reason="tls"} 1.0' in await metrics(process)


async def test_one_port_serves_both(stage: Stage) -> None:
    process, certificate = await tls_port(stage, "auto")

    await mine(stage, await connect_tls(stage, process.port, certificate))
    await mine(stage, await stage.clients.connect(process.port))


async def test_the_proxy_header_comes_before_the_handshake(stage: Stage) -> None:
    process, certificate = await tls_port(stage, True, tcpProxyProtocol=True)

    await mine(stage, await connect_tls(stage, process.port, certificate, V2_FROM_203_0_113_8))

    (share,) = await stage.stored_shares(1)
    assert share.ip == "203.0.113.8"


async def test_a_new_certificate_is_shown_without_a_restart_and_old_connections_live_on(stage: Stage) -> None:
    process, certificate = await tls_port(stage, True)
    old = await connect_tls(stage, process.port, certificate)

    certificate, _ = make_certificate(stage.directory / "tls", serial=2)
    await wait_until(lambda: bool(process.logged("certificate reloaded")), what="the new one is taken")

    await mine(stage, await connect_tls(stage, process.port, certificate))
    await mine(stage, old)


async def test_a_key_that_does_not_fit_is_told_and_nothing_is_served(stage: Stage) -> None:
    _, key = make_certificate(stage.directory / "other")
    certificate, _ = make_certificate(stage.directory / "tls")
    process = StratumProcess(stage.directory, stage.nats.url)
    process._configure(
        {
            "ports": {str(process.port): {"diff": EASY, "tls": True}},
            "tlsOptions": {"serverCert": str(certificate), "serverKey": str(key)},
        }
    )
    stage._processes.append(process)

    with pytest.raises(AssertionError, match="KEY_VALUES_MISMATCH"):
        await process.start()
    assert await process.exit_code() == 1


async def test_a_header_from_elsewhere_is_not_believed(stage: Stage) -> None:
    process = await stage.start(tcpProxyProtocol=True, tcpProxyNetworks=["203.0.113.0/24"])

    refused = await stage.clients.connect(process.port, b"PROXY TCP4 198.51.100.1 192.0.2.1 1 2\r\n")

    assert await refused.is_closed()
    assert 'stratum_hangups_total{pool="btc",reason="not-by-proxy"} 1.0' in await metrics(process)


async def test_where_a_balancer_is_not_required_miners_may_come_without(stage: Stage) -> None:
    process = await stage.start(
        tcpProxyProtocol=True, tcpProxyNetworks=["203.0.113.0/24"], tcpProxyRequired=False
    )

    await mine(stage, await stage.clients.connect(process.port))
    spoofer = await stage.clients.connect(process.port, V2_FROM_203_0_113_8 + b"\n")

    assert await spoofer.is_closed()
    (share,) = await stage.stored_shares(1)
    assert share.ip == "127.0.0.1"


async def test_a_balancer_without_header_is_a_miner_where_that_is_allowed(stage: Stage) -> None:
    process = await stage.start(
        tcpProxyProtocol=True, tcpProxyNetworks=list(PRIVATE_NETWORKS), tcpProxyRequired=False
    )

    await mine(stage, await stage.clients.connect(process.port))
    await mine(stage, await stage.clients.connect(process.port, V2_FROM_203_0_113_8))

    assert sorted(share.ip for share in await stage.stored_shares(2)) == ["127.0.0.1", "203.0.113.8"]


async def test_a_balancer_is_never_banned_and_what_it_passes_on_is(stage: Stage) -> None:
    process = await stage.start(
        tcpProxyProtocol=True, banning={"enabled": True, "junkLimit": 1}, limits={"connectionsPerMinute": 3}
    )
    for _ in range(5):  # rubbish of its own, such as a health check's
        assert await (await stage.clients.connect(process.port, b"GET / HTTP/1.1\r\n\r\n")).is_closed()
    for _ in range(2):
        vandal = await stage.clients.connect(process.port, V2_FROM_203_0_113_8 + b"garbage\n")
        assert await vandal.is_closed()

    late = await stage.clients.connect(process.port, V2_FROM_203_0_113_8)

    assert await late.is_closed()
    for _ in range(5):
        await mine(stage, await stage.clients.connect(process.port, b"PROXY UNKNOWN\r\n"))


async def test_one_address_may_not_connect_or_log_in_for_ever(stage: Stage) -> None:
    process = await stage.start(limits={"connectionsPerMinute": 3, "loginsPerMinute": 2})
    miner = await stage.clients.mine(process.port)
    other = await stage.clients.mine(process.port)
    third = await stage.clients.connect(process.port)
    await third.subscribe()
    third.send("mining.authorize", "mfWyW5fc9NUj75YAnFgoRLrjxgLDn2MMth", "x")

    assert await third.is_closed()
    assert await (await stage.clients.connect(process.port)).is_closed()
    assert (
        (await miner.call("mining.ping"))["result"] == (await other.call("mining.ping"))["result"] == "pong"
    )
    page = await metrics(process)
    assert 'stratum_hangups_total{pool="btc",reason="connect-rate"} 1.0' in page
    assert 'stratum_hangups_total{pool="btc",reason="login-rate"} 1.0' in page


async def test_a_full_pool_turns_newcomers_away_and_keeps_its_miners(stage: Stage) -> None:
    process = await stage.start(limits={"maxConnections": 2})
    miner, other = await stage.clients.mine(process.port), await stage.clients.mine(process.port)

    assert await (await stage.clients.connect(process.port)).is_closed()

    assert 'stratum_hangups_total{pool="btc",reason="pool-full"} 1.0' in await metrics(process)
    await other.close()
    await miner.call("mining.ping")
    await stage.clients.mine(process.port)


async def test_miners_come_by_ipv6_too(stage: Stage) -> None:
    process = StratumProcess(stage.directory, stage.nats.url)
    process._environ["STRATUM_HOST"] = "127.0.0.1,::1"
    stage._processes.append(process)
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this host has no IPv6")
    await process.start()
    client = StratumClient(*await asyncio.open_connection("::1", process.port))
    stage.clients._clients.append(client)

    await mine(stage, client)

    (share,) = await stage.stored_shares(1)
    assert share.ip == "::1"


async def test_a_process_for_each_core_shares_the_port(stage: Stage) -> None:
    process = StratumProcess(stage.directory, stage.nats.url)
    (stage.directory / "config.json").write_text('{"clustering": {"enabled": true, "forks": 2}}')
    process._environ["METRICS_PORT"] = "0"
    stage._processes.append(process)
    await process.start()
    await wait_until(lambda: len(process.logged("serving")) == 2, what="both serve")

    prefixes: set[str] = set()
    while len(prefixes) < 2:  # the kernel deals connections out by hash
        miner = await stage.clients.connect(process.port)
        await miner.subscribe()
        prefixes.add(miner.extranonce1_hex[:4])
        await miner.close()

    assert await process.stop() == 0
    assert {line["replica"] for line in process.logged("stopped")} == {"one-1", "one-2"}


async def test_a_notice_is_shown_to_every_miner(stage: Stage) -> None:
    process = await stage.start()
    miner = await stage.clients.mine(process.port)

    async with stage.nats.operator() as client:
        await client.publish("nomp.btc.notice", b'{"pool":"btc","text":"maintenance \\"soon\\""}')

    assert await miner.notification("client.show_message") == ['maintenance "soon"']
