"""The key that signs session tokens: made by the first replica, kept in KV, known to replicas only."""

from __future__ import annotations

import logging
import secrets

from nompcore.bus import Bus
from nompcore.errors import BusUnavailable
from nompcore.patience import Patience
from nompcore.subjects import REPLICAS
from services.stratum.session_token import KEY_BYTES

log = logging.getLogger(__name__)

_ENTRY = "session-key"


async def session_signing_key(bus: Bus) -> bytes:
    """The key all replicas share, after as long as it takes until NATS answers."""
    bucket, patience = bus.bucket(REPLICAS), Patience()
    while True:
        try:
            if entry := await bucket.get(_ENTRY):
                return entry.value
            await bucket.create(_ENTRY, secrets.token_bytes(KEY_BYTES))
        except BusUnavailable as error:
            log.info("cannot read the session key", extra={"reason": str(error)})
            await patience.wait()
