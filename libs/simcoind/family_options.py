"""The options that choose the chain's family: what its blocks are like, and how its daemon answers."""

from __future__ import annotations

import argparse

from nompcore.coin import Coin
from simcoind.parameters import SUPERBLOCK_INTERVAL
from simcoind.payees import total_percent
from simcoind.wire_form import WireForm


def add_family_options(parser: argparse.ArgumentParser) -> None:
    """What the coin file says holds anyway; these add to it."""
    family = parser.add_argument_group("family", "beside what the coin file says")
    flags = {
        "--stake": "proof of stake beside proof of work: times, block signatures, coinbases that pay keys",
        "--comments": "transactions of version 2 end with a comment",
        "--coinbase-once": "the coinbase's id is its single SHA-256",
        "--special-coinbase": "coinbases carry a payload, as Dash's do",
        "--mweb": "blocks end with an extension block, as Litecoin's do",
        "--old-daemon": "answer as daemons did before 2014, without segregated witness",
    }
    for flag, text in flags.items():
        family.add_argument(flag, action="store_true", help=text)
    payees_help = "comma separated: dash, olddash, ecash, or fields of the template such as founder"
    family.add_argument("--payees", default="", help=payees_help)
    interval_help = "blocks from one superblock of dash to the next"
    family.add_argument("--superblocks", type=int, default=SUPERBLOCK_INTERVAL, help=interval_help)


def wire_form(options: argparse.Namespace, coin: Coin) -> WireForm:
    """How the chain's transactions and blocks are written. ValueError for what no coin is."""
    form = WireForm(
        has_time=options.stake or coin.reward == "POS",
        has_comments=options.comments or coin.tx_messages,
        has_payloads=options.special_coinbase,
        has_extension=options.mweb,
        hashes_coinbase_once=options.coinbase_once or coin.hashes_coinbase_once,
    )
    if form.has_extension and (form.has_time or options.old_daemon or "segwit" not in coin.gbt_rules):
        raise ValueError("--mweb needs segregated witness and no proof of stake")
    if form.has_payloads and form.has_comments:
        raise ValueError("a coinbase ends with a comment or with a payload, not with both")
    return form


def payees(options: argparse.Namespace, coin: Coin) -> tuple[str, ...]:
    """Whom coinbases pay, each once. ValueError when that is more than the subsidy."""
    named = [name.strip() for name in options.payees.split(",") if name.strip()]
    distinct = tuple(dict.fromkeys([*named, *coin.payees]))
    if options.superblocks < 1:
        raise ValueError("--superblocks must be 1 or more")
    if total_percent(distinct) >= 100:
        raise ValueError(f"these payees leave nothing for the miner: {', '.join(distinct)}")
    return distinct
