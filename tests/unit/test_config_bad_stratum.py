"""Mistakes in what a pool file says about its miners' connections. Each has one line of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nompcore.share import VERSION_ROLLING_MASK
from tests.unit.config_dir import POOL_FILE, PORTAL_FILE, ConfigDir, problems_of
from tests.unit.config_edits import Edit, in_turn, pool

CERTIFICATE = {"serverCert": "/etc/nomp/cert.pem", "serverKey": "/etc/nomp/key.pem"}

PROXY = {
    "a balancer that is a name": (
        pool("tcpProxyNetworks", value=["10.0.0.0/8", "balancer.example"]),
        "pool_configs/litecoin.json: tcpProxyNetworks[1]: "
        'expected an IP address or network, such as "10.0.0.0/8", found "balancer.example"',
    ),
    "a network with an address of a host": (
        pool("tcpProxyNetworks", value=["10.0.0.1/8"]),
        "pool_configs/litecoin.json: tcpProxyNetworks[0]: "
        'expected an IP address or network, such as "10.0.0.0/8", found "10.0.0.1/8"',
    ),
    "no balancer": (
        pool("tcpProxyNetworks", value=[]),
        "pool_configs/litecoin.json: tcpProxyNetworks: at least one is required",
    ),
    "perhaps a balancer": (
        pool("tcpProxyRequired", value="maybe"),
        'pool_configs/litecoin.json: tcpProxyRequired: expected true or false, found "maybe"',
    ),
}

MASKS = {
    "a mask that is not hex": (
        pool("versionMask", value="1fffe00g"),
        'pool_configs/litecoin.json: versionMask: expected 8 hex digits, found "1fffe00g"',
    ),
    "a mask that is too short": (
        pool("versionMask", value="e000"),
        'pool_configs/litecoin.json: versionMask: expected 8 hex digits, found "e000"',
    ),
    "a mask that is a number": (
        pool("versionMask", value=536862720),
        "pool_configs/litecoin.json: versionMask: expected 8 hex digits, found 536862720",
    ),
}

TLS = {
    "TLS without a certificate": (
        pool("ports", "3256", "tls", value=True),
        "pool_configs/litecoin.json: ports.3256.tls: needs tlsOptions with serverCert and serverKey",
    ),
    "either way without a certificate": (
        pool("ports", "3032", "tls", value="auto"),
        "pool_configs/litecoin.json: ports.3032.tls: needs tlsOptions with serverCert and serverKey",
    ),
    "a certificate without a key": (
        pool("tlsOptions", value={"serverCert": "/etc/nomp/cert.pem"}),
        "pool_configs/litecoin.json: tlsOptions.serverKey: required, but not given",
    ),
    "perhaps TLS": (
        in_turn(pool("tlsOptions", value=CERTIFICATE), pool("ports", "3256", "tls", value="maybe")),
        'pool_configs/litecoin.json: ports.3256.tls: expected true, false or "auto", found "maybe"',
    ),
    "TLS as a number": (
        pool("ports", "3256", "tls", value=1),
        'pool_configs/litecoin.json: ports.3256.tls: expected true, false or "auto", found 1',
    ),
    "TLS as an object": (
        pool("ports", "3256", "tls", value={}),
        'pool_configs/litecoin.json: ports.3256.tls: expected true, false or "auto", found an object',
    ),
}

LIMITS = {
    "fewer connections than none": (
        pool("limits", value={"maxConnections": -1}),
        "pool_configs/litecoin.json: limits.maxConnections: expected a whole number, 0 or more, found -1",
    ),
    "half a connection a minute": (
        pool("limits", value={"connectionsPerMinute": 0.5}),
        "pool_configs/litecoin.json: limits.connectionsPerMinute: "
        "expected a whole number, 0 or more, found 0.5",
    ),
    "fewer logins than none": (
        pool("limits", value={"loginsPerMinute": -6000}),
        "pool_configs/litecoin.json: limits.loginsPerMinute: expected a whole number, 0 or more, found -6000",
    ),
    "a limit that is none of ours": (
        pool("limits", value={"maxConnection": 1}),
        'pool_configs/litecoin.json: limits.maxConnection: unknown key; did you mean "maxConnections"?',
    ),
}

BANNING = {
    "a ban for no rubbish": (
        pool("banning", value={"junkLimit": 0}),
        "pool_configs/litecoin.json: banning.junkLimit: expected a whole number above 0, found 0",
    ),
    "a ban for no login": (
        pool("banning", value={"failedLoginLimit": 0}),
        "pool_configs/litecoin.json: banning.failedLoginLimit: expected a whole number above 0, found 0",
    ),
    "an exemption that is no network": (
        pool("banning", value={"exempt": ["2001:db8::/129"]}),
        "pool_configs/litecoin.json: banning.exempt[0]: "
        'expected an IP address or network, such as "10.0.0.0/8", found "2001:db8::/129"',
    ),
}

CASES: dict[str, tuple[Edit, str]] = {**PROXY, **MASKS, **TLS, **LIMITS, **BANNING}


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES.keys())
def test_one_mistake_gives_exactly_its_line(tmp_path: Path, edit: Edit, expected: str) -> None:
    config = ConfigDir()
    edit(config)
    config.write(tmp_path)
    assert problems_of(tmp_path, config.environ) == [expected]


def test_every_mistake_has_a_line_of_its_own() -> None:
    assert len({expected for _, expected in CASES.values()}) == len(CASES)


def test_all_of_it_can_be_given(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, "tcpProxyNetworks", value=["192.0.2.1", "2001:db8::/32"])
    config.put(POOL_FILE, "tcpProxyRequired", value=False)
    config.put(POOL_FILE, "versionMask", value="1FFFE000")
    config.put(POOL_FILE, "tlsOptions", value=CERTIFICATE)
    config.put(POOL_FILE, "limits", value={"maxConnections": 5000, "loginsPerMinute": 0})
    config.put(POOL_FILE, "banning", value={"enabled": True, "exempt": ["192.0.2.0/24"]})
    config.put(POOL_FILE, "ports", "3256", "tls", value="auto")
    config.put(POOL_FILE, "ports", "3032", "tls", value=True)

    found = config.load(tmp_path).pools["litecoin"]

    assert found.tcp_proxy_networks == ("192.0.2.1/32", "2001:db8::/32")
    assert not found.tcp_proxy_required
    assert found.version_mask == VERSION_ROLLING_MASK
    assert found.tls_options is not None
    assert str(found.tls_options.server_key) == "/etc/nomp/key.pem"
    assert (found.limits.max_connections, found.limits.logins_per_minute) == (5000, 0)
    assert (found.banning.enabled, found.banning.exempt) == (True, ["192.0.2.0/24"])
    assert (found.ports[3256].tls, found.ports[3032].tls) == ("auto", "on")


@pytest.mark.parametrize(("coin", "mask"), [("litecoin.json", 0), ("bitcoin.json", VERSION_ROLLING_MASK)])
def test_without_a_mask_the_version_is_rolled_where_miners_need_it(
    tmp_path: Path, coin: str, mask: int
) -> None:
    config = ConfigDir()
    config.put(POOL_FILE, "coin", value=coin)
    config.put(POOL_FILE, "network", value="test")
    config.put(POOL_FILE, "address", value="mi4iBXbBsydtcc5yFmsff2zCFVX4XG7qJc")
    config.drop(POOL_FILE, "shareProcessing", "internal", "feeReceiveAddress")

    assert config.load(tmp_path).pools["litecoin"].version_mask == mask


@pytest.mark.parametrize(
    ("clustering", "processes"),
    [
        (None, 1),
        ({"enabled": True, "forks": 4}, 4),
        ({"enabled": True, "forks": "auto"}, 0),
        ({"enabled": False, "forks": 4}, 1),
    ],
)
def test_clustering_says_how_many_processes_there_are(
    tmp_path: Path, clustering: dict[str, object] | None, processes: int
) -> None:
    config = ConfigDir()
    if clustering is not None:
        config.put(PORTAL_FILE, "clustering", value=clustering)

    assert config.load(tmp_path).stratum_forks == processes
