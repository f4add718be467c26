"""The environment of a pool that `make run` runs: what supervisord gives its programs."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from pathlib import Path

from nompcore.subjects import API, SERVICES

CONF = Path("run") / "supervisord.conf"
PASSWORD = Path("secrets") / "nats_operator"

OWN_OF_EACH = frozenset({"METRICS_PORT", "NOMP_REPLICA", "NATS_URL_FILE", "NATS_URL"})
"""Variables that differ from service to service, so that none of them is the pool's."""

_ASSIGNMENT = re.compile(r'([A-Z0-9_]+)="((?:[^"\\]|\\.)*)"')
_CREDENTIALS = re.compile(r"//[^@/]*@")


def local_environment(home: Path) -> dict[str, str]:
    """What services of the pool below `home` read, and the operator's `NATS_URL`; empty without a pool."""
    conf, password = home / CONF, home / PASSWORD
    if not (conf.is_file() and password.is_file()):
        return {}
    programs = environments(conf.read_text(encoding="utf-8"))
    merged: dict[str, str] = {}
    for service in SERVICES:
        merged |= programs.get(service, {})
    url_file = programs.get(API, {}).get("NATS_URL_FILE", "")
    merged = {name: value for name, value in merged.items() if name not in OWN_OF_EACH}
    if url_file and Path(url_file).is_file():
        url = Path(url_file).read_text(encoding="utf-8").strip()
        merged["NATS_URL"] = operators_url(url, password.read_text(encoding="utf-8").strip())
    return merged


def environments(text: str) -> dict[str, Mapping[str, str]]:
    """Program → its variables, of a supervisord.conf as `deploy.launcher.supervisor_conf` writes it."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return {
        section.removeprefix("program:"): _variables(parser.get(section, "environment", fallback=""))
        for section in parser.sections()
        if section.startswith("program:")
    }


def operators_url(url: str, password: str) -> str:
    """A service's URL of NATS with the operator's name and password in place of its own."""
    return _CREDENTIALS.sub(lambda _: f"//operator:{password}@", url)


def _variables(line: str) -> dict[str, str]:
    found = {name: re.sub(r"\\(.)", r"\1", value) for name, value in _ASSIGNMENT.findall(line)}
    return {name: value.replace("%%", "%") for name, value in found.items()}
