"""Which URLs are a ledger's, and what they become."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.payouts.ledger.engines import ledger_engine
from services.payouts.ledger.schema import LedgerUnusable


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_takes_the_same_driver(scheme: str) -> None:
    url = ledger_engine(f"{scheme}://me:hu%40sh@db:5433/ledger").url
    assert (url.drivername, url.password, url.host, url.port) == ("postgresql+psycopg", "hu@sh", "db", 5433)


def test_what_the_url_says_about_the_connection_stands() -> None:
    query = ledger_engine("postgresql://me@/ledger?host=one&host=two&connect_timeout=3").url.query
    assert (query["host"], query["connect_timeout"]) == (("one", "two"), "3")
    assert query["keepalives_idle"] == "10"  # not said, so ours


def test_sqlite_gets_the_directory_of_its_file(tmp_path: Path) -> None:
    ledger_engine(f"sqlite:///{tmp_path}/new/ledger.db")
    assert (tmp_path / "new").is_dir()


@pytest.mark.parametrize("url", ["mysql://me:hush@db/ledger", "hush", "", "oracle+none://me:hush@db/ledger"])
def test_any_other_database_is_refused_without_showing_the_url(url: str) -> None:
    with pytest.raises(LedgerUnusable) as caught:
        ledger_engine(url)
    assert "hush" not in str(caught.value)
