"""Programs of the distribution that no wheel brings."""

from __future__ import annotations

import os
import shutil
import subprocess


def install_package(package: str) -> bool:
    """Install it with apt; False where that is not possible (it takes root on Debian or Ubuntu)."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"installing {package} with apt", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", package]):
        done = subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            return False
    return True
