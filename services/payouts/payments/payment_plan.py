"""What would be paid now, to whom and at what fee; and if nothing, why. Changes nothing anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from nompcore.address import NetworkParams, script_for
from services.payouts.auditing import audit
from services.payouts.auditing.audit import Standing
from services.payouts.ledger import accounts
from services.payouts.ledger.ledger import Ledger
from services.payouts.payments.bisection import find_refused
from services.payouts.payments.forgotten_payments import ForgottenPayments
from services.payouts.payments.payable_addresses import payable_addresses
from services.payouts.payments.payees import Due, LeftOut, Payee, Rules, Terms, choose
from services.payouts.payments.standing_reader import StandingReader
from services.payouts.payments.transaction_check import Output, intended_outputs
from services.payouts.payments.wallet import Wallet
from services.payouts.payments.wallet_answers import FundsMissing, PayeeRefused, PaymentTooLarge

MAX_UNCONFIRMED: Final = 10
"""Payments under way at once: each may spend the change of the one before, and nodes stop at 25 in a row."""


BEYOND_DOUBT_SATS: Final = 1_000_000
"""An amount that no node calls dust, whatever its owner has set."""


class Stopped(Exception):  # noqa: N818 - a state of payments, not a fault
    """No payment can be made now; the text says why, to the operator."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The next payment; `payees` is empty where nobody is due."""

    payees: list[Payee]
    fee_sats: int
    left_out: list[LeftOut]
    unpayable: list[str]  # of those, addresses that nothing can ever be sent to
    refused: dict[str, str]  # address → the wallet's words; of those, what it refused just now


