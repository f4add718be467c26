"""The command line, and what it means: the chain to simulate and the password to ask for."""

from __future__ import annotations

import argparse
import os
import secrets
from dataclasses import replace
from pathlib import Path

import json5

from nompcore.address import NetworkParams
from nompcore.coin import parse_coin
from nompcore.encoding import hex_to_bytes
from nompcore.target import target_from_nbits
from simcoind.family_options import add_family_options, payees, wire_form
from simcoind.money import COIN
from simcoind.parameters import REGTEST_HALVING_INTERVAL, REGTEST_NBITS, ChainParameters

COOKIE_USER = "__cookie__"


def parse_options(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="simcoind", description="A simulated coin daemon for tests.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="RPC port; 0 takes a free one")
    parser.add_argument("--rpcuser", default="user")
    parser.add_argument("--rpcpassword", help="visible to all users of the machine; better the file:")
    parser.add_argument("--rpcpassword-file", type=Path, help="without either, a .cookie goes to --datadir")
    parser.add_argument(
        "--datadir", type=Path, help="keep the chain and the wallets here; without it in memory"
    )
    parser.add_argument("--coin", type=Path, default=Path("coins/litecoin.json"), help="coin file")
    parser.add_argument("--network", choices=("main", "test", "regtest"), default="regtest")
    parser.add_argument("--nbits", default=f"{REGTEST_NBITS:08x}", help="difficulty of the first blocks")
    parser.add_argument("--maturity", type=int, help="blocks before a coinbase can be spent; else the coin's")
    parser.add_argument("--subsidy", type=int, default=50, help="new coins in a block")
    parser.add_argument("--halving", type=int, default=REGTEST_HALVING_INTERVAL, help="blocks; 0 for never")
    parser.add_argument("--maxtipage", type=int, help="seconds; with an older tip there are no templates")
    add_family_options(parser)
    notify_help = "run for each new tip, %%s is its hash"
    parser.add_argument("--blocknotify", metavar="COMMAND", default="", help=notify_help)
    options = parser.parse_args(arguments)
    if options.rpcpassword is None and options.rpcpassword_file is None and options.datadir is None:
        parser.error("--rpcpassword, --rpcpassword-file or --datadir is needed")
    return options


def build_parameters(options: argparse.Namespace) -> ChainParameters:
    """The chain that the options ask for. Raises NompError, OSError or ValueError for what cannot be."""
    coin = parse_coin(options.coin.name, json5.loads(options.coin.read_text()))
    if options.network not in coin.networks:
        raise ValueError(f"{options.coin} has no network {options.network}")
    nbits = int.from_bytes(hex_to_bytes(options.nbits, 4), "big")
    target_from_nbits(nbits)
    return ChainParameters(
        coin_name=coin.name,
        chain_name=options.network,
        network=_network(coin.networks[options.network], is_old=options.old_daemon),
        pow_hash=coin.pow_hash,
        gbt_rules=() if options.old_daemon else coin.gbt_rules,
        block_hash_is_pow=coin.block_id_is_pow,
        nbits=nbits,
        maturity=coin.confirmations if options.maturity is None else options.maturity,
        subsidy_sats=options.subsidy * COIN,
        halving_interval=options.halving,
        form=wire_form(options, coin),
        payees=payees(options, coin),
        superblock_interval=options.superblocks,
        is_old=options.old_daemon,
    )


def _network(network: NetworkParams, *, is_old: bool) -> NetworkParams:
    """The addresses that a daemon knows: an old one none of segregated witness."""
    return replace(network, bech32_hrp=None) if is_old else network


def credentials(options: argparse.Namespace) -> tuple[str, str]:
    """User and password that clients must give; a cookie is made where none are set. Raises OSError."""
    if options.rpcpassword is not None:
        return options.rpcuser, options.rpcpassword
    if options.rpcpassword_file is not None:
        return options.rpcuser, options.rpcpassword_file.read_text().strip()
    password = secrets.token_hex(32)
    write_cookie(options.datadir / ".cookie", password)
    return COOKIE_USER, password


def write_cookie(path: Path, password: str) -> None:
    """Leave user and password where local programs look for them, readable by the owner only."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{COOKIE_USER}:{password}")
