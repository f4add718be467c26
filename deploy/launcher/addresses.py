"""The two addresses of a local pool, kept over restarts: one file each."""

from __future__ import annotations

from pathlib import Path

from deploy.launcher.layout import Layout
from deploy.launcher.programs import Chain


def address_file(layout: Layout, owner: str, chain: Chain) -> Path:
    """Where the address of `pool` or `miner` is kept; the simulated chain has its own."""
    return layout.home / "addresses" / (owner if chain.litecoind else f"simulated-{owner}")


def recall(file: Path) -> str:
    """The remembered address, empty when there is none."""
    return file.read_text().strip() if file.exists() else ""


def remember(file: Path, address: str) -> None:
    """Keep the address."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(address + "\n")
