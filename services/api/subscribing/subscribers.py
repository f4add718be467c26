"""Changes of what one payout address is told. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from nompcore.subscriptions import CONFIRM_MS, MAX_SUBSCRIPTIONS, Subscriber, Subscription


def added(subscriber: Subscriber, new: Subscription) -> Subscriber | None:
    """With one more; None where there are as many as may be. The same place again replaces the earlier wish.

    It keeps its name, so that links in earlier messages still end it, and a mail box stays confirmed.
    """
    alive = [one for one in subscriber.subscriptions if not _is_forgotten(one, new.made_ms)]
    earlier = [one for one in alive if (one.channel, one.target) == (new.channel, new.target)]
    others = [one for one in alive if one not in earlier]
    if len(others) >= MAX_SUBSCRIPTIONS:
        return None
    return replace(subscriber, subscriptions=[*others, _as(earlier[0], new) if earlier else new])


def ended(subscriber: Subscriber, subscription_id: str) -> Subscriber:
    """Without one; unchanged where it is not there any more."""
    left = [one for one in subscriber.subscriptions if one.subscription_id != subscription_id]
    return replace(subscriber, subscriptions=left)


def confirmed(subscriber: Subscriber, subscription_id: str, now_ms: int) -> Subscriber | None:
    """With one confirmed; None where it is not there, or was not confirmed in time."""
    found = {one.subscription_id: one for one in subscriber.subscriptions}
    one = found.get(subscription_id)
    if one is None or _is_forgotten(one, now_ms):
        return None
    found[subscription_id] = one if one.is_active else replace(one, confirmed_ms=now_ms)
    return replace(subscriber, subscriptions=list(found.values()))


def _as(earlier: Subscription, new: Subscription) -> Subscription:
    """The new wish under the earlier name."""
    return replace(
        new,
        subscription_id=earlier.subscription_id,
        end_token=earlier.end_token,
        confirm_token=earlier.confirm_token,
        confirmed_ms=earlier.confirmed_ms,
    )


def _is_forgotten(one: Subscription, now_ms: int) -> bool:
    return not one.is_active and now_ms - one.made_ms > CONFIRM_MS
