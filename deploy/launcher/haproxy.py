"""The miners' door of a deployment, for the tests: `python -m deploy.launcher.haproxy` installs it."""

from __future__ import annotations

import os
import shutil
import sys

from deploy.launcher.debian_package import install_package

# Debian has it among the programs of root, which are not on everybody's path.
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))


def find_haproxy() -> str | None:
    """Path of an installed haproxy, or None."""
    return shutil.which("haproxy", path=_PATH)


def main() -> int:
    """Make sure that it is there; 1 and a clear line where it cannot be."""
    if find_haproxy() or (install_package("haproxy") and find_haproxy()):
        return 0
    print("haproxy is neither installed nor can be: on Debian, apt-get install haproxy", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
