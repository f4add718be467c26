"""Log lines as JSON, one a line on standard output, with facts bound once per connection or task.

    log.info("share rejected", extra={"reason": "stale", "job_id": job_id})

The message is a constant phrase; everything that varies is a fact. Secrets are never facts: configuration
holds them as `SecretStr`, which prints as asterisks, and URLs pass through `without_credentials`.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

LEVELS = ("debug", "info", "warning", "error")

_bound: contextvars.ContextVar[Mapping[str, object]] = contextvars.ContextVar("bound_facts", default={})  # noqa: B039

# What every LogRecord has; the rest of a record came in by `extra`.
_RECORD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# Their INFO lines repeat our own.
_CHATTY = ("httpx", "httpcore", "asyncio", "uvicorn.access", "alembic")


@contextlib.contextmanager
def bound(**facts: object) -> Iterator[None]:
    """Adds facts to every log line of the current task (and tasks it starts) inside the block."""
    token = _bound.set({**_bound.get(), **facts})
    try:
        yield
    finally:
        _bound.reset(token)


class JsonLines(logging.Formatter):
    """One JSON object a record: time, level, logger, message, process facts, bound facts, `extra` facts."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__()
        self._facts = dict(facts)

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; a traceback is the fact `traceback`."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._facts,
            **_bound.get(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _RECORD_FIELDS)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure_logs(level: str, **facts: object) -> None:
    """Sends all logging to standard output as JSON lines; `facts` (service, replica) are in each."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(facts))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def without_credentials(url: str) -> str:
    """Scheme, host and port of each of the URLs (separated by commas), for logs."""
    return ",".join(_bare(part) for part in url.split(","))


def _bare(url: str) -> str:
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
