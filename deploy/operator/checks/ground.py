"""What all checks stand on: the environment, settings and configuration as the services would read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.operator.findings import Finding, unchecked
from nompcore.config import ConfigInvalid, ConfigProblem, PoolConfig, PortalConfig, load_config
from nompcore.settings import Settings, SettingsInvalid, read_settings
from nompcore.subjects import API

ANSWER_SECONDS = 5.0
"""How long a server may take to answer; a doctor who waits for all of them is none."""

_NAME = re.compile(r"[A-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class Ground:
    """`config` is None where services would not start with it. `now` is Unix time in seconds."""

    environ: Mapping[str, str]
    settings: Settings
    settings_problems: tuple[str, ...]
    config: PortalConfig | None
    config_problems: tuple[ConfigProblem, ...]
    now: Callable[[], float]
    nats_monitor: str = ""  # URL of NATS' monitoring page; empty: looked for at port 8222

    @property
    def pools(self) -> list[PoolConfig]:
        """The pools that can be looked at."""
        return list(self.config.pools.values()) if self.config else []


def survey(environ: Mapping[str, str], now: Callable[[], float], nats_monitor: str = "") -> Ground:
    """Read everything; settings that cannot be used are taken as not given, so that all else is looked at."""
    problems: tuple[str, ...] = ()
    try:
        settings = read_settings(environ, API)
    except SettingsInvalid as invalid:
        problems = invalid.problems
        settings = read_settings(_without(environ, problems), API)
    try:
        config = load_config(settings.config_dir, settings.coins_dir, environ)
    except ConfigInvalid as error:
        return Ground(environ, settings, problems, None, error.problems, now, nats_monitor)
    return Ground(environ, settings, problems, config, (), now, nats_monitor)


def without_pools(ground: Ground, subject: str) -> list[Finding]:
    """What there is to say of something of pools, while the configuration cannot be read."""
    if ground.config is not None:
        return []
    text = "not looked at, as the configuration says where they are and cannot be used"
    return [unchecked("needs-configuration", subject, text, mend="mend what is said of the files first")]


def _without(environ: Mapping[str, str], problems: tuple[str, ...]) -> dict[str, str]:
    named = {name.removesuffix("_FILE") for problem in problems for name in _NAME.findall(problem)[:1]}
    return {name: value for name, value in environ.items() if name.removesuffix("_FILE") not in named}
