"""Which tables a database has, and how it gets those of today: by the steps in `migrations`."""

from __future__ import annotations

import logging
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

log = logging.getLogger(__name__)

HEAD: Final = "head"

LOCK: Final = 0x4E4F4D50
"""PostgreSQL's advisory lock of a ledger's tables ("NOMP"): whoever changes them holds it."""


class LedgerUnusable(Exception):  # noqa: N818 - it says what happened, as those of nompcore.errors do
    """The ledger's URL or database is not for this program: it cannot be repeated, an operator is needed."""


def migrate(connection: Connection, to: str = HEAD) -> None:
    """Run the missing steps in the connection's transaction; LedgerUnusable if the database is newer.

    Several processes may do so at once: on SQLite the transaction has begun as a writing one. On PostgreSQL
    it is READ COMMITTED, so that after the wait for the lock it sees what another one did.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = version(connection)
    if before and before not in versions():
        raise LedgerUnusable(
            f"the database is at version {before}, this program knows {versions()[-1]} at most: "
            f"install the program that made it or a newer one, or restore the backup from before"
        )
    command.upgrade(_config(connection), to)
    if (after := version(connection)) != before:
        log.info("ledger migrated", extra={"before": before, "after": after})


def version(connection: Connection) -> str:
    """The last step that the database went through; empty before the first."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def versions() -> list[str]:
    """All steps, the first one first."""
    scripts = ScriptDirectory.from_config(_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, which others keep in `alembic.ini`."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", f"{__package__}:migrations")
    return config