class Planner:
    """One pool's plans. `reserve_sats` always stays in the wallet, `address` is one of the wallet's."""

    def __init__(
        self, ledger: Ledger, wallet: Wallet, *, pool: str, address: str, network: NetworkParams,
        rules: Rules, reserve_sats: int,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._wallet = wallet
        self._pool = pool
        self._address = address
        self._network = network
        self._payable = payable_addresses(network)
        self._rules = rules
        self._reserve_sats = reserve_sats
        self._forgotten = ForgottenPayments(ledger, wallet, pool=pool)
        self._reader = StandingReader(ledger, wallet, pool=pool)

    async def standing(self) -> Standing:
        """The pool's money now. Raises Stopped where the wallet is not the pool's."""
        if not await self._wallet.owns(self._address):
            raise Stopped(f"the payment daemon's wallet does not own {self._address}")
        return await self._reader.read()

    async def plan(self, standing: Standing) -> Plan:
        """Raises Stopped where somebody is due and cannot be paid now."""
        terms = await self._terms()
        refused: dict[str, str] = {}
        while True:
            known = {**terms.quarantined, **refused}
            due = await self._choose(standing, replace(terms, quarantined=known))
            fee_sats = 0
            if due.payees:
                outputs = await asyncio.to_thread(self._outputs, due.payees)
                try:
                    fee_sats = await self._wallet.fee_sats(outputs, self._address)
                except PayeeRefused as reason:
                    refused |= await self._find_refused(outputs, str(reason))
                    continue
                except PaymentTooLarge as reason:
                    terms = replace(terms, weight_limit=self._half(terms, due, reason))
                    continue
                except FundsMissing as reason:
                    raise self._not_funded(due, reason) from reason
                self._require_funds(standing, due, fee_sats)
                await self._require_unpaid(due)
            return Plan(due.payees, fee_sats, due.left_out, due.unpayable, refused)

    # ---- the terms ----

    async def _terms(self) -> Terms:
        quarantined = await asyncio.to_thread(self._ledger.payees.quarantined, self._pool)
        relay_fee_sats = await self._wallet.relay_fee_sats()
        return Terms(
            minimums_sats=await asyncio.to_thread(self._ledger.payees.minimums, self._pool),
            quarantined={payee.address: payee.reason for payee in quarantined},
            dust_sats=lambda address: self._payable.size_of_payable(address).dust_sats(relay_fee_sats),
            weight=lambda address: self._payable.size_of_payable(address).weight,
        )

    async def _choose(self, standing: Standing, terms: Terms) -> Due:
        """In a thread: with very many balances it takes a second, and the lease has to be renewed."""
        return await asyncio.to_thread(
            choose, standing.balances, self._rules, self._payable.is_payable, terms
        )

    def _outputs(self, payees: Sequence[Payee]) -> list[Output]:
        amounts: dict[str, int] = {}
        for payee in payees:
            amounts[payee.address] = amounts.get(payee.address, 0) + payee.amount_sats
        return intended_outputs(amounts, self._network)

    # ---- what the wallet refuses ----

    async def _find_refused(self, outputs: Sequence[Output], reason: str) -> dict[str, str]:
        """Who makes the wallet refuse the payment. Raises Stopped where no payee is to blame."""
        own = [self._own_output(max(output.sats for output in outputs))]
        await self._require_taken(own)
        search = find_refused(outputs)
        part = next(search)
        while True:
            try:
                part = search.send(await self._ask(part))
            except StopIteration as stop:
                found: dict[Output, str] = stop.value
                break
        await self._require_taken(own)  # it may have begun to refuse everything while it was asked
        if not found:
            raise Stopped(f"the wallet refuses a payment as a whole, but no part of it: {reason}")
        return {output.address: words for output, words in found.items()}

    async def _require_taken(self, own: Sequence[Output]) -> None:
        if (words := await self._ask(own)) is not None:
            raise Stopped(f"the wallet refuses every payment, one to itself too: {words}")

    async def _ask(self, outputs: Sequence[Output]) -> str | None:
        """The wallet's words if it refuses these outputs because of what they are."""
        try:
            await self._wallet.fee_sats(outputs, self._address)
        except PayeeRefused as reason:
            return str(reason)
        except PaymentTooLarge:
            return None
        except FundsMissing as reason:
            raise Stopped(f"a part of the payment cannot be funded: {reason}") from reason
        return None

    def _own_output(self, sats: int) -> Output:
        """A payment that nobody can object to, to the pool itself."""
        script_hex = script_for(self._address, self._network).hex()
        return Output(script_hex, max(sats, BEYOND_DOUBT_SATS), self._address)

    def _half(self, terms: Terms, due: Due, reason: PaymentTooLarge) -> int:
        """The weight limit of half as many outputs. Raises Stopped where a single one is too many."""
        if len(due.payees) == 1:
            raise Stopped(
                f"{due.payees[0].amount_sats} to {due.payees[0].address} need more coins than one "
                f"transaction takes, join coins of the wallet: {reason}"
            )
        return sum(terms.weight(payee.address) for payee in due.payees) // 2

    # ---- whether it can be afforded ----

    def _require_funds(self, standing: Standing, due: Due, fee_sats: int) -> None:
        """What stays in the wallet must cover the reserve, and all that is owed to those not paid now."""
        total_sats = sum(payee.amount_sats for payee in due.payees)
        to_miners_sats = sum(payee.amount_sats for payee in due.payees if payee.account != accounts.FEE)
        left_sats = standing.wallet_sats - total_sats - fee_sats
        needed_sats = max(self._reserve_sats, standing.owed_sats - to_miners_sats)
        if left_sats < needed_sats:
            raise Stopped(
                f"paying {total_sats} leaves {left_sats} in the wallet, which has to keep {needed_sats}"
            )

    async def _require_unpaid(self, due: Due) -> None:
        """Raises Stopped where the wallet paid somebody who is due without the ledger's knowledge."""
        if forgotten := await self._forgotten.to({payee.address for payee in due.payees}):
            address, txid = next(iter(forgotten.items()))
            raise Stopped(
                f"the wallet paid {address} and {len(forgotten) - 1} more of those who are due in {txid}, of "
                "which the ledger knows nothing: is it an old backup?"
            )

    def _not_funded(self, due: Due, reason: FundsMissing) -> Stopped:
        total_sats = sum(payee.amount_sats for payee in due.payees)
        return Stopped(f"a payment of {total_sats} cannot be funded: {reason}")


def require_sound(standing: Standing) -> None:
    """Raises Stopped unless the books and the wallet hold."""
    if problems := audit.problems(standing):
        raise Stopped("; ".join(problems))
