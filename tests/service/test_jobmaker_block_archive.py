"""Found blocks as files: on a real disk, and on what stands in the way of one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from nompcore.messages import BlockFound
from services.jobmaker import block_archive
from services.jobmaker.block_archive import BlockArchive
from tests.counted import counted

POOL = "archived"
UNARCHIVED = "nomp_jobmaker_blocks_unarchived_total"

FOUND = BlockFound(
    pool=POOL,
    job_id="j1",
    template_id="t1",
    height=7,
    block_hash_display="0a" * 32,
    header_hex="",
    coinbase_hex="",
    worker="miner.rig1",
    address="miner",
    difficulty=1.0,
    reward_sats=1,
    time_ms=0,
    replica="stratum-1",
)


def found_at(height: int) -> BlockFound:
    return msgspec.structs.replace(FOUND, height=height, block_hash_display=f"{height:064x}")


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in (directory / POOL).iterdir())


@contextmanager
def stuck_disk(archive: BlockArchive, found: BlockFound) -> Iterator[None]:
    """Writing blocks on a pipe that nobody reads where the file would be written."""
    pipe = archive.path_of(found).with_suffix(".part")
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    try:
        yield
    finally:
        os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))  # lets the writer go on, into an error


async def test_a_block_is_kept_by_pool_height_and_hash(tmp_path: Path) -> None:
    await BlockArchive(tmp_path / "blocks").keep(FOUND, "00ff")

    path = tmp_path / "blocks" / POOL / f"000000007-{'0a' * 32}.hex"
    assert path.read_text() == "00ff\n"
    assert files(tmp_path / "blocks") == [path.name]


async def test_a_block_that_is_handled_again_is_not_written_again(tmp_path: Path) -> None:
    archive = BlockArchive(tmp_path)
    await archive.keep(FOUND, "00ff")
    before = archive.path_of(FOUND).stat()

    await archive.keep(FOUND, "another writing of the same block")

    after = archive.path_of(FOUND).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert archive.path_of(FOUND).read_text() == "00ff\n"


async def test_a_file_left_by_a_crash_in_the_middle_is_written_over(tmp_path: Path) -> None:
    archive = BlockArchive(tmp_path)
    archive.path_of(FOUND).parent.mkdir()
    archive.path_of(FOUND).with_suffix(".part").write_text("half of a very long block")

    await archive.keep(FOUND, "00ff")

    assert archive.path_of(FOUND).read_text() == "00ff\n"
    assert files(tmp_path) == [archive.path_of(FOUND).name]


async def test_the_lowest_blocks_go_when_there_are_too_many_of_a_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_archive, "KEPT_BLOCKS", 3)
    archive = BlockArchive(tmp_path)
    other_pools = msgspec.structs.replace(found_at(1), pool="other")
    await archive.keep(other_pools, "01")

    for height in (9, 10, 99, 100, 101):
        await archive.keep(found_at(height), "00")

    assert files(tmp_path) == [archive.path_of(found_at(height)).name for height in (99, 100, 101)]
    assert archive.path_of(other_pools).exists()


async def test_what_is_no_block_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_archive, "KEPT_BLOCKS", 1)
    archive = BlockArchive(tmp_path)
    await archive.keep(found_at(1), "01")
    notes = tmp_path / POOL / "notes.txt"
    notes.write_text("submitted by hand")

    await archive.keep(found_at(2), "02")

    assert files(tmp_path) == [archive.path_of(found_at(2)).name, notes.name]


async def test_a_disk_that_hangs_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(block_archive, "WRITE_SECONDS", 0.1)
    archive = BlockArchive(tmp_path)
    before = counted(UNARCHIVED, pool=POOL)

    with stuck_disk(archive, FOUND):
        await archive.keep(FOUND, "00ff")  # returns: the pipe has no reader

        assert counted(UNARCHIVED, pool=POOL) == before + 1
        assert vars(caplog.records[-1])["detail"] == "not written within 0.1 s"
        assert not archive.path_of(FOUND).exists()


async def test_a_disk_that_refuses_holds_nothing_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "blocks").write_text("a file where the archive's directory should be")
    before = counted(UNARCHIVED, pool=POOL)

    await BlockArchive(tmp_path / "blocks").keep(FOUND, "00ff")

    assert counted(UNARCHIVED, pool=POOL) == before + 1
    assert "Not a directory" in vars(caplog.records[-1])["detail"]
