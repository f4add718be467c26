"""The environment of `nomp`: that of the local pool as supervisord has it, below what is set by hand."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.launcher.layout import read_layout
from deploy.launcher.programs import Chain, Program, servers, services
from deploy.launcher.supervisor_conf import supervisor_conf
from deploy.operator.local_pool import environments, local_environment, operators_url
from deploy.operator.variables import operators_environment, overlaid
from nompcore.subjects import SERVICES

names = st.from_regex(re.compile(r"[A-Z][A-Z0-9_]{0,20}", re.ASCII), fullmatch=True)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@given(st.dictionaries(names, values, max_size=5))
def test_what_supervisord_is_told_is_read_back(environment: dict[str, str]) -> None:
    layout = read_layout({"NOMP_HOME": "/nowhere"})
    conf = supervisor_conf(layout, [Program("api", ("true",), 1, environment)], [])

    assert environments(conf) == {"api": environment}


def _local_pool(home: Path) -> None:
    """What `make run` leaves below NOMP_HOME."""
    layout = read_layout({"NOMP_HOME": str(home), "STRATUM_PORT": "4000", "NATS_PORT": "24222"})
    chain = Chain(litecoind=None, pool_address="rltc1qpool")
    for directory in ("run", "secrets"):
        (home / directory).mkdir(parents=True)
    conf = supervisor_conf(layout, servers(layout, chain), services(layout, chain))
    (home / "run" / "supervisord.conf").write_text(conf)
    (home / "secrets" / "nats_operator").write_text("of-the-operator\n")
    for service in SERVICES:
        (home / "secrets" / f"nats_url_{service}").write_text(f"nats://{service}:of-it@127.0.0.1:24222")


def test_the_local_pool_is_found_with_the_operators_credentials(tmp_path: Path) -> None:
    _local_pool(tmp_path)

    found = local_environment(tmp_path)

    assert found["NATS_URL"] == "nats://operator:of-the-operator@127.0.0.1:24222"
    assert found["LITECOIN_POOL_ADDRESS"] == "rltc1qpool"
    assert found["STRATUM_PORT"] == "4000"
    assert found["LEDGER_URL"] == f"sqlite:///{tmp_path}/ledger/ledger.db"
    assert found["BLOCK_ARCHIVE"] == f"{tmp_path}/blocks"
    assert found["REDIS_URL_FILE"].endswith("redis_url")
    assert not {"METRICS_PORT", "NOMP_REPLICA", "NATS_URL_FILE"} & found.keys()


def test_without_a_local_pool_there_is_nothing_of_it(tmp_path: Path) -> None:
    assert local_environment(tmp_path) == {}


def test_the_local_pool_is_left_alone_where_nats_is_named(tmp_path: Path) -> None:
    _local_pool(tmp_path)
    home = {"NOMP_HOME": str(tmp_path)}

    assert "LITECOIN_POOL_ADDRESS" in operators_environment(home)
    named = operators_environment({**home, "NATS_URL": "nats://elsewhere"})
    assert "LITECOIN_POOL_ADDRESS" not in named
    assert named["NATS_URL"] == "nats://elsewhere"
    assert operators_environment({**home, "STRATUM_PORT": "5000"})["STRATUM_PORT"] == "5000"


variables = st.dictionaries(st.sampled_from(["A", "A_FILE", "B", "B_FILE"]), st.sampled_from(["", "1", "2"]))


@given(below=variables, above=variables)
def test_what_is_set_above_wins_in_either_form(below: dict[str, str], above: dict[str, str]) -> None:
    both = overlaid(below, above)

    for name in ("A", "B"):
        forms = (name, f"{name}_FILE")
        if any(above.get(form) for form in forms):
            assert [both.get(form) for form in forms] == [above.get(form) for form in forms]
        else:
            assert all(both.get(form) == below[form] for form in forms if form in below)


def test_credentials_are_replaced_in_each_of_several_urls() -> None:
    url = "nats://api:secret@one:4222,nats://api:secret@two:4222"

    assert operators_url(url, "own") == "nats://operator:own@one:4222,nats://operator:own@two:4222"
