"""Which coin daemon the local pool runs: litecoind where it is or can be had, else the simulated one.

`python -m deploy.launcher.daemon_choice --ensure` installs it for the tests and fails where it cannot.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.launcher.debian_package import install_package

# Debian's /usr/bin/litecoind is a shell wrapper that writes to ~/.litecoin; this is the program itself.
DEBIAN_BINARY = Path("/usr/lib/litecoin/litecoind")


def find_litecoind() -> str | None:
    """Path of an installed litecoind, or None."""
    if DEBIAN_BINARY.exists():
        return str(DEBIAN_BINARY)
    return shutil.which("litecoind")


def install_litecoind() -> str | None:
    """Install it with apt where that is possible (root on Debian or Ubuntu); None where it is not."""
    return find_litecoind() if install_package("litecoind") else None


def main() -> int:
    """Make sure that litecoind is there; 1 and a clear line where it cannot be."""
    if find_litecoind() or install_litecoind():
        return 0
    print("litecoind is neither installed nor can be: on Debian, apt-get install litecoind", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
