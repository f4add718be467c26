"""What the table of subjects means in JetStream: streams, buckets and object stores as configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from nompcore.subject_kinds import Bucket, ObjectStore, Storage, Stream
from nompcore.subjects import BUCKETS, OBJECT_STORES, STREAMS, SUBJECTS

_STORAGE = {Storage.MEMORY: StorageType.MEMORY, Storage.FILE: StorageType.FILE}

DUPLICATE_WINDOW_SECONDS = 120.0
"""Of buckets and stores, which send no message ids: the server's default, stated to compare equal."""

MARKER_SECONDS = 1.0
"""How long the server keeps the note that an entry has ended (NATS ADR-43); watchers have seen it by then."""


def streams_of(service: str) -> list[StreamConfig]:
    """The streams behind everything in whose rows the service appears, in the order of the table."""
    configs: dict[str, StreamConfig] = {}
    for subject in SUBJECTS:
        if subject.stream is not None and service in subject.producers + subject.consumers:
            configs[subject.stream.name] = stream_config(subject.stream)
    for bucket in BUCKETS:
        if service in bucket.writers + bucket.readers:
            configs[bucket_stream(bucket)] = bucket_config(bucket)
    for store in OBJECT_STORES:
        if service in store.writers:
            configs[store_stream(store)] = store_config(store)
    return list(configs.values())


def stream_config(stream: Stream) -> StreamConfig:
    """A stream and all its subjects; old messages go when a limit is reached."""
    return StreamConfig(
        name=stream.name,
        subjects=[subject.wildcard for subject in SUBJECTS if subject.stream is stream],
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        storage=_STORAGE[stream.storage],
        max_age=stream.max_age_seconds,
        max_msgs_per_subject=stream.max_messages_per_subject,
        duplicate_window=stream.duplicate_window_seconds,
        allow_direct=True,
    )


def without_age_limit(service: str, present: StreamConfig) -> StreamConfig | None:
    """What a stream that exists should be, where it forgets by age and the table says that `service` cuts it.

    Everything else stays as it is: replicas and limits that an operator has chosen. None: nothing to change.
    """
    is_cut_by_service = any(stream.name == present.name and stream.cutter == service for stream in STREAMS)
    return replace(present, max_age=0.0) if is_cut_by_service and present.max_age else None


def bucket_stream(bucket: Bucket) -> str:
    """The stream in which a bucket lives (NATS ADR-8)."""
    return f"KV_{bucket.name}"


def bucket_config(bucket: Bucket) -> StreamConfig:
    """A key-value bucket (NATS ADR-8) that keeps one value a key, for `ttl_seconds` after its last change."""
    window = min(bucket.ttl_seconds or DUPLICATE_WINDOW_SECONDS, DUPLICATE_WINDOW_SECONDS)
    return StreamConfig(
        name=bucket_stream(bucket),
        subjects=[f"$KV.{bucket.name}.>"],
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        storage=_STORAGE[bucket.storage],
        max_age=bucket.ttl_seconds,
        max_msgs_per_subject=1,
        duplicate_window=window,
        allow_direct=True,
        allow_rollup_hdrs=True,
        deny_delete=True,
        allow_msg_ttl=True if bucket.entries_end else None,
        subject_delete_marker_ttl=MARKER_SECONDS if bucket.entries_end else None,
    )


def is_removal(headers: Mapping[str, str] | None) -> bool:
    """Whether a bucket's message is no value: a client deleted the key (NATS ADR-8), or it ended (ADR-43)."""
    return headers is not None and ("KV-Operation" in headers or "Nats-Marker-Reason" in headers)


def store_stream(store: ObjectStore) -> str:
    """The stream in which an object store lives (NATS ADR-20)."""
    return f"OBJ_{store.name}"


def store_config(store: ObjectStore) -> StreamConfig:
    """An object store (NATS ADR-20): chunks and descriptions of objects, for `ttl_seconds`."""
    return StreamConfig(
        name=store_stream(store),
        subjects=[f"$O.{store.name}.C.>", f"$O.{store.name}.M.>"],
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW,
        storage=StorageType.FILE,
        max_age=store.ttl_seconds,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        allow_direct=True,
        allow_rollup_hdrs=True,
    )
