"""Settings, `config.json`, the pool files and the coin files: what keeps services from starting."""

from __future__ import annotations

import re
from dataclasses import dataclass

from deploy.operator.checks.ground import Ground
from deploy.operator.findings import Finding, fine, hint, wrong
from nompcore.config import ConfigProblem

NO_START = "no service starts with it: each ends with exit code 2"


@dataclass(frozen=True, slots=True)
class _Advice:
    """For problems in whose path and text, a line each, the pattern is found."""

    pattern: re.Pattern[str]
    code: str
    why: str
    mend: str


def _advice(pattern: str, code: str, why: str, mend: str) -> _Advice:
    return _Advice(re.compile(pattern, re.MULTILINE), code, why, mend)


_ADVICE = (
    _advice(
        r"^not found; it was looked for at", "config-missing", NO_START,
        "set NOMP_CONFIG_DIR to the directory of config.json and pool_configs/, or copy "
        "deploy/config.json there",
    ),
    _advice(
        r"^line \d+, column|is not UTF-8|nested too deeply|expected an object \{", "config-syntax", NO_START,
        "mend the file at that place: it is JSON, in which comments and commas at the end are allowed",
    ),
    _advice(
        r"^unknown key", "unknown-key", "the key would do nothing, and what it was meant for would not "
        "be done",
        "spell the key as docs/configuration.md does, or remove it",
    ),
    _advice(
        r"is no .* address of network", "address-other-network",
        "rewards paid there could be lost for ever",
        'give an address of the coin and network of the pool\'s "coin" and "network" (getnewaddress of its '
        "daemon), or mend those two",
    ),
    _advice(
        r"the environment variable \w+ is not set|the file named by \w+", "variable-unset", NO_START,
        "set the variable, or give the path of a file that holds the value as <NAME>_FILE, for every service",
    ),
    _advice(
        r"example password", "example-password", "whoever has read NOMP's README can log in with it",
        "make a password of your own (openssl rand -hex 24), set it at the daemon or listener too, and keep "
        "it in a variable",
    ),
    _advice(
        r"no password is set", "password-missing", "anybody who reaches the port could give orders",
        "make a password (openssl rand -hex 24) and keep it in a variable",
    ),
    _advice(
        r"^port \d+ is already used by", "port-twice", "only one of the two could listen",
        "give one of the two another port, and tell its users",
    ),
    _advice(
        r"is already mined by", "coin-twice", "a coin has one pool", 'set "enabled": false in one of the '
        'files',
    ),
    _advice(
        r"^no enabled pool", "no-pool", NO_START,
        'put a file for a coin into pool_configs/ (there is an example in deploy/), with "enabled": true',
    ),
)  # fmt: skip

_PROXY = _advice(
    r"tcpProxyNetworks\nat least one", "proxy-nobody",
    "a header would be believed from nobody: every miner is refused, or all of them seem to be the balancer",
    'name the addresses of the balancer, such as ["10.0.0.5"], or set "tcpProxyProtocol": false',
)  # fmt: skip
_OTHER = _advice("", "config-invalid", NO_START, "change it as docs/configuration.md says of this key")


async def check_configuration(ground: Ground) -> list[Finding]:
    """Everything that is wrong with the files, or what they hold."""
    found = [_of_settings(problem) for problem in ground.settings_problems]
    found += [of_problem(problem) for problem in ground.config_problems]
    if ground.config is None:
        return found
    found += [_of_warning(warning) for warning in ground.config.warnings]
    named = ", ".join(f"{pool.name} ({pool.coin.name}, {pool.network})" for pool in ground.pools)
    return [*found, fine("configuration", str(ground.settings.config_dir), f"pools: {named}")]


def of_problem(problem: ConfigProblem) -> Finding:
    """A line of the configuration's own check, with reason and remedy."""
    told = f"{problem.path}\n{problem.text}"
    advice = next((row for row in (_PROXY, *_ADVICE) if row.pattern.search(told)), _OTHER)
    where = ": ".join(part for part in (problem.file, problem.path) if part)
    return wrong(advice.code, where, problem.text, why=advice.why, mend=advice.mend)


def _of_settings(problem: str) -> Finding:
    name, _, text = problem.partition(": ")
    return wrong(
        "setting-invalid", f"environment: {name}", text, why="services end with exit code 2",
        mend="set it as docs/settings.md says, or leave it out for the default",
    )  # fmt: skip


def _of_warning(warning: ConfigProblem) -> Finding:
    where = ": ".join(part for part in (warning.file, warning.path) if part)
    return hint(
        "config-warning", where, warning.text, why="the pool runs, perhaps not as you expect",
        mend="remove or change the key if you meant something else (docs/configuration.md)",
    )  # fmt: skip
