"""A TLS certificate that is read again when its files change, as they do every few weeks."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from prometheus_client import Counter

from nompcore.errors import NompError

log = logging.getLogger(__name__)

RELOADS = Counter("stratum_certificate_reloads", "changed certificates read again", ["result"])


class CertificateError(NompError):
    """A certificate and key that cannot be read or do not belong together; the text names both files."""


class Certificate:
    """The certificate chain and its key, as PEM files. `context` is for connections made from now on.

    Raises CertificateError when the files cannot be used.
    """

    def __init__(self, cert_path: Path, key_path: Path) -> None:
        self._paths = (cert_path, key_path)
        self._seen = self._stamps()  # before reading: a change in between is noticed later
        self.context = _load(cert_path, key_path)

    def reload_if_changed(self) -> bool:
        """Whether the files changed and the new ones are used. Connections keep the context they have.

        Unusable files, such as one of two half way through a renewal, change nothing: that is logged and
        counted once, and the next change is another chance.
        """
        stamps = self._stamps()
        if stamps == self._seen:
            return False
        self._seen = stamps
        try:
            self.context = _load(*self._paths)
        except CertificateError as error:
            RELOADS.labels("failed").inc()
            log.error("certificate not reloaded", extra={"error": str(error)})
            return False
        RELOADS.labels("ok").inc()
        log.info("certificate reloaded", extra={"file": str(self._paths[0])})
        return True

    def _stamps(self) -> list[tuple[int, int, int] | None]:
        return [_stamp(path) for path in self._paths]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes with the file; None when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None  # reading it will tell why
    return status.st_ino, status.st_mtime_ns, status.st_size


def _load(cert_path: Path, key_path: Path) -> ssl.SSLContext:
    """A server's context. No client certificates: a miner is known by its user name.

    Session tickets stay on: when all miners return at once, those that resume cost no signature.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996 forbids the older ones
    context.options |= ssl.OP_NO_RENEGOTIATION  # a handshake for the price of a record
    try:
        # an encrypted key fails with this password instead of asking on the terminal
        context.load_cert_chain(cert_path, key_path, password="")
    except OSError as error:  # ssl.SSLError is one
        reason = getattr(error, "reason", None) or error.strerror or error
        text = f"TLS certificate {cert_path} with key {key_path} cannot be used: {reason}"
        raise CertificateError(text) from error
    return context
