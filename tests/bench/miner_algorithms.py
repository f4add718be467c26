"""What the miners that exist call the pool's algorithms, and the coins that have their parameters.

An algorithm may stand here twice: scrypt-n at two times, yespower with two texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stratum_work import NTIME

SUGARS_TEXT = "Satoshi Nakamoto 31/Oct/2008 Proof-of-work is essentially one-CPU-one-vote"
"""Sugarchain's personalization of yespower."""


@dataclass(frozen=True, slots=True)
class MinerAlgorithm:
    """An algorithm as a coin file names it, and what `-a` of a miner takes for it, with more options."""

    ours: str
    theirs: str
    options: tuple[str, ...] = ()
    coin: Mapping[str, Any] = field(default_factory=dict)
    miner: str = ""  # part of the version of the only miner that is meant

    @property
    def coin_file(self) -> dict[str, Any]:
        """A coin of nothing but the algorithm, on regtest."""
        versions = {"pubkeyVersions": [111], "scriptVersions": [196]}
        networks = {"main": versions, "regtest": versions}
        return {"name": "Bench", "symbol": "B", "algorithm": self.ours, "networks": networks, **self.coin}


def _same(*names: str) -> tuple[MinerAlgorithm, ...]:
    return tuple(MinerAlgorithm(name, name) for name in names)


def _jane(factor: int) -> MinerAlgorithm:
    """Yacoin's algorithm while its N factor was this one."""
    return MinerAlgorithm("scrypt-jane", f"scrypt-jane:{factor}", coin={"nMin": factor, "nMax": factor})


def _yespower(name: str, *options: str) -> MinerAlgorithm:
    return MinerAlgorithm(name, "yespower", options)


ALGORITHMS = (
    MinerAlgorithm("sha256", "sha256d"),
    *_same("scrypt"),
    MinerAlgorithm("scrypt-og", "scrypt:64"),
    MinerAlgorithm("scrypt-n", "scrypt:2048", coin={"timeTable": {"2048": 0, "4096": NTIME * 2}}),
    MinerAlgorithm("scrypt-n", "scrypt:8192", coin={"timeTable": {"8192": 0, "16384": NTIME * 2}}),
    _jane(4),
    _jane(9),
    *_same("x11", "x13", "x15", "x16r", "x16rv2", "c11", "nist5", "quark", "qubit", "keccak"),
    MinerAlgorithm("blake", "blakecoin", coin={"coinbaseHash": "sha256"}),
    MinerAlgorithm("blake", "vanilla"),
    *_same("skein"),
    MinerAlgorithm("groestl", "groestl", miner="cpuminer-multi"),
    MinerAlgorithm("groestl", "groestl", ("-f", "256"), miner="cpuminer-opt"),
    MinerAlgorithm("groestl", "dmd-gr", ("-f", "256"), {"normalHashing": True}, miner="cpuminer-opt"),
    MinerAlgorithm("groestl", "dmd-gr", (), {"normalHashing": True}, miner="cpuminer-multi"),
    MinerAlgorithm("groestlmyriad", "myr-gr"),
    *_same("shavite3", "heavy", "blake2s", "lyra2re", "lyra2rev2", "lyra2rev3", "neoscrypt", "yescrypt"),
    MinerAlgorithm("lyra2rev3", "lyra2v3"),
    *(MinerAlgorithm(f"yescryptR{r}", f"yescryptr{r}") for r in (8, 16, 32)),
    *_same("yespower"),
    _yespower("yespowerSUGAR", "-N", "2048", "-R", "32", "-K", SUGARS_TEXT),
    _yespower("yespowerTIDE", "-N", "2048", "-R", "8"),
    MinerAlgorithm("yespowerR16", "yespowerr16"),
)
