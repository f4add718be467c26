"""The certificate that a pool's TLS ports show."""

from __future__ import annotations

from typing import Annotated

from nompcore.config.section import Section, key
from nompcore.config.values import FilePath


class TlsSection(Section):
    """Files in PEM form; they are read again when they change, without a restart."""

    server_cert: Annotated[FilePath, key("serverCert", "certificate with its chain")]
    server_key: Annotated[FilePath, key("serverKey", "its private key")]
