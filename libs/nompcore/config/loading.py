"""Reads and checks everything before anything starts: `config.json`, `pool_configs/*.json`, their coins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nompcore.coin import Coin
from nompcore.config.alerts import alert_channel
from nompcore.config.coin_files import load_coin
from nompcore.config.crosscheck import LoadedPool, check_across
from nompcore.config.dialect import doubled_in_portal
from nompcore.config.document import Document, read_document
from nompcore.config.inactive import inactive_keys
from nompcore.config.listeners import listener_config
from nompcore.config.miner_notices import miner_notices_config
from nompcore.config.pool import PoolConfig
from nompcore.config.pool_check import PoolCheck
from nompcore.config.pool_file import PoolFile
from nompcore.config.portal import PortalConfig
from nompcore.config.portal_file import PortalFile
from nompcore.config.problems import ConfigInvalid, ConfigProblem, Findings
from nompcore.config.switch_check import check_switches
from nompcore.config.switching import SwitchConfig
from nompcore.config.website import website_config
from nompcore.config.wording import parse_section

PORTAL_FILE = "config.json"
POOLS_DIR = "pool_configs"
# a pool's name becomes a token of NATS subjects and a part of URLs
POOL_NAME = re.compile(r"[a-z0-9-]+")


def load_config(config_dir: Path, coins_dir: Path, environ: Mapping[str, str]) -> PortalConfig:
    """The whole configuration; ConfigInvalid with one line for everything that is wrong."""
    loading = _Loading(config_dir, coins_dir, environ)
    portal = loading.load()
    if loading.findings.problems or portal is None:
        raise ConfigInvalid(loading.findings.problems)
    return replace(portal, warnings=loading.findings.warnings)


@dataclass(slots=True)
class _Loading:
    """One reading of all files. What is in order goes on to the next check, so that every problem is told."""

    config_dir: Path
    coins_dir: Path
    environ: Mapping[str, str]
    findings: Findings = field(default_factory=Findings)
    coins: dict[str, Coin | None] = field(default_factory=dict)
    has_enabled_pool: bool = False  # in order or not

    def load(self) -> PortalConfig | None:
        path = self.config_dir / PORTAL_FILE
        if not path.is_file():
            self.findings.problem(
                ConfigProblem(PORTAL_FILE, "", f"not found; it was looked for at {path.absolute()}")
            )
            return None
        document = read_document(path, PORTAL_FILE, self.environ, self.findings)
        if document is None:
            return None
        portal = self._portal_file(document)
        loaded = self._pool_files(document.part("defaultPoolConfigs"))
        pools = {pool.name: checked for pool in loaded if (checked := self._pool(pool)) is not None}
        if portal is None:
            return None
        check_across(portal, document, loaded, self.environ, self.findings)
        switches = check_switches(portal.proxy, portal.switching, pools, document, self.findings)
        return _portal_config(portal, pools, switches)

    def _portal_file(self, document: Document) -> PortalFile | None:
        self.findings.problem(*document.missing_variables())
        defaults = document.part("defaultPoolConfigs")
        if defaults is not None:
            self.findings.problem(*parse_section(PoolFile, defaults, is_partial=True)[1])
        portal, problems = parse_section(PortalFile, document)
        self.findings.problem(*problems)
        if portal is None:
            return None
        for loc, text in doubled_in_portal(portal):
            self.findings.problem(document.at(loc, text))
        for loc, text in inactive_keys(portal, self.environ):
            self.findings.warn(document.at(loc, text))
        return portal

    def _pool_files(self, defaults: Document | None) -> list[LoadedPool]:
        """The enabled pools whose files are in order."""
        paths = sorted((self.config_dir / POOLS_DIR).glob("[!.]*.json"))
        loaded = [pool for path in paths if (pool := self._pool_file(path, defaults)) is not None]
        if not loaded and not self.has_enabled_pool:
            self.findings.problem(
                ConfigProblem(POOLS_DIR, "", f"no enabled pool in {self.config_dir / POOLS_DIR}")
            )
        return loaded

    def _pool_file(self, path: Path, defaults: Document | None) -> LoadedPool | None:
        label = f"{POOLS_DIR}/{path.name}"
        document = read_document(path, label, self.environ, self.findings)
        if document is None:
            self.has_enabled_pool = True  # as far as one can tell
            return None
        document = replace(document, defaults=defaults)
        file, problems = parse_section(PoolFile, document)
        self.findings.problem(*problems)
        if document.merged.get("enabled") in (False, "false"):
            return None
        self.has_enabled_pool = True
        missing = document.missing_variables()
        self.findings.problem(*missing)
        if not POOL_NAME.fullmatch(path.stem):
            text = "the file name is the pool's name: only a-z, 0-9 and - before .json"
            self.findings.problem(ConfigProblem(label, "", text))
            return None
        return None if file is None or missing else LoadedPool(path.stem, file, document)

    def _pool(self, pool: LoadedPool) -> PoolConfig | None:
        coin = self._coin(pool)
        for loc, text in inactive_keys(pool.file, self.environ):
            self.findings.warn(pool.document.at(loc, text))
        if coin is None:
            return None
        return PoolCheck(pool.name, pool.file, pool.document, coin, self.findings).pool()

    def _coin(self, pool: LoadedPool) -> Coin | None:
        name = pool.file.coin
        if name not in self.coins:
            self.coins[name] = load_coin(self.coins_dir, name, pool.document, self.findings)
        return self.coins[name]


def _portal_config(
    file: PortalFile, pools: Mapping[str, PoolConfig], switches: Mapping[str, SwitchConfig]
) -> PortalConfig:
    return PortalConfig(
        pools=pools,
        switches=switches,
        log_level=file.log_level,
        stratum_forks=file.clustering.forks if file.clustering and file.clustering.enabled else 1,
        website=website_config(file.website),
        block_notify=listener_config(file.block_notify_listener),
        coin_switch=listener_config(file.coin_switch_listener),
        cli_port=file.cli_port,
        profit_switch=file.profit_switch if file.profit_switch and file.profit_switch.enabled else None,
        miner_notices=miner_notices_config(file.miner_notices),
        webhooks=tuple(url for url in file.webhooks if url.get_secret_value()),
        alerts=tuple(alert_channel(alert) for alert in file.alerts if alert.url.get_secret_value()),
    )
