"""Who is told what, in which words."""

from __future__ import annotations

from string import Formatter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from nompcore.config.alert_events import EVENTS, template_fields, template_problems
from nompcore.config.alerts import SEVERITIES, AlertChannelConfig, Severity
from nompcore.messages import Message
from services.notifier.alerting.alert import alert_id, alert_of
from services.notifier.alerting.library_logs import cause_in
from services.notifier.alerting.wording import values_of
from services.notifier.rules import news_of
from tests.unit import notifier_samples as events
from tests.unit.api_samples import POOL, pool_config

POOLS = {POOL: pool_config()}
SAMPLES: list[Message] = [
    events.block_submitted(),
    events.block_confirmed(),
    events.block_orphaned(),
    events.payment_sent(),
    events.payment_failed(),
    events.payee_quarantined(),
    events.audit_failed("the books are off by 1", "<script>"),
    events.operator_alert(),
]


def channel(
    *wanted: str, severity: Severity = "info", pools: frozenset[str] = frozenset(), **templates: str
) -> AlertChannelConfig:
    return AlertChannelConfig(
        name="ops",
        url=SecretStr("json://127.0.0.1"),
        events=frozenset(wanted or EVENTS),
        pools=pools,
        severity=severity,
        templates={event.replace("_", "."): text for event, text in templates.items()},
    )


def text_of(event: Message, config: AlertChannelConfig) -> str:
    alert = alert_of(event, config, POOLS)
    assert alert is not None
    return alert.text


def test_every_event_has_a_sample_and_every_sample_an_event() -> None:
    assert {EVENTS[news_of(sample, POOLS).event] for sample in SAMPLES} == set(EVENTS.values())
    assert {type(sample) for sample in SAMPLES} == set(EVENTS.values())


@pytest.mark.parametrize("event", SAMPLES)
def test_every_field_that_a_template_may_name_has_a_value(event: Message) -> None:
    news = news_of(event, POOLS)
    values = values_of(news, event, POOLS)

    assert set(values) == template_fields(news.event)
    assert not set("@<>!\n") & set("".join(values.values()))


def test_a_template_is_filled_in() -> None:
    config = channel(block_confirmed="{coin}: {height} is worth {reward} ({severity}, {time}) {{}}")

    assert text_of(events.block_confirmed(), config) == (
        "LTC: 100 is worth 12.50000000 LTC (info, 2025-11-24T16:00:00+00:00) {}"
    )


def test_an_event_without_a_template_has_the_usual_words() -> None:
    config = channel(block_orphaned="x")

    assert text_of(events.block_confirmed(), config) == news_of(events.block_confirmed(), POOLS).text


@given(st.sampled_from(sorted(EVENTS)), st.text(alphabet="{}!:.[]0ab pol", max_size=30))
def test_a_template_that_passes_the_check_can_be_filled_in(event: str, template: str) -> None:
    if list(template_problems(event, template)):
        return
    values = dict.fromkeys(template_fields(event), "x")

    assert isinstance(template.format_map(values), str)


@pytest.mark.parametrize(
    "template", ["{pool.__class__}", "{pool[0]}", "{pool!r}", "{pool:>99}", "{}", "{0}", "{nonsense}", "{"]
)
def test_a_template_may_name_fields_and_nothing_else(template: str) -> None:
    (problem,) = template_problems("block.confirmed", template)

    assert "field" in problem or "brace" in problem


def test_a_channel_is_told_only_what_it_asked_for() -> None:
    def is_told(config: AlertChannelConfig, event: Message) -> bool:
        return alert_of(event, config, POOLS) is not None

    assert is_told(channel("block.confirmed"), events.block_confirmed())
    assert not is_told(channel("block.confirmed"), events.block_orphaned())
    assert is_told(channel(pools=frozenset({POOL})), events.block_confirmed())
    assert not is_told(channel(pools=frozenset({"dogecoin"})), events.block_confirmed())


@pytest.mark.parametrize("least", SEVERITIES)
def test_a_severity_is_the_least_that_is_told(least: Severity) -> None:
    config = channel(severity=least)
    told = {
        alert.severity
        for sample in [*SAMPLES, events.block_submitted("rejected", "stale")]
        if (alert := alert_of(sample, config, POOLS))
    }

    assert told == set(SEVERITIES[SEVERITIES.index(least) :])


def test_an_event_has_one_id_and_another_event_another() -> None:
    ids = [alert_id(sample) for sample in SAMPLES]

    assert ids == [alert_id(msgspec.structs.replace(sample)) for sample in SAMPLES]
    assert len(set(ids)) == len(SAMPLES)
    assert alert_id(events.operator_alert(number=7)) == f"{7:032x}"


def test_fields_of_templates_are_names() -> None:
    for event in EVENTS:
        text = "".join(f"{{{name}}}" for name in sorted(template_fields(event)))
        assert [name for _, name, _, _ in Formatter().parse(text)] == sorted(template_fields(event))
        assert list(template_problems(event, text)) == []


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (["Failed to send Discord: Unauthorized, error=401."], "refused with 401"),
        (["A Connection error occurred sending to T0KEN.example"], "no connection"),
        (["https://discord/T0KEN failed"], "not taken"),
        ([], "not taken"),
    ],
)
def test_of_what_apprise_says_only_the_cause_is_kept(said: list[str], cause: str) -> None:
    assert cause_in(said) == cause
