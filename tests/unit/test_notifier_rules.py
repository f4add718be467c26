"""From events to news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nompcore.messages import Message, PaymentFailed
from services.notifier.delivery import EVENTS
from services.notifier.rules import MAX_NAME, RULES, is_old, news_of, shown_name
from services.notifier.webhooks import channel_name, is_final, webhook_body
from tests.unit import notifier_samples as events
from tests.unit.api_samples import BLOCK_HASH, NOW_MS, POOL, TXID, pool_config

POOLS = {POOL: pool_config()}
SAMPLES: list[Message] = [
    events.block_submitted(),
    events.block_submitted("rejected", "stale"),
    events.block_confirmed(),
    events.block_orphaned(),
    events.payment_sent(),
    events.payment_failed(),
    events.payee_quarantined(),
    events.audit_failed(),
    events.operator_alert(),
]


def test_every_event_that_is_delivered_has_a_rule_and_a_sample() -> None:
    assert {subject.message for subject in EVENTS} == set(RULES) == {type(sample) for sample in SAMPLES}


@pytest.mark.parametrize("event", SAMPLES)
def test_news_name_their_pool_and_fit_a_line(event: Message) -> None:
    news = news_of(event, POOLS)

    assert news.text.startswith("litecoin: ")
    assert "\n" not in news.text
    assert len(news.text) < 300


def test_a_found_block_tells_its_reward_in_coins() -> None:
    assert "12.50000000 LTC" in news_of(events.block_submitted(), POOLS).text


def test_a_block_that_was_not_accepted_tells_why() -> None:
    assert "not accepted: stale" in news_of(events.block_submitted("rejected", "stale"), POOLS).text


def test_a_payment_tells_its_amount_to_the_last_unit_and_its_transaction() -> None:
    text = news_of(events.payment_sent(), POOLS).text

    assert "0.00000001 LTC to 3 miners" in text
    assert TXID in text


def test_only_what_needs_somebody_is_an_alarm() -> None:
    alarms = [type(event).__name__ for event in SAMPLES if news_of(event, POOLS).is_alarm]

    assert alarms == ["PaymentFailed", "PayeeQuarantined", "AuditFailed"]


def test_an_end_is_no_alarm_though_what_ended_was_one() -> None:
    began, ended = (
        events.operator_alert("daemon.down", "critical"),
        events.operator_alert("daemon.back", "critical"),
    )

    assert [news_of(event, POOLS).is_alarm for event in (began, ended)] == [True, False]
    assert news_of(ended, POOLS).severity == "critical"


def test_a_severity_of_a_later_version_is_the_worst() -> None:
    assert news_of(events.operator_alert(severity="catastrophic"), POOLS).severity == "critical"


def test_a_failed_audit_tells_its_first_finding_and_how_many_there_are() -> None:
    text = news_of(events.audit_failed("the books are off by 1", "more", "@everyone"), POOLS).text

    assert text.endswith("payments are stopped: the books are off by 1 (and 2 more)")


def test_a_pool_that_is_no_longer_configured_still_has_news() -> None:
    assert "1250000000 of the smallest unit" in news_of(events.block_confirmed(), {}).text


def test_names_of_miners_cannot_call_people_or_make_links() -> None:
    text = news_of(events.block_submitted(), POOLS).text

    assert not set("@<>!()[]\n") & set(text)


@given(st.text())
def test_shown_names_are_short_and_printable(text: str) -> None:
    name = shown_name(text)

    assert len(name) <= MAX_NAME
    assert name.isascii() and name.isprintable()


def test_news_grow_old() -> None:
    news = news_of(events.payment_sent(), POOLS)

    assert not is_old(news, NOW_MS + 60_000, 60)
    assert is_old(news, NOW_MS + 60_001, 60)


def test_a_webhook_body_has_the_text_for_chats_and_the_event_for_programs() -> None:
    event = events.block_confirmed()
    body = webhook_body(news_of(event, POOLS), event)

    assert body["text"] == body["content"]
    assert (body["event"], body["pool"], body["alarm"]) == ("block.confirmed", POOL, False)
    assert body["data"]["block_hash_display"] == BLOCK_HASH
    assert body["data"]["reward_sats"] == 1_250_000_000


def test_a_channels_name_is_stable_and_does_not_tell_the_url() -> None:
    url = "https://chat.example/hooks/T0KEN"

    assert channel_name(url) == channel_name(url) != channel_name(url + "2")
    assert "T0KEN" not in channel_name(url)


@pytest.mark.parametrize(
    ("status", "final"),
    [(None, False), (200, False), (302, True), (404, True), (408, False), (429, False), (503, False)],
)
def test_refusals_are_final_and_faults_are_repeated(status: int | None, final: bool) -> None:
    assert is_final(status) is final


def test_a_payee_held_back_is_not_told_as_payments_that_stopped() -> None:
    news = news_of(PaymentFailed(pool=POOL, payment_id="to ltc1qpayee", reason="refused", time_ms=1), POOLS)

    assert news.text == "litecoin: payments to ltc1qpayee are held back: refused"
    assert news.is_alarm
