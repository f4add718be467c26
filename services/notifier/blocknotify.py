"""What the notifier does with a daemon's notice of a new block: it tells jobmaker to look."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pydantic import SecretStr

from nompcore.bus import Bus
from nompcore.errors import BusError
from nompcore.messages import Tip
from nompcore.subjects import TIP
from services.notifier.metrics import NOTICES, TIPS_LOST
from services.notifier.notice import Notice, read_notice
from services.notifier.refusal import Refusal

log = logging.getLogger(__name__)

NOTIFIED = "Pool workers notified"
"""NOMP's words; `deploy/scripts/blocknotify` knows by them that the notice was taken."""

TIP_SOURCE = "blocknotify"


class TipPublisher:
    """Notices become tips. One that NATS does not take is counted: the jobmaker polls its daemon anyway."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def publish(self, notice: Notice) -> str:
        """Tell every pool that is meant; returns what the sender is answered."""
        NOTICES.inc()
        log.info("block notified", extra={"pools": notice.pools, "block_hash": notice.block_hash_display})
        for pool in notice.pools:
            tip = Tip(pool=pool, block_hash_display=notice.block_hash_display, source=TIP_SOURCE)
            try:
                await self._bus.send(TIP, tip, pool=pool)
            except BusError:
                TIPS_LOST.inc()
        return NOTIFIED


class BlockNotify:
    """Reads lines of `blockNotifyListener`."""

    def __init__(
        self, password: SecretStr, pools: Mapping[str, tuple[str, ...]], publisher: TipPublisher
    ) -> None:
        self._password = password
        self._pools = pools
        self._publisher = publisher

    async def serve(self, line: bytes) -> str | Refusal:
        """Publish what the line tells."""
        notice = read_notice(line, self._password.get_secret_value(), self._pools)
        return notice if isinstance(notice, Refusal) else await self._publisher.publish(notice)
