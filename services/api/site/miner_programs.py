"""Command lines of mining programs. A program is offered only for algorithms and ports it can mine.

XMRig and its kin speak another protocol and mine none of these algorithms: they are never offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What cpuminer-opt calls an algorithm (`-a`); others it does not mine, or only with parameters of a coin.
CPUMINER_OPT: Mapping[str, str] = {
    "sha256": "sha256d",
    "scrypt": "scrypt",
    "x11": "x11",
    "x13": "x13",
    "x15": "x15",
    "x16r": "x16r",
    "x16rv2": "x16rv2",
    "c11": "c11",
    "nist5": "nist5",
    "quark": "quark",
    "qubit": "qubit",
    "keccak": "keccak",
    "blake": "blakecoin",
    "blake2s": "blake2s",
    "skein": "skein",
    "groestl": "groestl -f 256",  # its difficulty 1 is 256 times that of all others
    "groestlmyriad": "myr-gr",
    "lyra2re": "lyra2re",
    "lyra2rev2": "lyra2rev2",
    "lyra2rev3": "lyra2rev3",
    "neoscrypt": "neoscrypt",
    "yescrypt": "yescrypt",
    "yescryptR8": "yescryptr8",
    "yescryptR16": "yescryptr16",
    "yescryptR32": "yescryptr32",
    "yespower": "yespower",
    "yespowerR16": "yespowerr16",
}

# Algorithms that machines made for them mine; their settings are a URL, a user and a password.
ASIC = frozenset({"sha256", "scrypt", "x11", "quark", "qubit", "skein", "groestlmyriad", "blake"})

PLAIN, TLS, TLS_OF_CPUMINER = "stratum+tcp", "stratum+ssl", "stratum+tcps"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line around the user name, which the reader fills in."""

    program: str
    before: str
    after: str


def commands(algorithm: str, host: str, port: int, *, tls: bool) -> list[Command]:
    """The programs that mine `algorithm` at a port. Those that know no TLS are left out of its ports.

    >>> [command.program for command in commands("sha256", "h", 1, tls=False)]
    ['cpuminer-opt', 'cgminer', 'bfgminer']
    >>> commands("scrypt", "h", 1, tls=True)[0].before
    'cpuminer -a scrypt -o stratum+tcps://h:1 -u '
    """
    offered = []
    if algorithm in CPUMINER_OPT:
        scheme = TLS_OF_CPUMINER if tls else PLAIN
        before = f"cpuminer -a {CPUMINER_OPT[algorithm]} -o {scheme}://{host}:{port} -u "
        offered.append(Command("cpuminer-opt", before, " -p x"))
    if algorithm == "sha256" and not tls:
        offered.append(Command("cgminer", f"cgminer -o {PLAIN}://{host}:{port} -u ", " -p x"))
    if algorithm in ("sha256", "scrypt") and not tls:
        option = "--scrypt " if algorithm == "scrypt" else ""
        offered.append(
            Command("bfgminer", f"bfgminer {option}-S all -o {PLAIN}://{host}:{port} -u ", " -p x")
        )
    return offered
