"""Until when a certificate is valid (X.509 in DER, RFC 5280): as much of it as that takes. Pure."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class NotACertificate(ValueError):  # noqa: N818 - what it is, for people
    """Text or bytes that hold no certificate."""


def valid_until(pem: str) -> datetime:
    """When the first certificate of a PEM text ends. Raises NotACertificate."""
    begin, end = pem.find(_BEGIN), pem.find(_END)
    if begin < 0 or end < begin:
        raise NotACertificate("holds no certificate in PEM form")
    try:
        der = ssl.PEM_cert_to_DER_cert(pem[begin : end + len(_END)])
        return _not_after(der)
    except (ValueError, IndexError) as error:
        raise NotACertificate("holds a certificate that cannot be read") from error


def _not_after(der: bytes) -> datetime:
    """Certificate → TBSCertificate → version, serial number, signature, issuer, validity → notAfter."""
    _, certificate, _ = _element(der, _SEQUENCE)
    _, fields, _ = _element(certificate, _SEQUENCE)
    if fields[0] == _VERSION:
        _, _, fields = _element(fields)
    for _ in ("serial number", "signature", "issuer"):
        _, _, fields = _element(fields)
    _, validity, _ = _element(fields, _SEQUENCE)
    _, _, rest = _element(validity)
    kind, text, _ = _element(rest)
    return _time(kind, text.decode("ascii"))


def _element(der: bytes, expected: int | None = None) -> tuple[int, bytes, bytes]:
    """Tag, content and what follows, of the first element."""
    kind, length, start = der[0], der[1], 2
    if length & 0x80:
        size = length & 0x7F
        start += size
        length = int.from_bytes(der[2:start])
    if expected not in (None, kind) or start + length > len(der):
        raise NotACertificate("cut short, or something else")
    return kind, der[start : start + length], der[start + length :]


def _time(kind: int, text: str) -> datetime:
    if kind == _UTC_TIME:  # RFC 5280, 4.1.2.5.1: from 50 on it is the last century
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif kind != _GENERALIZED_TIME:
        raise NotACertificate("no time where one has to be")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
