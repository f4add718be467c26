"""What may run side by side (pytest-xdist): files, but not whole pools, each of which fills a machine.

The tests of a file stay together, so that what is started once for all of them is started once. Not by marks:
pytest-xdist 3.8 writes groups where pytest 9.2 does not look for them.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

WHOLE_POOLS = ("tests/chaos/", "tests/e2e/")


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Hands out a file, or all whole pools, at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return "whole pools" if nodeid.startswith(WHOLE_POOLS) else nodeid.partition("::")[0]
