"""The ways out, and what became of a letter."""

from __future__ import annotations

import ipaddress
from enum import Enum

from nompcore.config import MinerNoticesConfig
from nompcore.subscriptions import MAIL
from services.notifier.subscribers.channel_requests import Letter, request_of
from services.notifier.subscribers.miner_mail import MinerMail
from services.notifier.subscribers.public_poster import PublicPoster

TOO_MANY_REQUESTS, REQUEST_TIMEOUT = 429, 408


class Outcome(Enum):
    """Of one try; the value is a metric's label."""

    TAKEN = "taken"
    LATER = "later"  # worth another try
    REFUSED = "refused"  # a repetition will not change it


class Outlets:
    """Sends letters. Nothing that a target says of its owner is logged."""

    def __init__(self, notices: MinerNoticesConfig) -> None:
        networks = [ipaddress.ip_network(network) for network in notices.networks]
        self._poster = PublicPoster(networks)
        self._mail = MinerMail(notices.mail) if notices.mail.get_secret_value() else None

    async def send(self, letter: Letter) -> Outcome:
        """Try once."""
        one = letter.subscription
        if one.channel != MAIL:
            return outcome_of(await self._poster.post(*request_of(letter)))
        if self._mail is None:
            return Outcome.REFUSED  # the operator has turned mail off since
        taken = await self._mail.send(one.target, letter.title, letter.text)
        return Outcome.TAKEN if taken else Outcome.LATER

    async def aclose(self) -> None:
        """End what is under way."""
        await self._poster.aclose()
        if self._mail is not None:
            self._mail.close()


def outcome_of(status: int | None) -> Outcome:
    """What an answer's status means."""
    if status is None or status >= 500 or status in (REQUEST_TIMEOUT, TOO_MANY_REQUESTS):
        return Outcome.LATER
    return Outcome.TAKEN if 200 <= status < 300 else Outcome.REFUSED
