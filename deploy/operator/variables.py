"""The environment as the services have it. What is set where the command runs wins; then the local pool's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deploy.operator.local_pool import local_environment

ROOT = Path(__file__).resolve().parents[2]

_FILE = "_FILE"


def operators_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """All variables. Without NATS' URL, also those of the pool that `make run` runs below `NOMP_HOME`."""
    home = Path(environ.get("NOMP_HOME") or ROOT / "var")
    names_a_pool = bool(environ.get("NATS_URL") or environ.get("NATS_URL_FILE"))
    local = {} if names_a_pool else local_environment(home)
    defaults = {"NOMP_CONFIG_DIR": str(ROOT / "deploy"), "NOMP_COINS_DIR": str(ROOT / "coins")}
    return overlaid(overlaid(defaults, local), environ)


def overlaid(below: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """Both, where `above` has a variable or its `_FILE` without either of them from `below`."""
    taken = {name.removesuffix(_FILE) for name, value in above.items() if value}
    kept = {name: value for name, value in below.items() if name.removesuffix(_FILE) not in taken}
    return {**above, **kept}
