"""`minerNotices`: off as shipped, and refused where it would not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config_dir import PORTAL_FILE, ConfigDir, problems_of

SECTION = {
    "publicUrl": "https://pool.example.org/",
    "minerMail": "mailtos://pool:s3cret@smtp.example.org?from=pool@example.org&to={recipient}",
    "networks": ["10.1.2.3", "10.2.0.0/16"],
}


def test_nobody_is_told_anything_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert not ConfigDir().load(tmp_path).miner_notices.enabled


def test_what_services_get_of_it(tmp_path: Path) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "minerNotices", value=SECTION)

    notices = config.load(tmp_path).miner_notices

    assert notices.enabled
    assert notices.public_url == "https://pool.example.org"
    assert notices.mail.get_secret_value() == SECTION["minerMail"]
    assert notices.networks == ("10.1.2.3/32", "10.2.0.0/16")
    assert "s3cret" not in repr(notices)


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("publicUrl", "pool.example.org", "minerNotices.publicUrl"),
        ("publicUrl", "https://pool.example.org/?a=1", "minerNotices.publicUrl"),
        ("minerMail", "mailtos://s3cret@smtp.example.org", "minerNotices.minerMail"),
        ("minerMail", "json://s3cret@smtp.example.org/{recipient}", "minerNotices.minerMail"),
        ("networks", ["10.0.0.0/8", "home"], "minerNotices.networks"),
    ],
)
def test_what_would_not_work_is_refused(tmp_path: Path, name: str, value: object, place: str) -> None:
    config = ConfigDir()
    config.put(PORTAL_FILE, "minerNotices", value={**SECTION, name: value})
    config.write(tmp_path)

    (problem,) = problems_of(tmp_path, {})

    assert place in problem
    assert "s3cret" not in problem
