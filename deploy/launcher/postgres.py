"""PostgreSQL as the ledger's database, for the tests: `python -m deploy.launcher.postgres` installs it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.launcher.debian_package import install_package

_DEBIAN = Path("/usr/lib/postgresql")  # <version>/bin, not in the path


def find_postgres() -> Path | None:
    """The directory of its programs, of the newest version where there are several, or None."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).parent
    installed = _DEBIAN.glob("*/bin/initdb")
    return max((path.parent for path in installed), key=lambda path: int(path.parent.name), default=None)


def main() -> int:
    """Make sure that it is there; 1 and a clear line where it cannot be."""
    if find_postgres() or (install_package("postgresql") and find_postgres()):
        return 0
    print("PostgreSQL is not installed and cannot be: on Debian, apt-get install postgresql", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
