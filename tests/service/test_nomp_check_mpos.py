"""`nomp check` of MPOS's database, on a real MariaDB: what it lacks is found, and nothing is changed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from deploy.operator.checks.ground import survey
from deploy.operator.doctor import examine
from deploy.operator.findings import Finding, Level
from services.payouts.mpos.mpos_position import positions
from tests.servers.mariadb import PASSWORD, MariaDb
from tests.servers.mpos_schema import GRANTS
from tests.service.mpos_stage import fill
from tests.unit.config_dir import COINS_DIR, POOL_FILE, ConfigDir

USER = "'nomp'@'127.0.0.1'"
POSITIONS = str(CreateTable(positions).compile(dialect=mysql.dialect()))


@pytest.fixture
async def mpos(mariadb_server: MariaDb) -> MariaDb:
    """As MPOS and docs/mpos.md leave it; payouts has not run yet."""
    await fill(mariadb_server)
    for statement in ("SET GLOBAL read_only = 0", *GRANTS):
        mariadb_server.execute(statement)
    return mariadb_server


async def examined(mpos: MariaDb, directory: Path, **keys: Any) -> list[Finding]:
    """What the doctor says of the database of one pool with these keys in its MPOS section."""
    config = ConfigDir()
    config.put(POOL_FILE, "shareProcessing", "internal", "enabled", value=False)
    config.put(POOL_FILE, "shareProcessing", "mpos", value={**mpos.section, **keys})
    config.write(directory)
    environ = {"NOMP_CONFIG_DIR": str(directory), "NOMP_COINS_DIR": str(COINS_DIR), "NATS_URL": "nats://x"}
    return await examine(survey(environ, time.time), ["mpos"])


def codes(findings: list[Finding]) -> list[tuple[str, Level]]:
    return [(finding.code, finding.level) for finding in findings]


@pytest.mark.parametrize("keys", [{}, {"autoCreateWorker": True}, {"stratumAuth": "none"}], ids=str)
@pytest.mark.parametrize("has_run", [False, True])
async def test_a_database_that_is_in_order_stays_as_it_is(
    mpos: MariaDb, tmp_path: Path, keys: dict[str, Any], has_run: bool
) -> None:
    def everything() -> list[object]:
        tables = [str(next(iter(row.values()))) for row in mpos.execute("SHOW TABLES")]
        asked = ("SHOW CREATE TABLE", "SELECT * FROM")
        return [mpos.execute(f"{ask} {table}") for table in tables for ask in asked]

    mpos.execute(
        "INSERT INTO shares (rem_host, username, our_result, upstream_result, solution) "
        "VALUES ('192.0.2.1', 'alice.rig1', 'Y', 'N', 'ab')"
    )
    if has_run:
        mpos.execute(POSITIONS)
        mpos.execute("INSERT INTO nomp_positions VALUES ('litecoin', 7, 8, 9)")
    before = everything()
    assert len(before) == 2 * (6 if has_run else 5)

    assert codes(await examined(mpos, tmp_path, **keys)) == [("mpos", Level.FINE)]
    assert everything() == before


@pytest.mark.parametrize(
    ("code", "what", "mend", "spoil"),
    [
        ("mpos-empty", "no table shares", '"database"', ["DROP TABLE shares"]),
        ("mpos-table", "no table pool_worker", "upgrades", ["DROP TABLE pool_worker"]),
        (
            "mpos-columns", "shares has no difficulty, reason", "upgrades",
            ["ALTER TABLE shares DROP reason, DROP difficulty"],
        ),
        ("mpos-engine", "MyISAM", "ENGINE=InnoDB", ["ALTER TABLE shares ENGINE=MyISAM"]),
        (
            "mpos-refuses", "INSERT on mpos.shares", "default",
            ["ALTER TABLE shares ADD of_a_fork int NOT NULL"],
        ),
        ("mpos-read-only", "read-only", "read_only", [POSITIONS, "SET GLOBAL read_only = 1"]),
        (
            "mpos-rights", "SELECT", "GRANT SELECT ON mpos.shares",
            [f"REVOKE SELECT ON mpos.shares FROM {USER}"],
        ),
        (
            "mpos-rights", "INSERT", "GRANT INSERT ON mpos.shares",
            [f"REVOKE INSERT ON mpos.shares FROM {USER}"],
        ),
        (
            "mpos-rights", "UPDATE", "GRANT UPDATE ON mpos.pool_worker",
            [f"REVOKE UPDATE ON mpos.pool_worker FROM {USER}"],
        ),
        (
            "mpos-rights", "CREATE", "GRANT CREATE ON mpos.nomp_positions",
            [f"REVOKE CREATE ON mpos.nomp_positions FROM {USER}"],
        ),
        (
            "mpos-rights", "INSERT", "GRANT INSERT ON mpos.nomp_positions",
            [POSITIONS, f"REVOKE INSERT ON mpos.nomp_positions FROM {USER}"],
        ),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
async def test_what_it_lacks_is_found_and_its_remedy_named(
    mpos: MariaDb, tmp_path: Path, code: str, what: str, mend: str, spoil: list[str]
) -> None:
    for statement in spoil:
        mpos.execute(statement)

    found = await examined(mpos, tmp_path)

    assert {(one.code, one.level) for one in found} == {(code, Level.WRONG)}, found
    assert any(what in one.what and mend in one.mend for one in found), found
    assert all(f"127.0.0.1:{mpos.port}" in one.where and one.why for one in found)
    assert PASSWORD not in repr(found)


async def test_accounts_are_needed_where_workers_are_added(mpos: MariaDb, tmp_path: Path) -> None:
    mpos.execute(f"REVOKE SELECT ON mpos.accounts FROM {USER}")
    mpos.execute(f"REVOKE INSERT ON mpos.pool_worker FROM {USER}")

    assert codes(await examined(mpos, tmp_path)) == [("mpos", Level.FINE)]
    found = await examined(mpos, tmp_path, autoCreateWorker=True)

    assert codes(found) == [("mpos-table", Level.WRONG), ("mpos-rights", Level.WRONG)]
    assert "accounts" in found[0].what
    assert "GRANT INSERT ON mpos.pool_worker" in found[1].mend


async def test_a_wrong_password_is_told_from_a_server_that_is_away(mpos: MariaDb, tmp_path: Path) -> None:
    (refused,) = await examined(mpos, tmp_path, password="of yesterday")

    assert (refused.code, refused.level) == ("mpos-login", Level.WRONG)
    assert "of yesterday" not in repr(refused)
