"""No secret is in what `nomp` prints."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from deploy.operator.finding_text import findings_text
from deploy.operator.findings import reworded, wrong
from deploy.operator.masking import LEAST_LETTERS, MASK, Masking, secrets_of_environment, secrets_of_urls
from deploy.operator.secrets_of_config import secrets_of_config
from tests.unit import api_samples as samples

# letters that the mask has not, so that what is left of a secret can only be the secret
secrets = st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=LEAST_LETTERS)


@given(st.lists(secrets, min_size=1, max_size=4), st.text())
def test_no_secret_is_left_in_a_text(known: list[str], around: str) -> None:
    masking = Masking(known)
    text = around.join(["", *known, ""])

    masked = masking.masked(text)

    assert all(secret not in masked for secret in known)
    assert MASK in masked


@given(secrets, st.booleans())
def test_no_secret_is_left_in_json(secret: str, ascii_only: bool) -> None:
    written = json.dumps({"what": f"the server says {secret}!"}, ensure_ascii=ascii_only)

    masked = Masking([secret]).masked(written)

    assert json.dumps(secret, ensure_ascii=ascii_only)[1:-1] not in masked


def test_secrets_of_the_environment_are_known_in_every_form(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from-a-file\n")
    environ = {
        "NATS_URL": "nats://operator:in-a-url@one:4222,nats://operator:percent%40ed@two:4222",
        "LITECOIN_RPC_PASSWORD_FILE": str(file),
        "NOMP_BLOCKNOTIFY_PASSWORD": "plain",
        "ADMIN_USERS": "ann:$argon2id$hash\nbob:$argon2id$other",
        "REDIS_URL_FILE": str(tmp_path / "missing"),
        "WEBHOOK_URL": "https://chat.example/hooks/T0KEN",
        "API_PORT": "8080",
    }

    assert secrets_of_environment(environ) == {
        "in-a-url", "percent%40ed", "percent@ed", "from-a-file", "plain", "ann:$argon2id$hash",
        "bob:$argon2id$other", "https://chat.example/hooks/T0KEN",
    }  # fmt: skip


def test_a_secret_is_masked_before_lines_are_broken() -> None:
    secret = "correct horse " * 9 + "x" * 120
    masking = Masking([secret])
    finding = wrong("code", f"at {secret}", f"{secret} is refused", why=secret, mend=secret)

    text = findings_text([reworded(finding, masking.masked)])

    assert text.count(MASK) == 4
    assert "horse" not in text


def test_what_is_no_url_is_secret_as_a_whole() -> None:
    assert secrets_of_urls("http://[broken") == {"http://[broken"}


def test_secrets_of_the_configuration_are_found_wherever_they_stand() -> None:
    assert secrets_of_config(samples.portal_config()) == {"rpc-secret-never-shown"}
    assert secrets_of_config(None) == set()
