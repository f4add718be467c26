"""One NATS user per service, allowed exactly what `nompcore.subjects` says it does.

A stratum host that is broken into can publish shares and block candidates and read jobs; it can neither read
balances nor announce a payment nor delete a stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nompcore.subjects import BUCKETS, ENDPOINTS, OBJECT_STORES, SERVICES, STREAMS, SUBJECTS

# Requests of the JetStream API. `$JS.ACK` and `$JS.FC` are the consumer's answers to the server.
_STREAM_USE = ("STREAM.CREATE.{s}", "STREAM.INFO.{s}")
_STREAM_READ = (
    "CONSUMER.CREATE.{s}", "CONSUMER.CREATE.{s}.>", "CONSUMER.DURABLE.CREATE.{s}.>", "CONSUMER.INFO.{s}.>",
    "CONSUMER.MSG.NEXT.{s}.>", "CONSUMER.DELETE.{s}.>", "STREAM.MSG.GET.{s}", "DIRECT.GET.{s}",
    "DIRECT.GET.{s}.>",
)  # fmt: skip
# A new leader asks what its predecessor published last.
_STREAM_LAST = ("STREAM.MSG.GET.{s}", "DIRECT.GET.{s}.>")
# Replacing an object removes its old chunks.
_OBJECT_WRITE = ("STREAM.PURGE.{s}",)


def _api(stream: str, requests: Iterable[str]) -> list[str]:
    return ["$JS.API." + request.format(s=stream) for request in requests]


def _reading(stream: str) -> list[str]:
    return [*_api(stream, _STREAM_READ), f"$JS.ACK.{stream}.>", f"$JS.FC.{stream}.>"]


def _publish_streams(service: str) -> list[str]:
    allowed: list[str] = []
    for stream in STREAMS:
        rows = [row for row in SUBJECTS if row.stream is stream]
        reads = any(service in row.consumers for row in rows)
        writes = any(service in row.producers for row in rows)
        if reads or writes:
            allowed += _api(stream.name, _STREAM_USE)
        if writes and stream.max_messages_per_subject == 1:
            allowed += _api(stream.name, _STREAM_LAST)
        if reads:
            allowed += _reading(stream.name)
    return allowed


def _publish_stores(service: str) -> list[str]:
    allowed: list[str] = []
    for bucket in BUCKETS:
        if service in bucket.writers + bucket.readers:
            allowed += [*_api(f"KV_{bucket.name}", _STREAM_USE), *_reading(f"KV_{bucket.name}")]
        if service in bucket.writers:
            allowed.append(f"$KV.{bucket.name}.>")
    for store in OBJECT_STORES:
        if service in store.writers:
            stream = f"OBJ_{store.name}"
            allowed += [*_api(stream, _STREAM_USE + _OBJECT_WRITE), *_reading(stream), f"$O.{store.name}.>"]
    return allowed


def publish_permissions(service: str) -> list[str]:
    """Subjects the service may publish to, sorted."""
    own = [row.wildcard for row in SUBJECTS if service in row.producers]
    asks = [endpoint.wildcard for endpoint in ENDPOINTS if service in endpoint.clients]
    everybody = ["$JS.API.INFO"]
    return sorted({*own, *asks, *everybody, *_publish_streams(service), *_publish_stores(service)})


def subscribe_permissions(service: str) -> list[str]:
    """Subjects the service may subscribe to, sorted: inbox, rows, endpoints, service discovery."""
    own = [row.wildcard for row in SUBJECTS if service in row.consumers]
    serves = [endpoint.wildcard for endpoint in ENDPOINTS if endpoint.server == service]
    return sorted({*own, *serves, f"_INBOX_{service}.>", "$SRV.>"})


def _quoted(subjects: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{subject}"' for subject in subjects) + "]"


def _user(service: str, password: str) -> str:
    return (
        f'    {{ user: "{service}", password: "{password}", permissions: {{\n'
        f"        publish: {{ allow: {_quoted(publish_permissions(service))} }}\n"
        f"        subscribe: {{ allow: {_quoted(subscribe_permissions(service))} }}\n"
        "        allow_responses: true } }\n"
    )


def nats_users_conf(passwords: Mapping[str, str], operator_password: str) -> str:
    """The text of nats-users.conf: each service, and an unrestricted `operator` for people."""
    users = "".join(_user(service, passwords[service]) for service in SERVICES)
    operator = f'    {{ user: "operator", password: "{operator_password}" }}\n'
    return "authorization {\n  users: [\n" + users + operator + "  ]\n}\n"
