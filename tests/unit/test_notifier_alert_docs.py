"""The page about alerts says what is true."""

from __future__ import annotations

import json
import re
from pathlib import Path

from apprise import Apprise

from nompcore.config.alert_events import EVENTS
from nompcore.config.alerts import AlertSection
from services.notifier.alerting.apprise_sender import ID_HEADER
from tests.unit.chain_samples import ROOT
from tests.unit.config_dir import PORTAL_FILE, ConfigDir

PAGE = (ROOT / "docs" / "alerts.md").read_text()
# as long and shaped as the services want them
VARIABLES = {
    "MAIL_PASSWORD": "secret",
    "DISCORD_WEBHOOK_ID": "417421629812345678",
    "DISCORD_WEBHOOK_TOKEN": "x" * 68,
    "TELEGRAM_BOT_TOKEN": f"123456789:{'a' * 35}",
    "TELEGRAM_CHAT_ID": "12345678",
    "SLACK_TOKEN_A": f"T{'1' * 8}",
    "SLACK_TOKEN_B": f"B{'1' * 8}",
    "SLACK_TOKEN_C": "x" * 24,
}


def example() -> ConfigDir:
    """A configuration with the page's channels."""
    match = re.search(r'```json\n("alerts".*?)```', PAGE, re.DOTALL)
    assert match
    config = ConfigDir()
    config.environ = VARIABLES
    config.files[PORTAL_FILE] = json.dumps(config.files[PORTAL_FILE])[:-1] + "," + match[1] + "}"
    return config


def test_the_example_is_in_order_and_apprise_knows_its_urls(tmp_path: Path) -> None:
    channels = example().load(tmp_path).alerts

    assert [channel.name for channel in channels] == [
        "mail",
        "phone",
        "discord",
        "telegram",
        "slack",
        "program",
    ]
    for channel in channels:
        assert Apprise().add(channel.url.get_secret_value()), channel.name


def test_every_key_and_every_event_has_a_row() -> None:
    rows = set(re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE))
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}

    assert set(EVENTS) <= named
    assert {field.alias for field in AlertSection.model_fields.values()} <= named
    assert named <= {*EVENTS, *(field.alias for field in AlertSection.model_fields.values())}


def test_the_id_has_the_name_that_the_page_says() -> None:
    assert f"`{ID_HEADER}`" in PAGE
