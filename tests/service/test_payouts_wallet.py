"""Wallets that are too old, too poor or too wrong; answered from a table where no real one behaves so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nompcore.address import NetworkParams, encode_segwit
from nompcore.daemon import Daemon
from services.payouts.payments.transaction_check import Output, WrongOutputs, intended_outputs
from services.payouts.payments.wallet import Sending, Wallet
from services.payouts.payments.wallet_answers import (
    FundsMissing,
    PayeeRefused,
    PaymentTooLarge,
    PaymentUnsafe,
)
from tests.servers.scripted_daemon import Answers, Refusal, scripted_daemon
from tests.service.payouts_chain import POOL_WALLET, Chain

REGTEST = NetworkParams(pubkey_versions=(111,), script_versions=(196, 58), bech32_hrp="rltc")
PAYEE, CHANGE, THIEF = (encode_segwit("rltc", 0, bytes([letter]) * 20) for letter in b"pct")
FEE_CAP_SATS = 20_000


def outputs_to(address: str, sats: int) -> list[Output]:
    return intended_outputs({address: sats}, REGTEST)


INTENDED = outputs_to(PAYEE, 5_00000000)


def paying(address: str, coins: float) -> dict[str, Any]:
    """An output as decoderawtransaction shows it."""
    (output,) = outputs_to(address, 1)
    return {"value": coins, "scriptPubKey": {"hex": output.script_hex, "addresses": [address]}}


def refuse(code: int, text: str) -> Callable[[list[object]], object]:
    def answer(_params: list[object]) -> object:
        raise Refusal(code, text)

    return answer


class Script:
    """A wallet that does as it is asked; tests replace single answers. `unlocked`: coins told to be freed."""

    def __init__(self, **changes: Callable[[list[object]], object]) -> None:
        self.unlocked: list[object] = []
        self.vout = [paying(PAYEE, 5.0), paying(CHANGE, 1.0)]
        self.fund_options: list[Any] = []
        self.changes = changes

    @property
    def answers(self) -> Answers:
        return {
            "createrawtransaction": lambda _: "raw",
            "fundrawtransaction": self._fund,
            "signrawtransactionwithwallet": lambda _: {"hex": "signed", "complete": True},
            "decoderawtransaction": lambda _: {
                "txid": "f" * 64,
                "vin": [{"txid": "a" * 64, "vout": 0}, {"txid": "b" * 64, "vout": 1}],
                "vout": self.vout,
            },
            "getaddressinfo": lambda params: {"ismine": params[0] == CHANGE},
            "lockunspent": self._unlock,
            **self.changes,
        }

    def _unlock(self, params: list[object]) -> object:
        self.unlocked.append(params[1])
        return True

    def _fund(self, params: list[object]) -> object:
        self.fund_options.append(params[1])
        return {"hex": "funded", "fee": 0.0001, "changepos": 1}


async def sign(script: Script) -> Any:
    async with scripted_daemon(script.answers) as config, Daemon(config) as daemon:
        return await Wallet(daemon, 8).sign(INTENDED, FEE_CAP_SATS)


async def test_a_transaction_as_intended_is_signed_and_its_coins_stay_locked() -> None:
    script = Script()
    signed = await sign(script)
    assert (signed.transaction_hex, signed.txid, signed.fee_sats) == ("signed", "f" * 64, 10_000)
    assert script.fund_options == [{"lockUnspents": True, "changePosition": 1}]
    assert script.unlocked == []


@pytest.mark.parametrize(
    "vout",
    [
        [paying(PAYEE, 4.9), paying(CHANGE, 1.1)],
        [paying(THIEF, 5.0), paying(CHANGE, 1.0)],
        [paying(PAYEE, 5.0), paying(CHANGE, 0.5), paying(THIEF, 0.5)],
    ],
    ids=["another amount", "another address", "one output more"],
)
async def test_a_transaction_that_pays_anything_else_is_refused_and_its_coins_freed(vout: list[Any]) -> None:
    script = Script()
    script.vout = vout
    with pytest.raises(WrongOutputs):
        await sign(script)
    assert len(script.unlocked) == 2


async def test_change_to_somebody_else_is_refused() -> None:
    script = Script()
    script.vout = [paying(PAYEE, 5.0), paying(THIEF, 1.0)]
    with pytest.raises(PaymentUnsafe, match="change"):
        await sign(script)
    assert len(script.unlocked) == 2


async def test_a_fee_above_the_cap_is_refused() -> None:
    script = Script(fundrawtransaction=lambda _: {"hex": "funded", "fee": 0.00020001, "changepos": 1})
    with pytest.raises(PaymentUnsafe, match="fee of 20001"):
        await sign(script)
    assert len(script.unlocked) == 2


async def test_an_incomplete_signature_is_refused() -> None:
    script = Script(signrawtransactionwithwallet=lambda _: {"hex": "half", "complete": False})
    with pytest.raises(PaymentUnsafe, match="sign every input"):
        await sign(script)
    assert len(script.unlocked) == 2


async def test_coins_that_somebody_freed_before_are_no_fault() -> None:
    script = Script(lockunspent=refuse(-8, "Invalid parameter, expected locked output"))
    script.vout = [paying(THIEF, 5.0)]
    with pytest.raises(WrongOutputs):
        await sign(script)


async def test_a_transaction_heavier_than_nodes_relay_is_refused_and_its_coins_freed() -> None:
    script = Script()
    decode = script.answers["decoderawtransaction"]
    script.changes["decoderawtransaction"] = lambda params: {**as_object(decode(params)), "weight": 400_001}
    with pytest.raises(PaymentTooLarge, match="400001"):
        await sign(script)
    assert len(script.unlocked) == 2


async def test_asking_for_the_fee_locks_nothing_and_counts_the_signatures_to_come() -> None:
    script = Script()
    decode = script.answers["decoderawtransaction"]
    script.changes["fundrawtransaction"] = fund_if_asked
    script.changes["decoderawtransaction"] = lambda params: {**as_object(decode(params)), "weight": 399_200}
    async with scripted_daemon(script.answers) as config, Daemon(config) as daemon:
        wallet = Wallet(daemon, 8)
        with pytest.raises(PaymentTooLarge):
            await wallet.fee_sats(INTENDED, CHANGE)
        script.changes["decoderawtransaction"] = decode
    async with scripted_daemon(script.answers) as config, Daemon(config) as daemon:
        assert await Wallet(daemon, 8).fee_sats(INTENDED, CHANGE) == 10_000


def fund_if_asked(params: list[Any]) -> object:
    if not params:
        raise Refusal(-1, "fundrawtransaction explains itself")
    assert params[1] == {"changeAddress": CHANGE, "changePosition": 1, "lockUnspents": False}
    return {"hex": "funded", "fee": 0.0001, "changepos": 1}


def as_object(answer: object) -> dict[str, Any]:
    assert isinstance(answer, dict)
    return answer


async def test_missing_funds_and_refused_addresses_are_told_apart() -> None:
    with pytest.raises(FundsMissing):
        await sign(Script(fundrawtransaction=refuse(-4, "Insufficient funds")))
    with pytest.raises(PayeeRefused, match="Invalid address: x"):
        await sign(Script(createrawtransaction=refuse(-5, "Invalid address: x")))


async def test_daemons_from_before_0_17_sign_and_tell_ownership_in_their_way() -> None:
    unknown = refuse(-32601, "Method not found")
    script = Script(
        signrawtransactionwithwallet=unknown,
        signrawtransaction=lambda _: {"hex": "signed", "complete": True},
        getaddressinfo=unknown,
        validateaddress=lambda params: {"isvalid": True, "ismine": params[0] == CHANGE},
    )
    assert (await sign(script)).transaction_hex == "signed"


@pytest.mark.parametrize(
    ("code", "text", "verdict"),
    [
        (-27, "Transaction already in block chain", Sending.KNOWN),
        (-27, "Transaction outputs already in utxo set", Sending.KNOWN),
        (-26, "txn-already-in-mempool", Sending.KNOWN),
        (-26, "18: txn-already-known", Sending.KNOWN),
        (-25, "bad-txns-inputs-missingorspent", Sending.CONFLICT),
        (-25, "Missing inputs", Sending.CONFLICT),
        (-26, "txn-mempool-conflict", Sending.REFUSED),
        (-26, "min relay fee not met", Sending.REFUSED),
        (-26, "66: too-long-mempool-chain", Sending.REFUSED),
    ],
)
async def test_what_daemons_say_to_a_transaction_is_understood(
    code: int, text: str, verdict: Sending
) -> None:
    answers = {"sendrawtransaction": refuse(code, text)}
    async with scripted_daemon(answers) as config, Daemon(config) as daemon:
        sent = await Wallet(daemon, 8).send("00")
    assert sent.verdict is verdict
    assert text in sent.reason


async def test_a_real_wallet_without_a_fee_estimate_pays_a_multiple_of_the_relay_fee(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "litecoind", options=("-fallbackfee=0",))
    try:
        await chain.start()
        await chain.find_mature(1)
        (address,) = await chain.miner_addresses(1)
        async with chain.node.daemon(POOL_WALLET) as daemon:
            wallet = Wallet(daemon, 8)
            signed = await wallet.sign(outputs_to(address, 1_00000000), FEE_CAP_SATS)
            assert (await wallet.send(signed.transaction_hex)).verdict is Sending.KNOWN
            size = len(signed.transaction_hex) // 2
        # ten times 1,000 sats for 1,000 bytes; witnesses count a quarter
        assert size * 10 * 0.4 < signed.fee_sats <= size * 10
    finally:
        await chain.node.stop()
