"""What the kernel says about a process of this machine. Linux: `/proc`."""

from __future__ import annotations

from pathlib import Path

KIB = 1024


def cpu_microseconds(pid: int) -> float:
    """Time that its living threads have spent on a processor (`schedstat`, first field, in nanoseconds)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1000


def resident_bytes(pid: int) -> int:
    """Memory it holds now."""
    return _status(pid, "VmRSS")


def peak_resident_bytes(pid: int) -> int:
    """The most memory it ever held, or has held since `forget_peak`."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """Let `peak_resident_bytes` begin anew at what it holds now. Only of a process of ours."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * KIB
    raise AssertionError(f"no {field} in the status of process {pid}")
