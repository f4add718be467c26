"""Misconfigurations of files, settings and certificates that `nomp check` has to find."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.certificates import encrypt_key, make_certificate
from tests.service.nomp_check_cases import Cases
from tests.service.nomp_check_stage import Place
from tests.unit.config_dir import MAIN_ADDRESS, POOL_FILE, PORTAL_FILE

DAY = 24 * 3600.0

FILES = Cases()


# ---- files ----


@FILES.plain("config-missing", "config.json", "NOMP_CONFIG_DIR")
def no_configuration(place: Place) -> None:
    place.environ["NOMP_CONFIG_DIR"] = str(place.directory / "nowhere")


@FILES.plain("config-syntax", PORTAL_FILE, "mend the file")
def broken_json(place: Place) -> None:
    place.config.files[PORTAL_FILE] = '{"logLevel": "info",, }'


@FILES.plain("unknown-key", f"{POOL_FILE}: shareProcessing.internal.minimumPaymnt", "docs/configuration.md")
def a_slip_in_a_key(place: Place) -> None:
    place.pool("shareProcessing", "internal", "minimumPaymnt", value=1)


@FILES.plain("address-other-network", f"{POOL_FILE}: address", "getnewaddress")
def address_of_another_network(place: Place) -> None:
    place.pool("address", value=MAIN_ADDRESS)


@FILES.plain("variable-unset", f"{POOL_FILE}: daemons[0].password", "<NAME>_FILE")
def variable_that_is_not_set(place: Place) -> None:
    place.pool("daemons", 0, "password", value="${LITECOIN_RPC_PASSWORD}")


@FILES.plain("example-password", f"{PORTAL_FILE}: blockNotifyListener.password", "openssl rand")
def password_of_the_readme(place: Place) -> None:
    place.portal("blockNotifyListener", "password", value="mySuperSecurePassword")


@FILES.plain("port-twice", f"{PORTAL_FILE}: blockNotifyListener.port", "another port")
def port_used_twice(place: Place) -> None:
    place.portal("blockNotifyListener", "port", value=int(place.environ["API_PORT"]))


@FILES.plain("no-pool", "pool_configs", '"enabled": true')
def every_pool_disabled(place: Place) -> None:
    place.pool("enabled", value=False)


@FILES.plain("setting-invalid", "environment: API_PORT", "docs/settings.md")
def setting_that_is_no_port(place: Place) -> None:
    place.environ["API_PORT"] = "eighty"


@FILES.plain("config-warning", PORTAL_FILE, "docs/configuration.md")
def key_without_effect(place: Place) -> None:
    place.portal("logColors", value=True)


@FILES.plain("admin-users", "environment: ADMIN_USERS", "services.api.admin.password")
def operator_without_a_hash(place: Place) -> None:
    place.environ["ADMIN_USERS"] = "ann:correct horse"


@FILES.plain("proxy-nobody", f"{POOL_FILE}: tcpProxyNetworks", "balancer")
def proxy_protocol_without_a_balancer(place: Place) -> None:
    place.pool("tcpProxyProtocol", value=True)
    place.pool("tcpProxyNetworks", value=[])


@FILES.plain("proxy-everybody", f"{POOL_FILE}: tcpProxyNetworks", "balancer's own")
def proxy_protocol_believed_of_all(place: Place) -> None:
    place.pool("tcpProxyProtocol", value=True)
    place.pool("tcpProxyNetworks", value=["0.0.0.0/0"])


@FILES.plain("block-news", f"{POOL_FILE}: daemons", "zmqpubhashblock")
def news_of_blocks_by_polling_alone(place: Place) -> None:
    place.portal("blockNotifyListener", "enabled", value=False)


@FILES.lasting("port-taken", "environment: API_PORT", "another port")
@asynccontextmanager
async def port_of_another_program(place: Place) -> AsyncIterator[None]:
    with socket.create_server(("127.0.0.1", int(place.environ["API_PORT"]))):
        yield


@FILES.plain("archive-unwritable", "BLOCK_ARCHIVE", "chown")
def archive_that_is_no_directory(place: Place) -> None:
    (place.directory / "file").write_text("")
    place.environ["BLOCK_ARCHIVE"] = str(place.directory / "file" / "blocks")


# ---- certificates ----


def _with_tls(place: Place) -> None:
    cert, key = make_certificate(place.directory / "tls")
    place.pool("tlsOptions", value={"serverCert": str(cert), "serverKey": str(key)})


@FILES.plain("certificate-unusable", f"{POOL_FILE}: tlsOptions", "fullchain.pem")
def certificate_that_is_missing(place: Place) -> None:
    _with_tls(place)
    (place.directory / "tls" / "cert.pem").unlink()


@FILES.plain("certificate-unusable", f"{POOL_FILE}: tlsOptions", "the key that it was made with")
def key_of_another_certificate(place: Place) -> None:
    _with_tls(place)
    _, other = make_certificate(place.directory / "other")
    place.pool("tlsOptions", "serverKey", value=str(other))


@FILES.plain("certificate-unusable", f"{POOL_FILE}: tlsOptions", "without a passphrase")
def key_with_a_passphrase(place: Place) -> None:
    _with_tls(place)
    encrypt_key(place.directory / "tls" / "key.pem")


@FILES.plain("certificate-expired", f"{POOL_FILE}: tlsOptions", "renew", "clock-off")
def certificate_that_ended(place: Place) -> None:
    _with_tls(place)
    place.now = lambda: time.time() + 31 * DAY


@FILES.plain("certificate-ends", f"{POOL_FILE}: tlsOptions", "renew", "clock-off")
def certificate_that_ends_soon(place: Place) -> None:
    _with_tls(place)
    place.now = lambda: time.time() + 25 * DAY
