"""What miners have done by a signature of their payout address: there are no accounts."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.serving.problem import too_many_requests
from services.api.state.metrics import RATE_LIMITED
from services.api.subscribing.desk import SubscriptionDesk
from services.api.subscribing.pace import Pace
from services.api.v1.miners import MINER_PATH
from services.api.v1.parameters import Address, PoolName
from services.api.v1.responses import NOT_FOUND, UNAVAILABLE, Responses
from services.api.views.models import ProblemDocument
from services.api.views.subscription_models import ChallengeRequest, ChallengeText, Done, SignedText

CREATED = 201

REFUSALS: Responses = {
    status: {"model": ProblemDocument, "description": description}
    for status, description in (
        (400, "What was sent is not even text"),
        (403, "The signature proves nothing, or the text is too old or not ours"),
        (409, "Not possible: the detail says why"),
        (413, "More was sent than anybody needs"),
    )
}
ANSWERS: Responses = NOT_FOUND | UNAVAILABLE | REFUSALS


def add_subscription_routes(router: APIRouter, desk: SubscriptionDesk, pace: Pace) -> None:
    """`…/challenges` and `…/subscriptions` of a miner."""

    @router.post(
        f"{MINER_PATH}/challenges",
        summary="A text to sign",
        responses=ANSWERS,
        response_model=ChallengeText,
    )
    async def challenges(
        request: Request, pool: PoolName, address: Address, asked: ChallengeRequest
    ) -> ChallengeText | Response:
        """The text that the owner of a payout address signs with its wallet to have something done."""
        if wait_seconds := pace.wait_seconds(request):
            return slowed(wait_seconds)
        text, expires_ms = await desk.ask(pool, address, asked.want.want())
        return ChallengeText(text=text, expires_ms=expires_ms)

    @router.post(
        f"{MINER_PATH}/subscriptions",
        summary="Have it done",
        responses=ANSWERS,
        response_model=Done,
        status_code=CREATED,
    )
    async def subscriptions(
        request: Request, pool: PoolName, address: Address, signed: SignedText
    ) -> Done | Response:
        """Takes a signed text, once, and does what it asks for: a subscription, or a minimum payment."""
        if wait_seconds := pace.wait_seconds(request):
            return slowed(wait_seconds)
        return Done(done=await desk.take(pool, address, signed.text, signed.signature))


def slowed(wait_seconds: int) -> Response:
    """The answer to who asks too often (counted)."""
    RATE_LIMITED.inc()
    return too_many_requests(wait_seconds)
