"""Settings of a process, read once from its environment by `__main__` and passed on as arguments.

`VARIABLES` is the one table: it makes the parser and `docs/settings.md`. Each variable can instead be given
as `<NAME>_FILE`, the path of a file that holds the value, so that secrets need not stand in the environment.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nompcore.errors import NompError
from nompcore.setting_values import (
    WANTED,
    count,
    is_name_letter,
    level,
    networks,
    port,
    rate,
    replica,
    required,
    seconds,
)
from nompcore.subjects import API, JOBMAKER, NOTIFIER, PAYOUTS, STRATUM

METRICS_PORTS = {STRATUM: 9101, JOBMAKER: 9102, PAYOUTS: 9103, API: 9104, NOTIFIER: 9105}
"""One port each, so that all services fit on one machine."""


class SettingsInvalid(NompError):  # noqa: N818  (a state, named as callers read it)
    """Variables with values that cannot be used; one line each in `problems`, never quoting a value."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process knows from outside. URLs may hold credentials, so they are not in the repr."""

    config_dir: Path
    coins_dir: Path
    nats_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    ledger_url: str = field(repr=False)
    block_archive: Path
    stratum_host: str
    drain_seconds: float
    api_host: str
    api_port: int
    api_rate: float
    api_burst: int
    api_listeners: int
    api_proxy_networks: tuple[str, ...]
    admin_users: str = field(repr=False)
    admin_host: str
    admin_port: int
    metrics_host: str
    metrics_port: int
    webhook_url: str = field(repr=False)
    log_level: str
    replica: str


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: its field in `Settings`, default as text and meaning."""

    name: str
    field: str
    parse: Callable[[str], object]
    default: str
    help: str


VARIABLES = (
    Variable(
        "NOMP_CONFIG_DIR", "config_dir", Path, "deploy", "directory of `config.json` and `pool_configs/`"
    ),
    Variable("NOMP_COINS_DIR", "coins_dir", Path, "coins", "directory of the coin files"),
    Variable(
        "NATS_URL",
        "nats_url",
        required,
        "nats://127.0.0.1:4222",
        "NATS, with user and password; several by commas",
    ),
    Variable("REDIS_URL", "redis_url", required, "redis://127.0.0.1:6379/0", "Redis or Valkey of payouts"),
    Variable(
        "LEDGER_URL",
        "ledger_url",
        required,
        "sqlite:///var/ledger/ledger.db",
        "payouts' ledger: `sqlite:///<file>` or `postgresql://<user>:<password>@<host>/<database>`",
    ),
    Variable(
        "BLOCK_ARCHIVE",
        "block_archive",
        Path,
        "var/blocks",
        "directory where jobmaker keeps found blocks before it submits them",
    ),
    Variable(
        "STRATUM_HOST",
        "stratum_host",
        required,
        "0.0.0.0,::",
        "addresses on which stratum ports listen, IPv4 and IPv6, by commas",
    ),
    Variable(
        "STRATUM_DRAIN_SECONDS",
        "drain_seconds",
        seconds,
        "10",
        "time over which a stopping stratum asks its miners to reconnect",
    ),
    Variable("API_HOST", "api_host", required, "127.0.0.1", "address on which the api listens"),
    Variable("API_PORT", "api_port", port, "8080", "port on which the api listens"),
    Variable(
        "API_RATE",
        "api_rate",
        rate,
        "20",
        "requests a second that one address may make of the api on average; 0: any number",
    ),
    Variable("API_BURST", "api_burst", count, "200", "requests that one address may make at once"),
    Variable(
        "API_LISTENERS",
        "api_listeners",
        count,
        "1000",
        "listeners of live feeds that a process of the api serves at once; a hundred of one address",
    ),
    Variable(
        "API_PROXY_NETWORKS",
        "api_proxy_networks",
        networks,
        "",
        "proxies before the api: only they are believed who a request is from (`X-Forwarded-For`)",
    ),
    Variable(
        "ADMIN_USERS", "admin_users", str, "", "who may log in to the admin center; empty: there is none"
    ),
    Variable("ADMIN_HOST", "admin_host", required, "127.0.0.1", "address of the admin center's own port"),
    Variable("ADMIN_PORT", "admin_port", port, "0", "its own port; 0: `/admin` on `API_PORT`"),
    Variable("METRICS_HOST", "metrics_host", required, "127.0.0.1", "address of the metrics page"),
    Variable("METRICS_PORT", "metrics_port", port, "", "port of the metrics page, 0 for none"),
    Variable(
        "WEBHOOK_URL",
        "webhook_url",
        str,
        "",
        "URL to which notifier posts news, beside those of `config.json`",
    ),
    Variable("LOG_LEVEL", "log_level", level, "", "least level logged; empty: `logLevel` of `config.json`"),
    Variable(
        "NOMP_REPLICA",
        "replica",
        replica,
        "",
        "name of this process among its like; empty: host and process id",
    ),
)


def read_settings(environ: Mapping[str, str], service: str) -> Settings:
    """The settings of a process of `service`. Raises SettingsInvalid with every problem."""
    values: dict[str, object] = {}
    problems: list[str] = []
    for variable in VARIABLES:
        name, default = variable.name, default_of(variable, service) or _computed_default(variable)
        if environ.get(name) and environ.get(f"{name}_FILE"):
            problems.append(f"{name}: given twice, also as {name}_FILE")
            continue
        try:
            values[variable.field] = variable.parse(_text(environ, name, default))
        except OSError as error:
            problems.append(f"{name}_FILE: cannot read the file: {error.strerror}")
        except ValueError:
            problems.append(f"{name}: expected {WANTED[variable.parse]}")
    if problems:
        raise SettingsInvalid(problems)
    return Settings(**values)  # type: ignore[arg-type]  # the table names each field with its parser


def default_of(variable: Variable, service: str) -> str:
    """The documented default; that of the metrics port depends on the service."""
    if variable.field == "metrics_port":
        return str(METRICS_PORTS.get(service, 0))
    return variable.default


def _computed_default(variable: Variable) -> str:
    if variable.field != "replica":
        return ""
    host = "".join(letter if is_name_letter(letter) else "-" for letter in socket.gethostname())
    return f"{host}-{os.getpid()}"


def _text(environ: Mapping[str, str], name: str, default: str) -> str:
    path = environ.get(f"{name}_FILE", "")
    text = Path(path).read_text(encoding="utf-8").strip() if path else environ.get(name, "")
    return text or default


def settings_page() -> str:
    """The text of `docs/settings.md`; `python -m nompcore.settings` prints it."""
    rows = [
        f"| `{variable.name}` | {_shown_default(variable)} | {variable.help} | {WANTED[variable.parse]} |"
        for variable in VARIABLES
    ]
    return "\n".join([_PAGE_HEAD, *rows, ""])


def _shown_default(variable: Variable) -> str:
    if variable.field == "metrics_port":
        return ", ".join(f"{service} {port}" for service, port in METRICS_PORTS.items())
    return f"`{variable.default}`" if variable.default else ""


_PAGE_HEAD = """# Settings

What a service reads from its environment when it starts; everything else is in `config.json`, the pool files
and the coin files. Each variable can instead be given as `<NAME>_FILE`, the path of a file that holds the
value, for example a Docker secret. A value that cannot be used ends the service with exit code 2 and a line
that names it.

The table is made by `python -m nompcore.settings`.

| variable | default | meaning | value |
|---|---|---|---|"""


if __name__ == "__main__":
    print(settings_page(), end="")  # noqa: T201  (the output of the command)
