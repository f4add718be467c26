"""Checks across sections and files: ports and coins used twice, passwords everybody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import SecretStr

from nompcore.config.dialect import mpos_sections, payment_sections
from nompcore.config.document import Document
from nompcore.config.pool_file import PoolFile
from nompcore.config.portal_file import PortalFile
from nompcore.config.problems import ConfigProblem, Findings, Loc

# the passwords printed in NOMP's README and example files
EXAMPLE_PASSWORDS = frozenset(
    {"password", "test", "testnet", "mypass", "securepassword", "mySuperSecurePassword"}
)

ADMIN_CENTER_ELSEWHERE = (
    "passwords of the admin center stand in no file of the configuration; remove it, make a line with "
    "`python -m services.api.admin.password <name>` and give that as ADMIN_USERS or ADMIN_USERS_FILE"
)


@dataclass(frozen=True, slots=True)
class LoadedPool:
    """A pool file that parsed and is enabled."""

    name: str
    file: PoolFile
    document: Document


def check_across(
    portal: PortalFile,
    document: Document,
    pools: Iterable[LoadedPool],
    api_port: str | None,
    findings: Findings,
) -> None:
    """Adds a problem for everything two places claim and every password that is none."""
    pools = list(pools)
    claims = [*_portal_ports(portal, document), *_pool_ports(pools)]
    if api_port is not None and api_port.isdecimal():
        claims.insert(0, (int(api_port), ConfigProblem("environment", "API_PORT", "")))
    _refuse_second_claims(claims, "port {thing} is already used by {first}", findings)
    coins = [(pool.file.coin, pool.document.at(("coin",), "")) for pool in pools]
    _refuse_second_claims(coins, "{thing} is already mined by {first}; a coin has one pool", findings)
    wording = "database {thing} is already written by {first}; a pool needs its own"
    _refuse_second_claims(_mpos_databases(pools), wording, findings)
    admin = portal.website.admin_center
    if admin and admin.enabled and admin.password.get_secret_value():
        findings.problem(document.at(("website", "adminCenter", "password"), ADMIN_CENTER_ELSEWHERE))
    for owner, loc, password, variable in _passwords(portal, document, pools):
        text = _password_problem(password, variable)
        if text is not None:
            findings.problem(owner.at(loc, text))


def _portal_ports(portal: PortalFile, document: Document) -> Iterator[tuple[int, ConfigProblem]]:
    if portal.block_notify_listener.enabled:
        yield portal.block_notify_listener.port, document.at(("blockNotifyListener", "port"), "")
    if portal.coin_switch_listener and portal.coin_switch_listener.enabled:
        yield portal.coin_switch_listener.port, document.at(("coinSwitchListener", "port"), "")
    for algorithm, proxy in portal.proxy.items():
        if proxy.enabled:
            yield proxy.port, document.at(("proxy", algorithm, "port"), "")
    for name, switch in portal.switching.items():
        if switch.enabled:
            for port in switch.ports:
                yield port, document.at(("switching", name, "ports", str(port)), "")


def _pool_ports(pools: Iterable[LoadedPool]) -> Iterator[tuple[int, ConfigProblem]]:
    for pool in pools:
        for port in pool.file.ports:
            yield port, pool.document.at(("ports", str(port)), "")


def _mpos_databases(pools: Iterable[LoadedPool]) -> Iterator[tuple[str, ConfigProblem]]:
    for pool in pools:
        for placed in mpos_sections(pool.file):
            mpos = placed.section
            if mpos.enabled and mpos.database:
                name = f"{mpos.database} of {mpos.host}:{mpos.port}"
                yield name, pool.document.at((*placed.loc, "database"), "")


def _refuse_second_claims(
    claims: Iterable[tuple[object, ConfigProblem]], wording: str, findings: Findings
) -> None:
    first: dict[object, ConfigProblem] = {}
    for thing, place in claims:
        owner = first.setdefault(thing, place)
        if owner is not place:
            text = wording.format(thing=thing, first=owner)
            findings.problem(ConfigProblem(place.file, place.path, text))


def _passwords(
    portal: PortalFile, document: Document, pools: Iterable[LoadedPool]
) -> Iterator[tuple[Document, Loc, SecretStr, str]]:
    """Every password that would be used: its document, place, value and a variable to keep it in."""
    listener, switch = portal.block_notify_listener, portal.coin_switch_listener
    if listener.enabled:
        yield document, ("blockNotifyListener", "password"), listener.password, "NOMP_BLOCKNOTIFY_PASSWORD"
    if switch and switch.enabled:
        yield document, ("coinSwitchListener", "password"), switch.password, "NOMP_COINSWITCH_PASSWORD"
    for pool in pools:
        for loc, password, kind in _pool_passwords(pool.file):
            yield pool.document, loc, password, f"{pool.name.upper().replace('-', '_')}_{kind}_PASSWORD"


def _pool_passwords(file: PoolFile) -> Iterator[tuple[Loc, SecretStr, str]]:
    for index, daemon in enumerate(file.daemons):
        if daemon.cookie_file is None:
            yield ("daemons", index, "password"), daemon.password, "RPC"
    for payments in payment_sections(file):
        payer = payments.section.daemon
        if payments.section.enabled and payer is not None and payer.cookie_file is None:
            yield (*payments.loc, "daemon", "password"), payer.password, "RPC"
    for mpos in mpos_sections(file):
        if mpos.section.enabled:
            yield (*mpos.loc, "password"), mpos.section.password, "MPOS"


def _password_problem(password: SecretStr, variable: str) -> str | None:
    text = password.get_secret_value()
    if not text:
        return f'no password is set; give one, best as "${{{variable}}}"'
    if text in EXAMPLE_PASSWORDS:
        return f'is an example password everybody knows; give your own, best as "${{{variable}}}"'
    return None
