"""Settings of a process: defaults, files, and bad values that are told without being shown."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.settings import (
    METRICS_PORTS,
    VARIABLES,
    Settings,
    SettingsInvalid,
    read_settings,
    settings_page,
)
from nompcore.subjects import SERVICES

ROOT = Path(__file__).parents[2]


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = read_settings({}, "stratum")

    assert settings.nats_url == "nats://127.0.0.1:4222"
    assert (settings.config_dir, settings.coins_dir) == (Path("deploy"), Path("coins"))
    assert (settings.api_host, settings.api_port, settings.log_level) == ("127.0.0.1", 8080, "")
    assert (settings.stratum_host, settings.drain_seconds) == ("0.0.0.0,::", 10.0)


def test_every_service_has_a_metrics_port_of_its_own() -> None:
    ports = [read_settings({}, service).metrics_port for service in SERVICES]

    assert ports == [METRICS_PORTS[service] for service in SERVICES]
    assert len(set(ports)) == len(SERVICES)


def test_a_replica_is_named_after_host_and_process_unless_it_has_a_name() -> None:
    assert read_settings({}, "api").replica.endswith(f"-{os.getpid()}")
    assert read_settings({}, "api").replica[0] == socket.gethostname()[0]
    assert read_settings({"NOMP_REPLICA": "api-7"}, "api").replica == "api-7"


def test_a_value_can_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "nats_url"
    secret.write_text("nats://api:secret@nats:4222\n")

    assert read_settings({"NATS_URL_FILE": str(secret)}, "api").nats_url == "nats://api:secret@nats:4222"


def test_every_problem_is_told_at_once_and_no_value_is_shown(tmp_path: Path) -> None:
    environ = {
        "API_PORT": "secret",
        "METRICS_PORT": "65536",
        "LOG_LEVEL": "secret",
        "NOMP_REPLICA": "not.a.token",
        "REDIS_URL_FILE": str(tmp_path / "missing"),
        "NATS_URL": "nats://secret",
        "NATS_URL_FILE": str(tmp_path / "also"),
    }

    with pytest.raises(SettingsInvalid) as caught:
        read_settings(environ, "api")

    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "NATS_URL",
        "REDIS_URL_FILE",
        "API_PORT",
        "METRICS_PORT",
        "LOG_LEVEL",
        "NOMP_REPLICA",
    ]
    assert "secret" not in str(caught.value)
    assert "not.a.token" not in str(caught.value)


@pytest.mark.parametrize("name", ["-1", "8080.5", "0x50", "٣٣a", ""])
def test_what_is_no_port_is_refused_and_nothing_means_the_default(name: str) -> None:
    if not name:
        assert read_settings({"API_PORT": name}, "api").api_port == 8080
        return
    with pytest.raises(SettingsInvalid, match="API_PORT"):
        read_settings({"API_PORT": name}, "api")


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("2.5", 2.5), ("3600", 3600.0), ("", 10.0)])
def test_a_time_is_a_number_of_seconds(text: str, seconds: float) -> None:
    assert read_settings({"STRATUM_DRAIN_SECONDS": text}, "stratum").drain_seconds == seconds


@pytest.mark.parametrize("text", ["-1", "3601", "nan", "inf", "10s"])
def test_what_is_no_time_to_wait_is_refused(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="STRATUM_DRAIN_SECONDS: expected seconds, 0 to 3600"):
        read_settings({"STRATUM_DRAIN_SECONDS": text}, "stratum")


def test_the_limits_of_the_api_are_numbers_and_its_proxies_networks() -> None:
    environ = {"API_RATE": "0.5", "API_BURST": "3", "API_PROXY_NETWORKS": "10.0.0.0/8, 192.0.2.1,::1"}
    settings, defaults = read_settings(environ, "api"), read_settings({}, "api")

    assert (settings.api_rate, settings.api_burst) == (0.5, 3)
    assert settings.api_proxy_networks == ("10.0.0.0/8", "192.0.2.1/32", "::1/128")
    assert (defaults.api_rate, defaults.api_burst, defaults.api_proxy_networks) == (20.0, 200, ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("API_RATE", "-1"),
        ("API_RATE", "nan"),
        ("API_BURST", "0"),
        ("API_BURST", "1.5"),
        ("API_PROXY_NETWORKS", "10.0.0.1/8"),
        ("API_PROXY_NETWORKS", "proxy.example"),
    ],
)
def test_what_is_no_limit_and_no_network_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        read_settings({name: text}, "api")


@given(st.text(st.characters(exclude_characters="\0"), max_size=20))
def test_a_replica_that_is_accepted_is_one_token_of_a_subject(name: str) -> None:
    try:
        replica = read_settings({"NOMP_REPLICA": name}, "api").replica
    except SettingsInvalid:
        return
    assert replica
    assert not set(replica) & set(" .*>\t\r\n")


def test_urls_are_not_in_the_repr() -> None:
    urls = {
        "NATS_URL": "nats://a:hush@b",
        "REDIS_URL": "redis://:hush@b",
        "LEDGER_URL": "postgresql://a:hush@b",
    }

    assert "hush" not in repr(read_settings(urls | {"WEBHOOK_URL": "https://b/hush"}, "api"))


def test_every_setting_has_one_variable() -> None:
    assert sorted(variable.field for variable in VARIABLES) == sorted(Settings.__dataclass_fields__)


def test_the_documentation_is_up_to_date() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()

    assert page == settings_page(), "run: python -m nompcore.settings > docs/settings.md"
