"""What payouts makes of a daemon's word about a block."""

from __future__ import annotations

from typing import Any

from nompcore.daemon import Daemon
from services.payouts.rounds.chain_view import ChainView, InChain, Place, Replaced, Undecided
from tests.servers.scripted_daemon import Refusal, scripted_daemon

OURS, DAEMONS_NAME, COINBASE = "aa" * 32, "bb" * 32, "cc" * 32
HEIGHT = 7


async def place_of_ours(*, coinbase_txid: str, at_height: dict[str, Any], headers_ahead: int = 0) -> Place:
    """Where our block is for a daemon that knows it by no name, with this block at its height."""

    def header_of(params: list[object]) -> object:
        if params[0] != at_height["hash"]:
            raise Refusal(-5, "Block not found")
        return {"confirmations": at_height["confirmations"]}

    answers = {
        "getblockheader": header_of,
        "getblockchaininfo": lambda _: {"blocks": 20, "headers": 20 + headers_ahead},
        "getblockcount": lambda _: 20,
        "getblockhash": lambda _: at_height["hash"],
        "getblock": lambda _: {"tx": at_height["tx"]},
    }
    async with scripted_daemon(answers) as config, Daemon(config) as daemon:
        return await ChainView(daemon, 8).place_of(OURS, HEIGHT, coinbase_txid)


async def test_a_block_that_the_daemon_calls_otherwise_is_known_by_its_coinbase() -> None:
    theirs = {"hash": DAEMONS_NAME, "tx": [COINBASE, "dd" * 32], "confirmations": 14}

    assert await place_of_ours(coinbase_txid=COINBASE, at_height=theirs) == InChain(14)


async def test_another_block_with_six_on_it_has_replaced_ours() -> None:
    other = {"hash": DAEMONS_NAME, "tx": ["dd" * 32, COINBASE], "confirmations": 6}

    assert await place_of_ours(coinbase_txid=COINBASE, at_height=other) == Replaced(DAEMONS_NAME)
    assert await place_of_ours(coinbase_txid="", at_height=other) == Replaced(DAEMONS_NAME)


async def test_nothing_is_decided_while_the_other_is_shallow_or_the_daemon_not_in_sync() -> None:
    shallow = {"hash": DAEMONS_NAME, "tx": ["dd" * 32], "confirmations": 5}
    deep = {**shallow, "confirmations": 6}

    assert await place_of_ours(coinbase_txid=COINBASE, at_height=shallow) == Undecided()
    assert await place_of_ours(coinbase_txid=COINBASE, at_height=deep, headers_ahead=2) == Undecided()
