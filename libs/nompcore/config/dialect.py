"""The two spellings of NOMP's files: the seed's (`shareProcessing`, `proxy`) and the later one
(`paymentProcessing`, `mposMode`, `switching`). A file may use either for each thing, not both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from nompcore.config.payments import PaymentSection
from nompcore.config.pool_file import PoolFile
from nompcore.config.portal_file import PortalFile
from nompcore.config.problems import Loc, key_path
from nompcore.config.section import Section
from nompcore.config.stores import MposSection

S = TypeVar("S", bound=Section)

MPOS_MODE: Loc = ("mposMode",)


@dataclass(frozen=True, slots=True)
class Placed(Generic[S]):
    """A section and where the file has it."""

    loc: Loc
    section: S


def payment_sections(file: PoolFile) -> list[Placed[PaymentSection]]:
    """The payment section in each spelling the file uses."""
    seed = file.share_processing.internal if file.share_processing else None
    return _given((("shareProcessing", "internal"), seed), (("paymentProcessing",), file.payment_processing))


def mpos_sections(file: PoolFile) -> list[Placed[MposSection]]:
    """The MPOS section in each spelling the file uses."""
    seed = file.share_processing.mpos if file.share_processing else None
    return _given((("shareProcessing", "mpos"), seed), (MPOS_MODE, file.mpos_mode))


def worker_address_checks(file: PoolFile) -> list[tuple[Loc, bool]]:
    """Whether miners' addresses are checked, in each spelling the file uses."""
    checks: list[tuple[Loc, bool]] = [
        ((*placed.loc, "validateWorkerAddress"), placed.section.validate_worker_address)
        for placed in payment_sections(file)
        if placed.section.validate_worker_address is not None
    ]
    if file.validate_worker_username is not None:
        checks.append((("validateWorkerUsername",), file.validate_worker_username))
    return checks


def doubled_in_pool(file: PoolFile) -> Iterator[tuple[Loc, str]]:
    """Each key of a pool file that repeats an earlier one in the other spelling, and what to say."""
    yield from _doubled([placed.loc for placed in payment_sections(file)])
    yield from _doubled([placed.loc for placed in mpos_sections(file)])
    yield from _doubled([loc for loc, _ in worker_address_checks(file)])
    for placed in mpos_sections(file):
        if placed.section.stratum_auth is not None and placed.section.check_password is not None:
            yield from _doubled([(*placed.loc, "stratumAuth"), (*placed.loc, "checkPassword")])


def doubled_in_portal(file: PortalFile) -> Iterator[tuple[Loc, str]]:
    """The same for config.json."""
    if file.proxy and file.switching:
        yield from _doubled([("proxy",), ("switching",)])


def _given(*candidates: tuple[Loc, S | None]) -> list[Placed[S]]:
    return [Placed(loc, section) for loc, section in candidates if section is not None]


def _doubled(locs: list[Loc]) -> Iterator[tuple[Loc, str]]:
    for later in locs[1:]:
        yield later, f"is another spelling of {key_path(locs[0])}; give only one of them"
