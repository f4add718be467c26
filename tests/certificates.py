"""Self-signed TLS certificates, made by the `openssl` command."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

NAME = "pool.test"  # what the certificates are for


def make_certificate(directory: Path, serial: int = 1) -> tuple[Path, Path]:
    """`cert.pem` and `key.pem` in the directory, which is made; those of another serial are replaced."""
    directory.mkdir(parents=True, exist_ok=True)
    cert, key = directory / "cert.pem", directory / "key.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    subject = ("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-set_serial", str(serial))
    files = ("-keyout", str(key), "-out", str(cert))
    command = ("openssl", "req", "-x509", "-days", "30", *curve, *subject, *files)
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def encrypt_key(key: Path) -> None:
    """Protects the key with a password."""
    command = ("openssl", "ec", "-in", str(key), "-aes256", "-passout", "pass:hush", "-out", str(key))
    subprocess.run(command, check=True, capture_output=True)


def client_context(certificate: Path) -> ssl.SSLContext:
    """A client's that trusts this certificate only."""
    return ssl.create_default_context(cafile=str(certificate))
