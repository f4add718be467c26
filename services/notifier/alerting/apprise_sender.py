"""Sends by Apprise. Its calls block, so each channel has a thread of its own: one never waits for another."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from apprise import Apprise, NotifyFormat, NotifyType
from pydantic import SecretStr

from nompcore.config.alerts import Severity
from services.notifier.alerting.library_logs import cause_in
from services.notifier.alerting.sender import Outgoing

log = logging.getLogger(__name__)

TYPES: dict[Severity, NotifyType] = {
    "info": NotifyType.INFO,
    "warning": NotifyType.WARNING,
    "critical": NotifyType.FAILURE,
}

ID_HEADER = "X-Nomp-Alert"
"""Of mails and requests; Apprise makes a mail's Message-ID itself."""


class UrlUnknown(Exception):  # noqa: N818  (what it is, not a fault of ours)
    """Apprise cannot send to such a URL."""


class AppriseSender:
    """One URL. Raises UrlUnknown when made."""

    def __init__(self, name: str, url: SecretStr) -> None:
        self._name = name
        self._apprise = Apprise()
        if not self._apprise.add(url.get_secret_value()):
            raise UrlUnknown
        for service in self._apprise:
            if service.service_name == "E-Mail":
                service.request_rate_per_sec = 0  # chats need the pause between two messages, mail does not
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"alert-{name}")

    async def send(self, message: Outgoing) -> str:
        """Empty when every receiver of the URL has taken it; else why not."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._send, message)

    def _send(self, message: Outgoing) -> str:
        self._label(",".join(message.ids))
        try:
            result = self._apprise.notify(
                title=message.title,
                body=message.text,
                notify_type=TYPES[message.severity],
                body_format=NotifyFormat.TEXT,
            )
        except Exception as error:  # noqa: BLE001  (code of many hands; its words may hold the URL)
            log.error("Apprise failed", extra={"channel": self._name, "error": type(error).__name__})
            return "Apprise failed"
        return "" if result else cause_in(entry.message for entry in result.logs())

    def _label(self, ids: str) -> None:
        """The ids of the alerts, where what is sent has a place for them."""
        for service in self._apprise:
            if isinstance(headers := getattr(service, "headers", None), dict):
                headers[ID_HEADER] = ids
            if isinstance(extras := getattr(service, "payload_extras", None), dict):
                extras["id"] = ids
