"""Configuration files of the servers, written below NOMP_HOME before anything starts."""

from __future__ import annotations

from pathlib import Path

from deploy.launcher.layout import ROOT, Layout
from deploy.setup.nats_users import nats_users_conf
from deploy.setup.regtest import litecoin_conf
from deploy.setup.secret_files import ensure_secret, write_private
from nompcore.subjects import SERVICES


def write_files(layout: Layout) -> None:
    """Make directories, secrets and the servers' configuration; safe to repeat."""
    for directory in ("log", "run", "nats", "redis", "ledger"):
        (layout.home / directory).mkdir(parents=True, exist_ok=True)
    ensure_secret(layout.secrets / "blocknotify")
    _write_nats(layout)
    _write_redis(layout)
    _write_litecoin(layout)


def _write_nats(layout: Layout) -> None:
    passwords = {name: ensure_secret(layout.secrets / f"nats_{name}") for name in SERVICES}
    operator = ensure_secret(layout.secrets / "nats_operator")
    write_private(layout.home / "nats" / "nats-users.conf", nats_users_conf(passwords, operator))
    write_private(layout.home / "nats" / "nats.conf", (ROOT / "deploy" / "nats.conf").read_text())
    for name, password in passwords.items():
        url = f"nats://{name}:{password}@127.0.0.1:{layout.ports['NATS_PORT']}"
        write_private(layout.secrets / f"nats_url_{name}", url)


def _write_redis(layout: Layout) -> None:
    password = ensure_secret(layout.secrets / "redis")
    port, directory = layout.ports["REDIS_PORT"], layout.home / "redis"
    own = f'bind 127.0.0.1\nport {port}\ndir "{directory}"\nrequirepass {password}\n'
    write_private(directory / "redis.conf", (ROOT / "deploy" / "redis.conf").read_text() + own)
    write_private(layout.secrets / "redis_url", f"redis://:{password}@127.0.0.1:{port}/0")


def _write_litecoin(layout: Layout) -> None:
    password = ensure_secret(layout.secrets / "litecoin_rpc")
    ports = layout.ports
    for node, prefix, peer in (
        ("main", "LITECOIN", "LITECOIN_BACKUP_P2P_PORT"),
        ("backup", "LITECOIN_BACKUP", "LITECOIN_P2P_PORT"),
    ):
        conf = litecoin_conf(
            rpc_port=ports[f"{prefix}_RPC_PORT"],
            p2p_port=ports[f"{prefix}_P2P_PORT"],
            password=password,
            peer=f"127.0.0.1:{ports[peer]}",
            extra=_blocknotify(layout) if node == "main" else "",
        )
        write_private(layout.litecoin(node) / "litecoin.conf", conf)


def _blocknotify(layout: Layout) -> str:
    script = Path(ROOT / "deploy" / "scripts" / "blocknotify")
    password_file = layout.secrets / "blocknotify"
    listener = f"127.0.0.1:{layout.ports['NOMP_BLOCKNOTIFY_PORT']}"
    return f"blocknotify='{layout.python}' '{script}' {listener} '@{password_file}' litecoin %s\n"
