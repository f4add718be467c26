"""The wire form of every message, pinned by the samples of `tests/vectors/messages.json`.

A sample never changes. A new field is added to its sample, and must have a default.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from nompcore import alarms, control, messages, requests, subscriptions, switching, upstream
from nompcore.errors import BusError
from nompcore.messages import Message
from nompcore.subjects import ENDPOINTS, SUBJECTS
from nompcore.wire import decode, encode
from tests.unit.chain_samples import vectors

GOLDEN: dict[str, dict[str, Any]] = vectors("messages.json")
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in Message.__subclasses__()}


def compact(sample: Any) -> bytes:
    return json.dumps(sample, separators=(",", ":")).encode()


def with_unknown_fields(value: Any) -> Any:
    """The sample as a later version might send it: one more field in every record."""
    if isinstance(value, list):
        return [with_unknown_fields(item) for item in value]
    if not isinstance(value, dict) or {type(item) for item in value.values()} in ({int}, {str}):
        return value  # a plain value, or a table such as reason → count
    return {**{key: with_unknown_fields(item) for key, item in value.items()}, "from_the_future": [1, {}]}


def required_only(kind: type[Message], sample: dict[str, Any]) -> dict[str, Any]:
    """The sample as the first version might have sent it: without what has a default."""
    return {field.name: sample[field.name] for field in msgspec.structs.fields(kind) if field.required}


def test_there_is_one_sample_of_every_message() -> None:
    assert set(GOLDEN) == set(KINDS)
    modules = (alarms, control, messages, requests, subscriptions, switching, upstream)
    homes = {name: kind for module in modules for name, kind in vars(module).items()}
    assert all(homes[name] is kind for name, kind in KINDS.items())


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_message_is_written_as_its_sample(name: str) -> None:
    message = decode(KINDS[name], compact(GOLDEN[name]))

    assert encode(message) == compact(GOLDEN[name])


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_every_field_of_a_sample_differs_from_its_default(name: str) -> None:
    for field in msgspec.structs.fields(KINDS[name]):
        default = field.default_factory() if callable(field.default_factory) else field.default
        assert GOLDEN[name][field.name] != default, field.name


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_message_of_a_later_version_is_read(name: str) -> None:
    later = {**with_unknown_fields(GOLDEN[name]), "from_the_future": True}

    assert decode(KINDS[name], compact(later)) == decode(KINDS[name], compact(GOLDEN[name]))


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_message_of_an_earlier_version_is_read(name: str) -> None:
    earlier = required_only(KINDS[name], GOLDEN[name])

    assert isinstance(decode(KINDS[name], compact(earlier)), KINDS[name])


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_message_without_a_required_field_is_refused(name: str) -> None:
    required = required_only(KINDS[name], GOLDEN[name])

    for missing in required:
        with pytest.raises(BusError, match=missing):
            decode(KINDS[name], compact({key: value for key, value in required.items() if key != missing}))


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_message_cannot_be_changed(name: str) -> None:
    message = decode(KINDS[name], compact(GOLDEN[name]))

    for field in GOLDEN[name]:
        with pytest.raises(AttributeError):
            setattr(message, field, None)


@pytest.mark.parametrize("junk", [b"", b"null", b"[]", b"7", b"{", b'{"pool":1}', b'"\xff"', b"[" * 100_000])
def test_bytes_that_are_no_message_are_refused(junk: bytes) -> None:
    with pytest.raises(BusError):
        decode(messages.Job, junk)


def test_amounts_and_times_are_never_floats() -> None:
    for kind in KINDS.values():
        for field in msgspec.structs.fields(kind):
            if field.name.endswith(("_sats", "_ms")):
                assert field.type is int, f"{kind.__name__}.{field.name}"


def test_subjects_and_endpoints_carry_messages_of_these_files_only() -> None:
    carried = {subject.message for subject in SUBJECTS}
    asked = {kind for endpoint in ENDPOINTS for kind in (endpoint.request, endpoint.reply)}

    assert carried | asked <= set(KINDS.values())
