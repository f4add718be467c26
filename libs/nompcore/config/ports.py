"""A stratum port: its difficulty, fixed or adjusted to each miner."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from nompcore.config.section import Section, key
from nompcore.config.values import Percent, Positive, SchemeName, Switch, TlsMode


class VarDiffConfig(Section):
    """How a miner's difficulty follows its hashrate."""

    min_diff: Annotated[Positive, key("minDiff", "lowest difficulty")]
    max_diff: Annotated[Positive, key("maxDiff", "highest difficulty")]
    target_time_seconds: Annotated[
        Positive, key("targetTime", "wanted time between two shares", unit="seconds")
    ] = 15
    retarget_time_seconds: Annotated[
        Positive, key("retargetTime", "how often the difficulty is reconsidered", unit="seconds")
    ] = 90
    variance_percent: Annotated[
        Percent, key("variancePercent", "deviation from `targetTime` that changes nothing")
    ] = 30
    x2mode: Annotated[Switch, key("x2mode", "only double or halve, as the first versions did")] = False

    @model_validator(mode="after")
    def _ordered(self) -> VarDiffConfig:
        if self.min_diff > self.max_diff:
            raise PydanticCustomError(
                "order",
                "minDiff {low} is above maxDiff {high}",
                {"low": f"{self.min_diff:g}", "high": f"{self.max_diff:g}"},
            )
        return self


class PortConfig(Section):
    """One stratum port."""

    diff: Annotated[Positive, key("diff", "difficulty of a new miner")] = 8
    var_diff: Annotated[
        VarDiffConfig | None,
        key("varDiff", "adjust the difficulty to each miner; without it `diff` is fixed"),
    ] = None
    tls: Annotated[
        TlsMode, key("tls", "TLS only, none, or what each miner begins with; needs `tlsOptions`", ours=True)
    ] = Field(False, validate_default=True)  # as it is written in a file
    scheme: Annotated[
        SchemeName | None,
        key(
            "scheme",
            "reward scheme of this port, whose rounds are then its own; without it the pool's",
            ours=True,
        ),
    ] = None
