"""Directories that services write to: there, writable, and with room left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlalchemy.exc import ArgumentError

from deploy.operator.checks.ground import Ground
from deploy.operator.checks.ledger_reading import ledger_file
from deploy.operator.findings import Finding, fine, wrong

LEAST_FREE_BYTES = 512 << 20


async def check_directories(ground: Ground) -> list[Finding]:
    """The block archive, and the room beside the ledger."""
    archive = ground.settings.block_archive
    found = judge_archive(archive, _nearest(archive))
    return [*found, *_room("block archive (BLOCK_ARCHIVE)", archive), *_ledger_room(ground)]


def judge_archive(archive: Path, place: Path) -> list[Finding]:
    """`place` is the archive, or the nearest directory above it that exists."""
    where = "block archive (BLOCK_ARCHIVE)"
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        return [
            wrong(
                "archive-unwritable", where, f"{place} is no directory that this user can write to",
                why="a found block is submitted without a copy on the disk: whatever goes wrong then, it "
                "is lost",
                mend="make the directory and give it to the user of jobmaker (chown), or set "
                "BLOCK_ARCHIVE; run "
                "this command as that user",
            )
        ]  # fmt: skip
    state = "can be written to" if archive.exists() else "is made with the first block"
    return [fine("archive", where, f"{archive.absolute()} {state}")]


def _ledger_room(ground: Ground) -> list[Finding]:
    try:
        file = ledger_file(ground.settings.ledger_url)
    except ArgumentError:
        return []  # the ledger's own check says so
    return _room("ledger (LEDGER_URL)", file.parent) if file else []


def _room(where: str, path: Path) -> list[Finding]:
    return judge_room(where, shutil.disk_usage(_nearest(path)).free)


def judge_room(where: str, free_bytes: int) -> list[Finding]:
    """Whether so much is enough."""
    if free_bytes >= LEAST_FREE_BYTES:
        return []
    return [
        wrong(
            "disk-full", where, f"its disk has {free_bytes >> 20} MB left",
            why="what cannot be written is not kept: found blocks, and the books of payments",
            mend="make room on that disk, or move the directory to another one",
        )
    ]  # fmt: skip


def _nearest(path: Path) -> Path:
    absolute = path.absolute()
    return next(place for place in (absolute, *absolute.parents) if place.exists())
