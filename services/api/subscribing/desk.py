"""What miners ask for: the text to sign, and what is done when it comes back with a genuine signature."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from nompcore.amounts import coins_from_sats, sats_from_coins
from nompcore.config import PoolConfig
from nompcore.errors import EncodingError
from nompcore.requests import MinerTerms
from nompcore.signed_message import Verdict, check_signature
from nompcore.subjects import MINER_TERMS, USED_CHALLENGES, subscriber_key
from nompcore.subscriptions import MAIL, MAX_SUBSCRIPTIONS, Subscriber, Subscription
from services.api.serving.problem import ProblemError, unknown_miner
from services.api.state.metrics import SIGNED_REQUESTS
from services.api.state.portal import Portal
from services.api.subscribing.challenge import (
    NONCE_BYTES,
    Challenge,
    NotTaken,
    challenge_text,
    read_challenge,
)
from services.api.subscribing.links import Named, Purpose, read_token, token_of
from services.api.subscribing.secret_key import SecretKey
from services.api.subscribing.subscriber_store import SubscriberStore
from services.api.subscribing.subscribers import added, confirmed, ended
from services.api.subscribing.wants import MinimumPayment, Subscribe, Want

MAX_SATS = 2**62


def not_possible(detail: str) -> ProblemError:
    """409: what is asked for cannot be done here and now."""
    return ProblemError(409, "not possible", detail)


def not_proved(detail: str) -> ProblemError:
    """403: nothing shows that the address is the asker's."""
    SIGNED_REQUESTS.labels("refused").inc()
    return ProblemError(403, "signature refused", detail)


class SubscriptionDesk:
    """One portal's. Methods raise what refuses, and BusUnavailable while NATS or payouts does not answer."""

    def __init__(self, portal: Portal, nonce: Callable[[int], str] = secrets.token_hex) -> None:
        self._portal = portal
        self._notices = portal.config.miner_notices
        self._nonce = nonce
        self._key = SecretKey(portal.bus)
        self._store = SubscriberStore(portal.bus)
        self._used = portal.bus.bucket(USED_CHALLENGES)

    async def ask(self, pool: str, address: str, want: Want) -> tuple[str, int]:
        """The text to sign, and until when it is valid (Unix ms). Only miners of the pool are asked."""
        config = self._portal.pool(pool)
        self._require_possible(config, want)
        if not (await self._portal.details.miner(pool, address)).known:
            raise unknown_miner()
        url = urlsplit(self._notices.public_url)
        name = url.netloc or self._portal.config.website.stratum_host
        now_ms = self._portal.now_ms() // 1000 * 1000
        challenge = Challenge(name, pool, address, want, now_ms, self._nonce(NONCE_BYTES))
        return challenge_text(challenge, await self._key.get()), challenge.ends_ms

    async def take(self, pool: str, address: str, text: str, signature: str) -> str:
        """Do what a signed text asks for; what was done, in words. Each text is taken once."""
        config = self._portal.pool(pool)
        challenge = read_challenge(text.strip(), await self._key.get(), self._portal.now_ms())
        if isinstance(challenge, NotTaken):
            raise not_proved(challenge.value)
        if (challenge.pool, challenge.address) != (pool, address):
            raise not_proved(NotTaken.FOREIGN.value)
        network, magic = config.coin.networks[config.network], config.coin.message_magic
        verdict = check_signature(address, text.strip(), signature, network, magic)
        if verdict is not Verdict.GENUINE:
            raise not_proved(verdict.value)
        self._require_possible(config, challenge.want)
        if await self._used.create(challenge.nonce, b"1") is None:
            raise not_possible("this signature was used before; ask for a new text")
        done = await self._carry_out(config, challenge)
        SIGNED_REQUESTS.labels("taken").inc()
        return done

    async def end(self, token: str) -> bool:
        """End the subscription of a link; False for a link that is none of ours. Again is no error."""
        named = read_token(Purpose.END, token, await self._key.get())
        if named is None:
            return False
        await self._store.change(named.key, lambda subscriber: ended(subscriber, named.subscription_id))
        return True

    async def confirm(self, token: str) -> bool:
        """Begin to mail to whom the link was mailed; False where that is not asked for (any more)."""
        named = read_token(Purpose.CONFIRM, token, await self._key.get())
        if named is None:
            return False
        now_ms = self._portal.now_ms()
        after = await self._store.change(named.key, lambda s: confirmed(s, named.subscription_id, now_ms))
        return after is not None

    def _require_possible(self, config: PoolConfig, want: Want) -> None:
        if isinstance(want, MinimumPayment):
            _minimum_sats(config, want)
        elif isinstance(want, Subscribe):
            if not self._notices.enabled:
                raise not_possible("this pool does not tell miners of events")
            if want.channel == MAIL and not self._notices.mail.get_secret_value():
                raise not_possible("this pool sends no mail")
            if want.problem:
                raise not_possible(want.problem)

    async def _carry_out(self, config: PoolConfig, challenge: Challenge) -> str:
        want = challenge.want
        if isinstance(want, MinimumPayment):
            return await self._set_minimum(config, challenge.address, want)
        if isinstance(want, Subscribe):
            return await self._subscribe(challenge, want)
        await self._store.end_all(challenge.pool, challenge.address)
        return "nothing is told of this address any more"

    async def _set_minimum(self, config: PoolConfig, address: str, want: MinimumPayment) -> str:
        terms = MinerTerms(address=address, minimum_sats=_minimum_sats(config, want))
        reply = await self._portal.bus.request(MINER_TERMS, terms, pool=config.name)
        coins = coins_from_sats(reply.minimum_sats, config.coin.decimals)
        return f"this address is paid from {coins} {config.coin.symbol.upper()} on"

    async def _subscribe(self, challenge: Challenge, want: Subscribe) -> str:
        key = subscriber_key(challenge.pool, challenge.address)
        new = await self._subscription(key, challenge, want)
        nobody = Subscriber(pool=challenge.pool, address=challenge.address)
        after = await self._store.change(key, lambda subscriber: added(subscriber, new), nobody)
        if after is None:
            raise not_possible(f"an address has {MAX_SUBSCRIPTIONS} subscriptions at most; end one first")
        if after.subscriptions[-1].is_active:
            return f"subscribed: {', '.join(want.events)}"
        return "a mail with a link is on its way; nothing else is sent before somebody follows it"

    async def _subscription(self, key: str, challenge: Challenge, want: Subscribe) -> Subscription:
        secret = await self._key.get()
        named = Named(key, challenge.nonce[:16])
        return Subscription(
            subscription_id=named.subscription_id, channel=want.channel, target=want.target,
            events=list(want.events), offline_minutes=want.offline_minutes, drop_percent=want.drop_percent,
            made_ms=self._portal.now_ms(), end_token=token_of(Purpose.END, named, secret),
            confirm_token=token_of(Purpose.CONFIRM, named, secret) if want.channel == MAIL else "",
        )  # fmt: skip


def _minimum_sats(config: PoolConfig, want: MinimumPayment) -> int:
    """The amount. Raises a 409 problem where the pool does not pay, or from less on."""
    if config.payments is None:
        raise not_possible("this pool does not pay")
    try:
        sats = sats_from_coins(want.coins, config.coin.decimals)
    except EncodingError as error:
        raise not_possible(str(error)) from error
    lowest = config.payments.minimum_payment_sats
    if sats and not lowest <= sats <= MAX_SATS:
        raise not_possible(f"the pool pays from {coins_from_sats(lowest, config.coin.decimals)} on")
    return sats
