"""What miners send to have something done with a signature of their address, and what they are answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from nompcore.subscriptions import MAX_TARGET
from services.api.subscribing.challenge import MAX_TEXT
from services.api.subscribing.wants import (
    MAX_DROP_PERCENT,
    MAX_OFFLINE_MINUTES,
    MIN_DROP_PERCENT,
    MIN_OFFLINE_MINUTES,
    EndAll,
    MinimumPayment,
    Subscribe,
    Want,
)
from services.api.views.models import Model

MAX_SIGNATURE = 800

EXAMPLE_SIGNATURE = "H8JawPtQOrybrSP1WHQnQPr67B9S3qrxBrl1mlzoTJOSHEpmnF7D3+t+LX0Xei9J20B5AIdPbeL3AaTBZ4N3bY0="
EXAMPLE_TEXT = (
    "pool.example: I own LaddressOne at the pool litecoin and ask: minimum-payment 2.5 "
    "[2025-11-24T16:00:00Z 00112233445566778899aabbccddeeff 8c1b0a5d3f7e42966b0f1d2c3e4a5b60]"
)


def _whole(value: object) -> object:
    """To JSON 15.0 is the same number as 15."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Asked(BaseModel):
    """Base of what is sent: nothing unknown, nothing converted."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class SubscribeWant(Asked):
    """Tell one place of some events."""

    kind: Literal["subscribe"]
    channel: Literal["mail", "ntfy", "discord", "slack", "telegram", "webhook"]
    target: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_TARGET,
            pattern="^[!-~]+$",
            description="mail address, ntfy topic, webhook URL; telegram: `<bot token>/<chat>`",
        ),
    ]
    events: Annotated[
        list[Literal["worker-offline", "hashrate-dropped", "paid"]], Field(min_length=1, max_length=3)
    ]
    offline_minutes: Annotated[
        int,
        Field(
            ge=MIN_OFFLINE_MINUTES,
            le=MAX_OFFLINE_MINUTES,
            description="silence after which a worker counts as offline",
        ),
        BeforeValidator(_whole),
    ] = 15
    drop_percent: Annotated[
        int,
        Field(
            ge=MIN_DROP_PERCENT, le=MAX_DROP_PERCENT, description="below the address's own average of a day"
        ),
        BeforeValidator(_whole),
    ] = 50

    def want(self) -> Want:
        """As the text to sign has it."""
        return Subscribe(
            self.channel, self.target, tuple(self.events), self.offline_minutes, self.drop_percent
        )


class MinimumPaymentWant(Asked):
    """Be paid from another balance on."""

    kind: Literal["minimum-payment"]
    coins: Annotated[
        str,
        Field(pattern=r"^[0-9]{1,10}(\.[0-9]{1,8})?$", description="at least the pool's; 0: the pool's"),
    ]

    def want(self) -> Want:
        """As the text to sign has it."""
        return MinimumPayment(Decimal(self.coins))


class EndAllWant(Asked):
    """Have nothing told of the address any more."""

    kind: Literal["unsubscribe-all"]

    def want(self) -> Want:
        """As the text to sign has it."""
        return EndAll()


class ChallengeRequest(Asked):
    """What an address wants."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"want": {"kind": "minimum-payment", "coins": "2.5"}}}
    )

    want: Annotated[
        SubscribeWant | MinimumPaymentWant | EndAllWant, Field(discriminator="kind", description="one wish")
    ]


class ChallengeText(Model):
    """A text to sign."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"text": EXAMPLE_TEXT, "expires_ms": 1_764_000_900_000}}
    )

    text: Annotated[str, Field(description="one line, to be signed as it is")]
    expires_ms: Annotated[int, Field(description="until when its signature is taken, Unix milliseconds")]


class SignedText(Asked):
    """The text with its signature."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "text": EXAMPLE_TEXT,
                "signature": EXAMPLE_SIGNATURE,
            }
        }
    )

    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    signature: Annotated[
        str,
        Field(min_length=1, max_length=MAX_SIGNATURE, description="base64: `signmessage`'s or BIP322 simple"),
    ]


class Done(Model):
    """What was done."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"done": "this address is paid from 2.50000000 LTC on"}}
    )

    done: Annotated[str, Field(description="in words")]
