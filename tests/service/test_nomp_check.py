"""`nomp check` on real servers: it finds each misconfiguration, says how to mend it, and changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats
import pytest

from deploy.operator.findings import Level
from tests.servers import PostgresServer
from tests.service.nomp_check_cases import Case
from tests.service.nomp_check_daemons import DAEMONS
from tests.service.nomp_check_files import FILES
from tests.service.nomp_check_stage import Place, Servers, healthy, make_ledger, running_servers
from tests.service.nomp_check_stores import STORES

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "scripts" / "nomp"

CASES = [*FILES, *DAEMONS, *STORES]

HINTS_OF_THE_STAGE = {"daemon-alone"}
"""Both daemons of it are one."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running_servers(tmp_path_factory.mktemp("nomp-check")) as servers:
        yield servers


@pytest.fixture
def place(servers: Servers, tmp_path: Path) -> Place:
    return healthy(servers, tmp_path)


async def test_nothing_is_wrong_where_all_is_in_order(place: Place) -> None:
    findings = await place.examined()

    told = {finding.code for finding in findings if finding.level is not Level.FINE}
    assert told <= HINTS_OF_THE_STAGE, [finding for finding in findings if finding.code in told]
    assert {finding.code for finding in findings if finding.level is Level.FINE} == {
        "configuration", "ports", "daemon", "wallet", "clock", "nats", "nats-storage", "streams", "redis",
        "ledger", "archive", "descriptors", "operators", "hashes",
    }  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_each_misconfiguration_is_found_and_its_remedy_named(place: Place, case: Case) -> None:
    async with case.seed(place):
        findings = await place.examined()

    found = [finding for finding in findings if finding.code == case.code]
    assert found, findings
    assert any(case.where in one.where and case.mend in one.mend for one in found), found
    others = {finding.code for finding in findings if finding.level is Level.WRONG}
    assert others <= {case.code, *case.follows}, findings


def test_more_than_twenty_are_planted() -> None:
    assert len({case.code for case in CASES}) > 20


async def test_a_ledger_in_postgresql_is_looked_at_too(place: Place, postgres: PostgresServer) -> None:
    url = place.environ["LEDGER_URL"] = postgres.new_database()
    make_ledger(url).close()
    in_order = await place.examined()
    place.environ["LEDGER_URL"] = url.replace("postgresql://nomp:", "postgresql://nomp:x")
    refused = [finding for finding in await place.examined() if finding.level is Level.WRONG]

    assert "ledger" in {finding.code for finding in in_order if finding.level is Level.FINE}
    assert [finding.code for finding in refused] == ["ledger-unreachable"]


async def test_nothing_is_changed_anywhere(place: Place, servers: Servers) -> None:
    async def everything() -> object:
        client = await nats.connect(place.environ["NATS_URL"])
        streams = [info.config.name for info in await client.jetstream().streams_info()]
        await client.close()
        async with servers.redis() as redis:
            keys = await redis.dbsize()
        roots = (place.directory, Path(servers.ledger_url.removeprefix("sqlite:///")).parent)
        files = sorted(str(path) for root in roots for path in root.rglob("*"))
        return streams, keys, await servers.daemon.call("sim_state"), files

    place.config.write(place.directory)
    before = await everything()
    await place.examined()

    assert await everything() == before


def _run(place: Place, *command: str, **environ: str) -> tuple[int, dict[str, Any], str]:
    """A command as a person calls it: its exit code, what `--json` prints, and all that it prints."""
    place.config.write(place.directory)
    variables = {"PATH": os.environ["PATH"], **place.environ, **environ}
    done = subprocess.run(command, check=False, env=variables, capture_output=True, text=True, timeout=60)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stdout + done.stderr


def test_the_script_says_with_its_exit_code_whether_all_is_well(place: Place) -> None:
    code, told, _ = _run(place, str(SCRIPT), "check", "--json", "--nats-monitor", place.monitor)

    assert (code, told["ok"]) == (0, True)


def test_few_descriptors_and_a_missing_hash_library_are_found(place: Place, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "libs" / "powhash", tmp_path / "powhash", ignore=shutil.ignore_patterns("*.so"))
    path = os.pathsep.join(map(str, (tmp_path, ROOT, ROOT / "libs")))
    only = " ".join(f"--only {name}" for name in ("hashes", "descriptors", "redis"))
    command = f"ulimit -n 300; exec {sys.executable} -m deploy.operator check --json {only}"
    place.environ["REDIS_URL"] = f"redis://:of-yesterday@127.0.0.1:{place.servers.valkey.port}/0"

    code, told, printed = _run(place, "sh", "-c", command, PYTHONPATH=path)

    assert (code, told["ok"]) == (1, False)  # for the password of Redis alone
    found = {finding["code"]: (finding["level"], finding["mend"]) for finding in told["findings"]}
    assert {name: level for name, (level, _) in found.items()} == {
        "redis-login": "wrong", "descriptors-few": "hint", "hash-slow": "hint",
    }  # fmt: skip
    assert "make powhash" in found["hash-slow"][1]
    assert "LimitNOFILE" in found["descriptors-few"][1]
    assert "of-yesterday" not in printed
