"""Mail to miners by the operator's server. Apprise blocks, so it works in threads of its own."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from pydantic import SecretStr

from nompcore.config.miner_notices import RECIPIENT
from services.notifier.alerting.library_logs import silence

log = logging.getLogger(__name__)

THREADS = 4


class MinerMail:
    """One server; `url` has a place for the recipient."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="miner-mail")
        silence()  # they log URLs

    async def send(self, recipient: str, title: str, text: str) -> bool:
        """Whether the server has taken it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._send, recipient, title, text)

    def _send(self, recipient: str, title: str, text: str) -> bool:
        from apprise import Apprise, NotifyFormat  # noqa: PLC0415  (half a second, and most pools send no mail)

        outgoing = Apprise()
        if not outgoing.add(self._url.get_secret_value().replace(RECIPIENT, quote(recipient, safe=""))):
            return False
        for server in outgoing:
            server.request_rate_per_sec = 0  # chats need the pause between two messages, mail does not
        try:
            return bool(outgoing.notify(title=title, body=text, body_format=NotifyFormat.TEXT))
        except Exception as error:  # noqa: BLE001  (code of many hands; its words may hold the URL)
            log.error("mail to a miner failed", extra={"error": type(error).__name__})
            return False

    def close(self) -> None:
        """Let its threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
