"""From the sections `proxy` and `switching` to `SwitchConfig`s: which pools take part, what forbids it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nompcore.algorithms import HEADER_SIZE
from nompcore.config.document import Document
from nompcore.config.pool import PoolConfig
from nompcore.config.ports import PortConfig
from nompcore.config.problems import Findings, Loc
from nompcore.config.switching import ProxySection, SwitchConfig, SwitchSection

# a switch's name becomes a token of keys in NATS
SWITCH_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

UNCHECKED = "its miners' names are not checked as addresses"
UPSTREAM = "its work comes from another pool, which leaves miners less of the nonce"
HASHES_OTHERWISE = "its coin hashes otherwise than {first}'s"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A switch as the file has it."""

    name: str
    algorithm: str
    ports: Mapping[int, PortConfig]
    loc: Loc
    algorithm_loc: Loc
    ports_loc: Loc


def check_switches(
    proxies: Mapping[str, ProxySection],
    switching: Mapping[str, SwitchSection],
    pools: Mapping[str, PoolConfig],
    document: Document,
    findings: Findings,
) -> dict[str, SwitchConfig]:
    """The enabled switches by name; `pools` are those in order, `document` is config.json."""
    check = _SwitchCheck(pools, document, findings, pools_are_in_order=not findings.problems)
    asked = [*_of_proxies(proxies), *_of_switching(switching)]
    return {one.name: switch for one in asked if (switch := check.switch(one)) is not None}


def _of_proxies(proxies: Mapping[str, ProxySection]) -> Iterator[_Asked]:
    for algorithm, proxy in proxies.items():
        if proxy.enabled:
            port = PortConfig(diff=proxy.diff, var_diff=proxy.var_diff)
            loc: Loc = ("proxy", algorithm)
            yield _Asked(algorithm, algorithm, {proxy.port: port}, loc, loc, (*loc, "port"))


def _of_switching(switching: Mapping[str, SwitchSection]) -> Iterator[_Asked]:
    for name, section in switching.items():
        if section.enabled:
            loc: Loc = ("switching", name)
            places = (loc, (*loc, "algorithm"), (*loc, "ports"))
            yield _Asked(name, section.algorithm, section.ports, *places)


@dataclass(frozen=True, slots=True)
class _SwitchCheck:
    pools: Mapping[str, PoolConfig]
    document: Document
    findings: Findings
    pools_are_in_order: bool

    def switch(self, asked: _Asked) -> SwitchConfig | None:
        """The switch; None where a problem forbids it."""
        if not SWITCH_NAME.fullmatch(asked.name):
            self._problem(asked.loc, "only letters, digits, - and _ may be in the name of a switching port")
            return None
        if not asked.ports:
            self._problem(asked.ports_loc, "at least one is required")
        names = self._pools(asked)
        if not names:
            self._refuse_without_pools(asked)
            return None
        for number, port in asked.ports.items():
            self._check_port((*asked.ports_loc, str(number)), port, self.pools[names[0]])
        return SwitchConfig(name=asked.name, algorithm=asked.algorithm, ports=asked.ports, pools=tuple(names))

    def _pools(self, asked: _Asked) -> list[str]:
        """Those that take part, in the order of their names; the others of the algorithm are warned about."""
        names: list[str] = []
        for name, pool in sorted(self.pools.items()):
            if pool.coin.algorithm != asked.algorithm:
                continue
            why_not = _why_not(pool, self.pools[names[0]] if names else pool)
            if why_not:
                self.findings.warn(self.document.at(asked.loc, f"pool {name} does not take part: {why_not}"))
            else:
                names.append(name)
        return names

    def _refuse_without_pools(self, asked: _Asked) -> None:
        if not self.pools_are_in_order:  # the pool that is meant may be one with another problem
            return
        known = ", ".join(sorted({pool.coin.algorithm for pool in self.pools.values()}))
        text = f'no pool of the algorithm "{asked.algorithm}" can take part; the pools are of {known}'
        self._problem(asked.algorithm_loc, text)

    def _check_port(self, loc: Loc, port: PortConfig, default: PoolConfig) -> None:
        if port.tls != "off" and default.tls_options is None:
            text = f"needs tlsOptions with serverCert and serverKey in pool_configs/{default.name}.json"
            self._problem((*loc, "tls"), text)
        if port.scheme is not None:
            self._problem((*loc, "scheme"), "a switching port has the scheme of the pool it mines; remove it")

    def _problem(self, loc: Loc, text: str) -> None:
        self.findings.problem(self.document.at(loc, text))


def _why_not(pool: PoolConfig, first: PoolConfig) -> str:
    """Why a pool of the right algorithm cannot be a switch's; "" when it can."""
    if pool.mpos is not None:
        return "MPOS pays its miners by their accounts"
    if pool.upstream is not None:
        return UPSTREAM
    if not pool.validate_worker_address:
        return UNCHECKED
    header = bytes(HEADER_SIZE)
    if pool is not first and pool.coin.pow_hash(header) != first.coin.pow_hash(header):
        return HASHES_OTHERWISE.format(first=first.name)
    return ""
