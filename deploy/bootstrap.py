"""Make the virtual environment: `python3 deploy/bootstrap.py .venv`. Standard library only.

Installs exactly what requirements/everything.lock pins, checked by hash, and puts the repository and `libs/`
on the environment's path, so that `python -m services.stratum` works from anywhere. Then compiles the hashes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
COMPILING = ("gcc", "libc6-dev", "python3-dev")  # Debian's packages


def fail(text: str) -> None:
    """End with one clear line."""
    sys.exit(f"bootstrap: {text}")


def create(target: Path) -> None:
    """Create the environment; Debian ships ensurepip apart, so say so or, as root, install it."""
    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(target)
    except (subprocess.CalledProcessError, ModuleNotFoundError):
        if os.geteuid() != 0:
            fail("this Python cannot make virtual environments; on Debian: apt-get install python3-venv")
        subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], check=True)
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(target)


def install(target: Path) -> None:
    """Install the lock file and link the sources."""
    python = target / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "install", "--require-hashes", "-r", str(ROOT / "requirements" / "everything.lock")],
        check=True,
    )
    purelib = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    Path(purelib, "nomp.pth").write_text(f"{ROOT}\n{ROOT / 'libs'}\n")


def make_hash_library(target: Path) -> None:
    """Compile it, which says what is missing for that. As root on Debian, install it first."""
    can_compile = any(map(shutil.which, ("cc", "gcc", "clang")))
    has_headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
    if not (can_compile and has_headers) and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *COMPILING)):
            subprocess.run(["apt-get", *command], check=False, stdout=subprocess.DEVNULL)
    subprocess.run([str(target / "bin" / "python"), "-m", "powhash.build"], check=True)


def main() -> None:
    """Make the environment named on the command line, then mark it finished for make."""
    if sys.version_info < OLDEST:
        fail(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}; "
            "try: make PYTHON=python3.13 ..."
        )
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".venv")
    print(f"bootstrap: making {target} (a minute, once)", flush=True)
    create(target)
    install(target)
    make_hash_library(target)
    (target / ".installed").touch()


main()
