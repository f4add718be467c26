"""TLS certificates of pools: readable, of their key, and for some time yet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from deploy.operator.checks.certificate_dates import NotACertificate, valid_until
from deploy.operator.checks.ground import Ground
from deploy.operator.findings import Finding, fine, wrong
from nompcore.config import PoolConfig
from services.stratum.certificate import Certificate, CertificateError

SOON_DAYS = 10
"""Certificates of ninety days are renewed thirty before their end: so late, that has failed for weeks."""


async def check_certificates(ground: Ground) -> list[Finding]:
    """Of all pools that have one."""
    return [finding for pool in ground.pools for finding in _look(pool, ground.now())]


def _look(pool: PoolConfig, now: float) -> list[Finding]:
    if pool.tls_options is None:
        return []
    where = f"pool_configs/{pool.name}.json: tlsOptions"
    cert, key = pool.tls_options.server_cert, pool.tls_options.server_key
    try:
        Certificate(cert, key)
        return judge_dates(where, cert, valid_until(cert.read_text(encoding="ascii")), now)
    except (CertificateError, NotACertificate, OSError, UnicodeDecodeError) as error:
        return [
            wrong(
                "certificate-unusable", where, str(error),
                why="stratum does not start with it; one that runs goes on with the old certificate",
                mend="name the chain (fullchain.pem) as serverCert and the key that it was made with as "
                "serverKey, both in PEM form, the key without a passphrase, readable for the user of stratum",
            )
        ]  # fmt: skip


def judge_dates(where: str, cert: Path, ends: datetime, now: float) -> list[Finding]:
    """Whether it lasts."""
    days = (ends - datetime.fromtimestamp(now, UTC)).total_seconds() / 86400
    if days >= SOON_DAYS:
        return [fine("certificate", where, f"valid for {days:.0f} days")]
    code, state = ("certificate-expired", "ended") if days < 0 else ("certificate-ends", "ends")
    return [
        wrong(
            code, where, f"{cert} {state} on {ends:%Y-%m-%d}", why="miners that check it cannot connect",
            mend="renew it (certbot renew); stratum takes the new files by itself within five seconds",
        )
    ]  # fmt: skip
