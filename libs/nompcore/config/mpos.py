"""MPOS mode: how its section is read, in either spelling, and what the services get."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from pydantic import SecretStr

from nompcore.config.dialect import MPOS_MODE, Placed, payment_sections
from nompcore.config.document import Document
from nompcore.config.pool_file import PoolFile
from nompcore.config.problems import Findings, Loc, key_path
from nompcore.config.stores import MposSection


class LoginCheck(enum.Enum):
    """What of a miner's login has to be in MPOS's table of workers."""

    PASSWORD = "password"  # noqa: S105 - the worker's name and its password
    WORKER = "worker"  # its name
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MposConfig:
    """Where MPOS's database is, and how miners log in."""

    host: str
    port: int
    user: str
    password: SecretStr
    database: str
    login_check: LoginCheck
    auto_create_worker: bool  # an unknown worker of a known account is added


@dataclass(frozen=True, slots=True)
class MposCheck:
    """The enabled section of a pool under examination."""

    placed: Placed[MposSection]
    file: PoolFile
    document: Document
    findings: Findings

    def config(self) -> MposConfig:
        """The section's meaning; usable only if no problem was found."""
        section = self.placed.section
        for name, value in (("user", section.user), ("database", section.database)):
            if not value:
                self.findings.problem(self.document.at((*self.placed.loc, name), "required in MPOS mode"))
        login_check = self._login_check()
        self._warn_about_payments()
        self._warn_about_logins(login_check)
        return MposConfig(
            host=section.host,
            port=section.port,
            user=section.user,
            password=section.password,
            database=section.database,
            login_check=login_check,
            auto_create_worker=section.auto_create_worker and login_check is not LoginCheck.NONE,
        )

    def _login_check(self) -> LoginCheck:
        """`stratumAuth` if it is there; else `checkPassword`, which counts where names are checked at all:
        `mposMode` checks them with `validateWorkerUsername` or `autoCreateWorker` only."""
        section = self.placed.section
        if section.stratum_auth is not None:
            return LoginCheck(section.stratum_auth)
        checks_names = self.file.validate_worker_username or section.auto_create_worker
        if self.placed.loc == MPOS_MODE and not checks_names:
            return LoginCheck.NONE
        return LoginCheck.WORKER if section.check_password is False else LoginCheck.PASSWORD

    def _warn_about_payments(self) -> None:
        for paying in payment_sections(self.file):
            if paying.section.enabled:
                self._warn(paying.loc, f"not used: MPOS pays, as {key_path(self.placed.loc)} is enabled")

    def _warn_about_logins(self, login_check: LoginCheck) -> None:
        section = self.placed.section
        if login_check is not LoginCheck.NONE:
            return
        if section.auto_create_worker:
            self._warn((*self.placed.loc, "autoCreateWorker"), "not used: logins are not checked")
        elif section.stratum_auth is None:
            text = "logins are not checked: set validateWorkerUsername, or stratumAuth"
            self._warn(self.placed.loc, text)

    def _warn(self, loc: Loc, text: str) -> None:
        self.findings.warn(self.document.at(loc, text))
