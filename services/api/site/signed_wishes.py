"""What a form of the miner's page asks for, and the pages on the way: sign this text, it is done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nompcore.config import MinerNoticesConfig
from nompcore.subscriptions import EVENTS, MAIL, TARGETS
from services.api.serving.problem import ProblemError
from services.api.subscribing.wants import Want
from services.api.views.subscription_models import ChallengeRequest


def channels_of(notices: MinerNoticesConfig) -> list[str]:
    """The channels that a miner can choose."""
    has_mail = bool(notices.mail.get_secret_value())
    return [channel for channel in TARGETS if has_mail or channel != MAIL]


def want_of(fields: Mapping[str, str]) -> Want:
    """The wish in the fields of a form. Raises a 422 problem for what is none."""
    try:
        return ChallengeRequest.model_validate({"want": _wish(fields)}).want.want()
    except ValidationError as error:
        places = ", ".join(str(detail["loc"][-1]) for detail in error.errors())
        raise ProblemError(422, "Please look again", f"Something is missing or wrong: {places}.") from error


def _wish(fields: Mapping[str, str]) -> dict[str, Any]:
    kind = fields.get("kind", "")
    if kind == "minimum-payment":
        return {"kind": kind, "coins": fields.get("coins", "").strip()}
    if kind == "unsubscribe-all":
        return {"kind": kind}
    return {
        "kind": kind,
        "channel": fields.get("channel", ""),
        "target": fields.get("target", "").strip(),
        "events": [event for event in EVENTS if event in fields],
        "offline_minutes": _number(fields.get("offline_minutes", "")),
        "drop_percent": _number(fields.get("drop_percent", "")),
    }


def _number(text: str) -> int | str:
    """The text itself where it is no number: the model says what is wrong with it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else text
