"""Choice of the most profitable coin for switching ports, by prices that the operator's sources tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from nompcore.config.problems import Loc
from nompcore.config.section import Section, key
from nompcore.config.values import Expected, FilePath, NotNegative, Percent, Positive, SecretUrl, Switch, Text

EXCHANGE_GONE = "its interface of that time is gone; give priceSources"


class PriceSourceSection(Section):
    """Where prices come from: a URL, a file or a command, one of them. All sources tell them in one unit."""

    name: Annotated[Text | None, key("name", "what logs and reports call it", ours=True)] = None
    url: Annotated[
        SecretUrl | None, key("url", "answers with JSON; not logged, it may hold a token", ours=True)
    ] = None
    prices: Annotated[
        dict[str, Text],
        key("prices", 'for `url`: coin → where in the answer its price stands: "litecoin.btc"', ours=True),
    ] = Field(default_factory=dict)
    file: Annotated[FilePath | None, key("file", "JSON, coin → price; as old as the file", ours=True)] = None
    command: Annotated[
        list[Text],
        key("command", "program and arguments, without a shell; prints JSON, coin → price", ours=True),
    ] = Field(default_factory=list)
    timeout_seconds: Annotated[
        Positive, key("timeoutSeconds", "longest wait for an answer", unit="seconds", ours=True)
    ] = 10

    @model_validator(mode="after")
    def _one_place(self) -> PriceSourceSection:
        if [bool(self.url), bool(self.file), bool(self.command)].count(True) != 1:
            raise PydanticCustomError("source", "give one of url, file and command")
        if bool(self.url) != bool(self.prices):
            raise PydanticCustomError("source", "prices belongs to url: it says where in the answer they are")
        return self


class ProfitSwitchSection(Section):
    """Choice of the most profitable coin by market prices."""

    enabled: Annotated[Switch, key("enabled", "turn it on")] = False
    update_interval_seconds: Annotated[
        Positive, key("updateInterval", "how often prices are compared", unit="seconds")
    ] = 600
    price_sources: Annotated[
        list[PriceSourceSection],
        key("priceSources", "where prices come from; the first that knows a coin's decides", ours=True),
    ] = Field(default_factory=list)
    max_price_age_seconds: Annotated[
        Positive, key("maxPriceAgeSeconds", "older prices decide nothing", unit="seconds", ours=True)
    ] = 1800
    hysteresis_percent: Annotated[
        Percent,
        key("hysteresisPercent", "by how much another coin has to be better to be switched to", ours=True),
    ] = 5
    minimum_stay_seconds: Annotated[
        NotNegative,
        key("minimumStaySeconds", "shortest time between two switches", unit="seconds", ours=True),
    ] = 1800
    manual_hold_seconds: Annotated[
        NotNegative,
        key("manualHoldSeconds", "how long an operator's choice stands", unit="seconds", ours=True),
    ] = 3600
    fee_percents: Annotated[
        dict[str, Percent],
        key("feePercents", "pool → what trading its coin costs, taken off its revenue", ours=True),
    ] = Field(default_factory=dict)
    depth: Annotated[
        NotNegative,
        Field(le=1),
        Expected("a number from 0 to 1"),
        key("depth", "part of the bids considered", inactive="prices come from priceSources"),
    ] = 0.9
    use_poloniex: Annotated[Switch, key("usePoloniex", "ask Poloniex", inactive=EXCHANGE_GONE)] = False
    use_cryptsy: Annotated[Switch, key("useCryptsy", "ask Cryptsy", inactive=EXCHANGE_GONE)] = False
    use_mintpal: Annotated[Switch, key("useMintpal", "ask Mintpal", inactive=EXCHANGE_GONE)] = False
    use_bittrex: Annotated[Switch, key("useBittrex", "ask Bittrex", inactive=EXCHANGE_GONE)] = False


def profit_problems(section: ProfitSwitchSection | None, pools: Collection[str]) -> Iterator[tuple[Loc, str]]:
    """What is wrong beyond single values, with its place."""
    for pool in section.fee_percents if section else ():
        if pool not in pools:
            yield ("profitSwitch", "feePercents", pool), f"no such pool; there is {', '.join(sorted(pools))}"


def profit_warnings(section: ProfitSwitchSection | None) -> Iterator[tuple[Loc, str]]:
    """What an operator may expect in vain: NOMP's exchanges are not asked any more."""
    if section and section.enabled and not section.price_sources:
        yield ("profitSwitch",), "no priceSources are given: no price is known, so nothing is switched"
