"""`docker compose up` without a single setting: secrets into each service's own volume, then the addresses.

`python -m deploy.setup secrets` runs first and mounts every volume below /volumes; `deploy.setup wallet` runs
once the coin daemons answer. Both are safe to repeat: what exists is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deploy.setup.nats_users import nats_users_conf
from deploy.setup.regtest import litecoin_conf, wallet_address
from deploy.setup.secret_files import ensure_secret, write_private
from nompcore.config import DaemonConfig
from nompcore.daemon import Daemon
from nompcore.subjects import JOBMAKER, NOTIFIER, PAYOUTS, SERVICES

VOLUMES = Path("/volumes")
OPERATOR = "operator"  # of the command `nomp`, which looks at everything
POOL_ADDRESS = "pool_address"
MINER_ADDRESS = "miner_address"
NODES: Mapping[str, str] = {
    "litecoind": "litecoind-backup",
    "litecoind-backup": "litecoind",
}  # node → its peer
RPC_PORT, P2P_PORT = 19443, 19445


def write_secrets(volumes: Path = VOLUMES) -> None:
    """Make every secret and give each service only its own."""
    master = volumes / "setup"
    _write_nats(volumes, master)
    redis = ensure_secret(master / "redis")
    conf = (Path("deploy") / "redis.conf").read_text()
    write_private(volumes / "redis" / "redis.conf", f"{conf}dir /store\nrequirepass {redis}\n")
    for owner in (PAYOUTS, OPERATOR):
        write_private(volumes / owner / "redis_url", f"redis://:{redis}@redis:6379/0")
    _write_litecoin(volumes, master)


def _write_nats(volumes: Path, master: Path) -> None:
    passwords = {name: ensure_secret(master / f"nats_{name}") for name in SERVICES}
    operator = ensure_secret(master / "nats_operator")
    write_private(volumes / "nats" / "nats-users.conf", nats_users_conf(passwords, operator))
    write_private(volumes / "nats" / "nats.conf", (Path("deploy") / "nats.conf").read_text())
    for name, password in {**passwords, OPERATOR: operator}.items():
        write_private(volumes / name / "nats_url", f"nats://{name}:{password}@nats:4222")


def _write_litecoin(volumes: Path, master: Path) -> None:
    password = ensure_secret(master / "litecoin_rpc")
    notify = ensure_secret(master / "blocknotify")
    for owner in (JOBMAKER, PAYOUTS, OPERATOR):
        write_private(volumes / owner / "litecoin_rpc_password", password)
    for owner in (NOTIFIER, OPERATOR):
        write_private(volumes / owner / "blocknotify_password", notify)
    for node, peer in NODES.items():
        extra = "rpcbind=0.0.0.0\nrpcallowip=0.0.0.0/0\n"  # reachable on the compose network only
        if node == "litecoind":
            write_private(volumes / node / "blocknotify_password", notify)
            extra += "blocknotify=blocknotify notifier:8117 @/conf/blocknotify_password litecoin %s\n"
        conf = litecoin_conf(
            rpc_port=RPC_PORT, p2p_port=P2P_PORT, password=password, peer=f"{peer}:{P2P_PORT}", extra=extra
        )
        write_private(volumes / node / "litecoin.conf", conf)


async def write_addresses(volumes: Path = VOLUMES) -> None:
    """Make the pool's wallet and address, and one on the backup node for the demo miner."""
    password = (volumes / "setup" / "litecoin_rpc").read_text()
    pool = await _address("litecoind", "pool", password, volumes / "addresses" / POOL_ADDRESS)
    miner = await _address("litecoind-backup", "miner", password, volumes / "addresses" / MINER_ADDRESS)
    print(f"pool address {pool}, demo miner {miner}", flush=True)


async def _address(host: str, wallet: str, password: str, file: Path) -> str:
    daemon = Daemon(
        DaemonConfig.model_validate({"host": host, "port": RPC_PORT, "user": "nomp", "password": password})
    )
    remembered = file.read_text().strip() if file.exists() else ""  # noqa: ASYNC240  # a one-shot program
    address = await wallet_address(daemon, wallet, remembered)
    await daemon.close()
    file.write_text(address)  # noqa: ASYNC240
    return address
