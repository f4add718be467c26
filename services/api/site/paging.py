"""Which rows a page of a list shows. Pages count from 1."""

from __future__ import annotations

from dataclasses import dataclass

from nompcore.requests import PageRequest

PAGE_ROWS = 50

# The ledger's search is bounded: /api/v1 goes as far, and nobody turns 20,000 pages.
MAX_PAGES = 20_000


@dataclass(frozen=True, slots=True)
class Paging:
    """A page among those that `total` rows fill."""

    number: int
    total: int

    @property
    def pages(self) -> int:
        """How many there are, at least one."""
        return max(1, min(MAX_PAGES, -(-self.total // PAGE_ROWS)))

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 when there is none."""
        return min(offset_of(self.number) + 1, self.total)

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.number * PAGE_ROWS, self.total)

    @property
    def previous(self) -> int | None:
        """The page of newer rows."""
        return min(self.number - 1, self.pages) if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page of older rows."""
        return self.number + 1 if self.number < self.pages else None


def offset_of(number: int) -> int:
    """Rows before a page.

    >>> offset_of(1), offset_of(3)
    (0, 100)
    """
    return (number - 1) * PAGE_ROWS


def page_request(number: int) -> PageRequest:
    """What to ask payouts for a page."""
    return PageRequest(offset=offset_of(number), limit=PAGE_ROWS)
