"""Alert rules and the dashboard name metrics that exist, and every rule calls somebody and says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from services.api.state import pool_metrics
from tests.unit.chain_samples import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
SCRAPES = ROOT / "deploy" / "prometheus" / "prometheus.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "pool.json"

DEFINED = re.compile(r'\b(Counter|Gauge|Histogram)(?:MetricFamily)?\(\s*"([a-z0-9_]+)"')
FROMCOUNTERS = re.compile(r'\(\s*"(stratum_[a-z_]+)",')
NAMED = re.compile(r"\b(?:nomp|stratum)_[a-z0-9_]+")

SAMPLES = {
    "Counter": ("_total",),
    "Gauge": ("",),
    "Histogram": ("_bucket", "_count", "_sum"),
}


def existing() -> set[str]:
    """Names of all samples that the services export."""
    names = {f"{name}_total" for name in pool_metrics.COUNTERS} | {
        *pool_metrics.GAUGES,
        *pool_metrics.LABELLED,
    }
    for folder in ("services", "libs/nompcore"):
        for path in (ROOT / folder).rglob("*.py"):
            source = path.read_text()
            for kind, name in DEFINED.findall(source):
                names |= {name + suffix for suffix in SAMPLES[kind]}
            if "stratum" in path.parts:
                names |= {f"{name}_total" for name in FROMCOUNTERS.findall(source)}
    return names


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def dashboard_expressions() -> Iterator[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


EXPRESSIONS = [*(rule["expr"] for rule in rules()), *dashboard_expressions()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_that_is_named_exists(expression: str) -> None:
    named = set(NAMED.findall(expression))

    assert named - existing() == set()
    assert named or expression == "up == 0"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_brackets_are_balanced(expression: str) -> None:
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)


def test_the_names_that_are_looked_for_are_found_in_the_sources() -> None:
    assert {
        "nomp_ready",
        "nomp_pool_hashrate",
        "stratum_shares_accepted_total",
        "stratum_connections",
        "nomp_jobmaker_template_seconds_bucket",
        "nomp_payouts_log_gaps_total",
    } <= existing()


def test_every_rule_has_a_name_of_its_own_a_severity_and_words() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]


def test_panels_of_the_dashboard_have_an_id_each_and_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    cells = [
        (panel["gridPos"]["x"] + column, panel["gridPos"]["y"] + row)
        for panel in panels
        for column in range(panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["h"])
    ]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_every_service_is_scraped_on_its_metrics_port() -> None:
    jobs = {
        job["job_name"]: job["static_configs"][0]["targets"][0]
        for job in yaml.safe_load(SCRAPES.read_text())["scrape_configs"]
    }

    assert jobs == {
        "pools": "api:8080",
        "stratum": "stratum:9101",
        "jobmaker": "jobmaker:9102",
        "payouts": "payouts:9103",
        "api": "api:9104",
        "notifier": "notifier:9105",
    }
