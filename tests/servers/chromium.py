"""A real Chromium for the tests of the web site: `python -m tests.servers.chromium` installs it.

Debian's package serves where there is one; elsewhere Playwright downloads its own, once for all checkouts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from deploy.launcher.debian_package import install_package

PACKAGES = ("chromium-headless-shell", "chromium")
"""The first is a third of the whole browser, with the same engine; older releases have the other only."""

PROGRAMS = (*PACKAGES, "google-chrome", "google-chrome-stable")

OPTIONS = ("--no-sandbox", "--disable-dev-shm-usage")
"""The sandbox refuses root, and only our own pages are looked at; /dev/shm is small in containers."""

DOWNLOAD_SECONDS = 300


def find_chromium() -> str | None:
    """Path of a browser that the distribution brought, or None."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def download_chromium() -> bool:
    """Playwright's own browser, into the user's cache; True where it is there already."""
    can_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
    libraries = ["--with-deps"] if can_install else []
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", *libraries, "chromium"]
    try:
        return subprocess.run(command, check=False, timeout=DOWNLOAD_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main() -> int:
    """Make sure that one is there; 1 and a clear line where it cannot be."""
    if find_chromium() or any(map(install_package, PACKAGES)) or download_chromium():
        return 0
    print(f"no Chromium is installed and none can be: apt-get install {PACKAGES[0]}", file=sys.stderr)
    return 1


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
        try:
            yield browser
        finally:
            await browser.close()


if __name__ == "__main__":
    sys.exit(main())
