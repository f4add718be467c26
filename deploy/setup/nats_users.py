"""One NATS user per service, allowed exactly what `nompcore.subjects` says it does.

A stratum host that is broken into can publish shares and block candidates and read jobs; it can neither read
balances nor announce a payment nor delete a stream. Only the service that the table names as a stream's
cutter may remove messages from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nompcore.subjects import BUCKETS, ENDPOINTS, OBJECT_STORES, SERVICES, SUBJECTS


def _api(request: str) -> str:
    return "$JS.API." + request


def _streams(service: str) -> list[str]:
    """Create the streams of the service's rows; read, as a queue or in order, what it consumes."""
    allowed: set[str] = set()
    for row in SUBJECTS:
        if row.stream is None or service not in row.producers + row.consumers:
            continue
        stream = row.stream.name
        allowed |= {_api(f"STREAM.CREATE.{stream}"), _api(f"STREAM.INFO.{stream}")}
        if row.stream.max_messages_per_subject == 1:  # a new leader asks what its predecessor published last
            allowed.add(_api(f"DIRECT.GET.{stream}.{row.wildcard}"))
        elif service in row.consumers:
            allowed.add(_api(f"CONSUMER.CREATE.{stream}.*.{row.wildcard}"))
            allowed |= {_api(f"CONSUMER.MSG.NEXT.{stream}.*"), f"$JS.ACK.{stream}.>"}
        if row.stream.cutter == service:
            allowed.add(_api(f"STREAM.PURGE.{stream}"))
        if row.stream.in_stretches and service in row.consumers:
            allowed.add(_api(f"CONSUMER.DELETE.{stream}.*"))
    return sorted(allowed)


def _buckets(service: str) -> list[str]:
    allowed: list[str] = []
    for bucket in BUCKETS:
        stream = f"KV_{bucket.name}"
        if service in bucket.writers + bucket.readers:
            allowed += [_api(f"STREAM.CREATE.{stream}"), _api(f"DIRECT.GET.{stream}.$KV.{bucket.name}.>")]
        if bucket.is_watched and service in bucket.readers:
            allowed.append(_api(f"CONSUMER.CREATE.{stream}.*.$KV.{bucket.name}.>"))
            allowed.append(_api(f"CONSUMER.MSG.NEXT.{stream}.*"))
        if service in bucket.writers:
            allowed.append(f"$KV.{bucket.name}.>")
    return allowed


def _object_stores(service: str) -> list[str]:
    allowed: list[str] = []
    for store in OBJECT_STORES:
        if service in store.writers:
            stream = f"OBJ_{store.name}"
            requests = (
                f"STREAM.CREATE.{stream}",
                f"DIRECT.GET.{stream}",
                f"DIRECT.GET.{stream}.$O.{store.name}.>",
            )
            allowed += [*map(_api, requests), f"$O.{store.name}.>"]
    return allowed


def publish_permissions(service: str) -> list[str]:
    """Subjects the service may publish to, sorted."""
    own = [row.wildcard for row in SUBJECTS if service in row.producers]
    asks = [endpoint.wildcard for endpoint in ENDPOINTS if service in endpoint.clients]
    return sorted({*own, *asks, *_streams(service), *_buckets(service), *_object_stores(service)})


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
