"""What the metrics of this process say, for tests of what is counted."""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter


def counted(name: str, **labels: str) -> float:
    """The value of a metric with these labels, 0 before its first move; a counter's name ends in `_total`."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def counted_over_all(counter: Counter) -> float:
    """A counter's sum over all its labels."""
    samples = (sample for metric in counter.collect() for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))
