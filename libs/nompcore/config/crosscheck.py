"""Checks across sections and files: ports and coins used twice, passwords everybody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from nompcore.config.alerts import alert_problems
from nompcore.config.dialect import mpos_sections, payment_sections
from nompcore.config.document import Document
from nompcore.config.pool_file import PoolFile
from nompcore.config.portal_file import PortalFile
from nompcore.config.problems import ConfigProblem, Findings, Loc
from nompcore.config.profit import profit_problems, profit_warnings

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
    environ: Mapping[str, str],
    findings: Findings,
) -> None:
    """Adds a problem for everything two places claim and every password that is none."""
    pools = list(pools)
    claims = [*_portal_ports(portal, document), *_pool_ports(pools)]
    claims[:0] = _environment_ports(environ)
    _refuse_second_claims(claims, "port {thing} is already used by {first}", findings)
    coins = [(pool.file.coin, pool.document.at(("coin",), "")) for pool in pools]
    _refuse_second_claims(coins, "{thing} is already mined by {first}; a coin has one pool", findings)
    wording = "database {thing} is already written by {first}; a pool needs its own"
    _refuse_second_claims(_mpos_databases(pools), wording, findings)
    admin = portal.website.admin_center
    if admin and admin.enabled and admin.password.get_secret_value():
        findings.problem(document.at(("website", "adminCenter", "password"), ADMIN_CENTER_ELSEWHERE))
    for loc, text in profit_problems(portal.profit_switch, {pool.name for pool in pools}):
        findings.problem(document.at(loc, text))
    for loc, text in profit_warnings(portal.profit_switch):
        findings.warn(document.at(loc, text))
    for loc, text in alert_problems(portal.alerts, {pool.name for pool in pools}):
        findings.problem(document.at(loc, text))
    for owner, loc, password, variable in _passwords(portal, document, pools):
        complaint = _password_problem(password, variable)
        if complaint is not None:
            findings.problem(owner.at(loc, complaint))


def _environment_ports(environ: Mapping[str, str]) -> Iterator[tuple[int, ConfigProblem]]:
    for name in ("API_PORT", "ADMIN_PORT"):
        port = environ.get(name, "")
        if port.isdecimal() and int(port):  # without a port of its own the admin center is on the api's
            yield int(port), ConfigProblem("environment", name, "")


def _portal_ports(portal: PortalFile, document: Document) -> Iterator[tuple[int, ConfigProblem]]:
    if portal.block_notify_listener.enabled:
        yield portal.block_notify_listener.port, document.at(("blockNotifyListener", "port"), "")
    if portal.coin_switch_listener and portal.coin_switch_listener.enabled:
        yield portal.coin_switch_listener.port, document.at(("coinSwitchListener", "port"), "")
    if portal.cli_port is not None:
        yield portal.cli_port, document.at(("cliPort",), "")
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
