"""Certificates that change while the pool runs."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest

from services.stratum.certificate import Certificate, CertificateError
from tests.certificates import encrypt_key, make_certificate
from tests.counted import counted


def reloads(result: str) -> float:
    return counted("stratum_certificate_reloads_total", result=result)


def test_new_files_make_a_new_context_for_new_connections(tmp_path: Path) -> None:
    certificate = Certificate(*make_certificate(tmp_path))
    first = certificate.context
    assert not certificate.reload_if_changed()
    assert certificate.context is first

    make_certificate(tmp_path, serial=2)

    assert certificate.reload_if_changed()
    assert certificate.context is not first
    assert not certificate.reload_if_changed()


@pytest.mark.parametrize("broken", ["cert.pem", "key.pem"])
def test_files_that_cannot_be_used_leave_the_old_one(tmp_path: Path, broken: str) -> None:
    certificate = Certificate(*make_certificate(tmp_path))
    first = certificate.context

    (tmp_path / broken).write_text("not finished writ")
    assert not certificate.reload_if_changed()
    (tmp_path / broken).unlink()
    assert not certificate.reload_if_changed()

    assert certificate.context is first
    make_certificate(tmp_path, serial=2)
    assert certificate.reload_if_changed()


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path / "one")
    _, key = make_certificate(tmp_path / "two")

    with pytest.raises(
        CertificateError, match=r"one/cert\.pem with key .*two/key\.pem.*: KEY_VALUES_MISMATCH"
    ):
        Certificate(certificate, key)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="absent"):
        Certificate(tmp_path / "absent.pem", tmp_path / "absent.key")


def test_a_key_with_a_password_is_refused(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    encrypt_key(key)

    with pytest.raises(CertificateError, match=r"cert\.pem with key .*key\.pem"):
        Certificate(certificate, key)


def test_each_change_is_told_and_counted_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = make_certificate(tmp_path)
    certificate = Certificate(*files)
    good, bad = reloads("ok"), reloads("failed")

    files[1].write_text("half a ke")
    with caplog.at_level(logging.ERROR):
        assert not any(certificate.reload_if_changed() for _ in range(3))

    assert [record.message for record in caplog.records] == ["certificate not reloaded"]
    assert (reloads("ok"), reloads("failed")) == (good, bad + 1)
    make_certificate(tmp_path, serial=2)
    assert [certificate.reload_if_changed() for _ in range(3)] == [True, False, False]
    assert (reloads("ok"), reloads("failed")) == (good + 1, bad + 1)


def test_a_certificate_renewed_before_its_key_waits_for_it(tmp_path: Path) -> None:
    certificate = Certificate(*(files := make_certificate(tmp_path / "old")))
    new_certificate, new_key = make_certificate(tmp_path / "new")
    first = certificate.context

    new_certificate.replace(files[0])
    assert not certificate.reload_if_changed()
    assert certificate.context is first
    new_key.replace(files[1])

    assert certificate.reload_if_changed()


def test_old_versions_and_renegotiation_are_off_and_no_client_certificate_is_asked_for(
    tmp_path: Path,
) -> None:
    context = Certificate(*make_certificate(tmp_path)).context

    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION
    assert context.verify_mode == ssl.CERT_NONE
