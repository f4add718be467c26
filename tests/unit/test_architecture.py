"""The arrows that imports may take. The table below is the rule; `nompcore/__init__.py` explains it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

import nompcore
from tests.unit.chain_samples import ROOT

LAYERS = {
    "bytes": {
        "algorithms",
        "amounts",
        "encoding",
        "errors",
        "hashing",
        "known_answers",
        "n_schedules",
        "ripemd160",
        "scrypt_pow",
        "secp256k1",
        "version",
    },
    "chain": {
        "address",
        "bech32",
        "bip322",
        "block",
        "cashaddr",
        "coinbase",
        "merkle",
        "payees",
        "signed_message",
        "target",
    },
    "mining": {"coin", "coin_file", "job", "share", "template", "upstream_job"},
    "contract": {
        "alarms",
        "control",
        "messages",
        "requests",
        "subject_kinds",
        "subjects",
        "subscriptions",
        "switching",
        "upstream",
    },
    # every other module of nompcore is a shell
}
ORDER = [*LAYERS, "shells"]

# Messages are records that import nothing of the core, so they can lie below everything: mining builds a Job.
RECORDS = "messages"

IMPURE = {
    "asyncio", "datetime", "httpx", "logging", "nats", "os", "pathlib", "random", "redis", "secrets",
    "signal", "socket", "sqlalchemy", "ssl", "subprocess", "threading", "time", "urllib", "uuid", "valkey",
}  # fmt: skip
BYTES_AND_CHAIN_PACKAGES = {"nompcore", "powhash", "scrypt", "coincurve"}  # beside the standard library

TOOLS = {"simcoind", "cpuminer"}  # for trying the pool out: nothing that serves miners may need them


def layer_of(module: str) -> str:
    """The layer of `nompcore.<name>…`."""
    name = module.split(".")[1] if "." in module else ""
    return next((layer for layer, names in LAYERS.items() if name in names), "shells")


def imports(module: str, source: str, *, is_package: bool = False) -> Iterator[str]:
    """Full names of what a module imports; `from a import b` counts as `a.b`, which holds `a` too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parents = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parents, base] if base else parents)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def complaints(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Every import of a module that the architecture forbids."""
    forbidden = _core_complaint if module.partition(".")[0] == "nompcore" else _service_complaint
    wrong = ((name, forbidden(module, name)) for name in imports(module, source, is_package=is_package))
    return [f"{module} imports {name}: {why}" for name, why in wrong if why]


def _service_complaint(module: str, name: str) -> str:
    top, *rest = name.split(".")
    own = module.split(".")[1]
    if top == "services" and rest and rest[0] != own:
        return "services talk over NATS only"
    return "that is a tool for trying the pool out" if top in TOOLS else ""


def _core_complaint(module: str, name: str) -> str:
    top = name.partition(".")[0]
    layer = layer_of(module)
    if top == "services" or top in TOOLS:
        return "the core knows nobody above it"
    if layer == "shells":
        return ""
    if top in IMPURE:
        return "below the shells there is no IO, clock, randomness or logging"
    if layer in ("bytes", "chain") and top not in sys.stdlib_module_names | BYTES_AND_CHAIN_PACKAGES:
        return "bytes and chain need the standard library only"
    return _arrow_complaint(module, name) if top == "nompcore" else ""


def _arrow_complaint(module: str, name: str) -> str:
    parts = name.split(".")
    if len(parts) == 1:
        return "the package itself holds nothing"
    if module == f"nompcore.{RECORDS}":
        return "messages are records that import nothing of the core"
    if parts[1] == RECORDS or ORDER.index(layer_of(name)) <= ORDER.index(layer_of(module)):
        return ""
    return f"{layer_of(module)} lies below {layer_of(name)}"


def modules() -> Iterator[tuple[str, str, bool]]:
    """(name, source, is a package) of every module that serves miners."""
    for root, folder in ((ROOT / "libs", "nompcore"), (ROOT, "services")):
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            is_package = parts[-1] == "__init__"
            yield ".".join(parts[:-1] if is_package else parts), path.read_text(), is_package


def test_imports_follow_the_arrows() -> None:
    wrong = [
        complaint
        for module, source, is_package in modules()
        for complaint in complaints(module, source, is_package=is_package)
    ]

    assert wrong == []


def test_no_two_test_files_share_a_name() -> None:
    """pytest would collect one of them only, and say so at the end of a long run."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]

    assert sorted(set(names)) == sorted(names)


def test_every_module_of_a_pure_layer_exists() -> None:
    present = {path.stem for path in (ROOT / "libs" / "nompcore").glob("*.py")}

    assert set().union(*LAYERS.values()) <= present


def test_the_map_of_the_core_names_every_module() -> None:
    package = ROOT / "libs" / "nompcore"
    present = {path.stem for path in package.glob("*.py")} | {
        path.parent.name for path in package.glob("*/*.py")
    }
    named = set((nompcore.__doc__ or "").split())

    assert present - named == {"__init__"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("services.api.app", "import services.stratum"),
        ("services.api.app", "from services.stratum import session"),
        ("services.api.app", "from services.stratum.session import Session"),
        ("services.api.app", "from ..stratum import session"),
        ("services.api.app", "from services import stratum"),
        ("services.api.app", "def later():\n    import services.payouts.ledger.ledger"),
        ("services.api.app", "from simcoind.chain import Chain"),
        ("nompcore.bus", "from services.api import app"),
        ("nompcore.bus", "import services"),
        ("nompcore.bus", "import simcoind"),
        ("nompcore.share", "import time"),
        ("nompcore.share", "from asyncio import sleep"),
        ("nompcore.share", "import os.path"),
        ("nompcore.subjects", "import nats.js"),
        ("nompcore.share", "from nompcore.bus import Bus"),
        ("nompcore.share", "from nompcore import bus"),
        ("nompcore.share", "from . import bus"),
        ("nompcore.share", "from .config import pool"),
        ("nompcore.share", "from nompcore.config.pool import PoolConfig"),
        ("nompcore.job", "from nompcore.subjects import JOB"),
        ("nompcore.merkle", "from nompcore.coin import Coin"),
        ("nompcore.encoding", "from nompcore.target import DIFF1"),
        ("nompcore.encoding", "import pydantic"),
        ("nompcore.merkle", "import msgspec"),
        ("nompcore.messages", "from nompcore.errors import RejectReason"),
        ("nompcore.share", "if TYPE_CHECKING:\n    from nompcore.bus import Bus"),
    ],
)
def test_a_forbidden_arrow_is_found(module: str, source: str) -> None:
    assert len(complaints(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("services.api.app", "import asyncio\nfrom nompcore.bus import Bus\nfrom services.api import live"),
        ("services.api.app", "from . import live\nfrom .live import Live"),
        (
            "nompcore.bus",
            "import nats\nfrom nompcore.subjects import JOB\nfrom nompcore.share import Accepted",
        ),
        ("nompcore.subjects", "from nompcore import messages"),
        ("nompcore.job", "import msgspec\nfrom nompcore.messages import Job\nfrom nompcore.coin import Coin"),
        ("nompcore.merkle", "from hashlib import sha256\nfrom nompcore.hashing import sha256d"),
        ("nompcore.config.pool", "from nompcore.config import ports\nimport pathlib"),
    ],
)
def test_an_allowed_arrow_is_left_alone(module: str, source: str) -> None:
    assert complaints(module, source) == []


def test_a_relative_import_in_a_package_starts_at_the_package() -> None:
    assert list(imports("services.api", "from . import live", is_package=True)) == ["services.api.live"]
    assert list(imports("services.api.app", "from .live import Live")) == ["services.api.live.Live"]
