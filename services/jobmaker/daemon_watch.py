"""One daemon of a pool: what state it is in, learnt by asking it again and again, never given up.

A daemon is `ok` when it is on the pool's chain, agrees on the pool's address and gives block templates. While
it is, a look costs one `getbestblockhash`; chain and height are read again when that changes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from nompcore.config.pool import PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import (
    DaemonError,
    DaemonUnauthorized,
    DaemonUnreachable,
    DaemonWarmingUp,
    TemplateError,
)
from nompcore.messages import DaemonState
from nompcore.template import Template, parse_template
from services.jobmaker.chain_check import check_address, look_at_chain
from services.jobmaker.metrics import DAEMON_STATE
from services.jobmaker.wakeup import Wakeup

log = logging.getLogger(__name__)

OK, REFUSED, WRONG_NETWORK = "ok", "refused", "wrong-network"
_STATE_OF_ERROR: tuple[tuple[type[Exception], str], ...] = (
    (DaemonUnreachable, "unreachable"),
    (DaemonWarmingUp, "warming-up"),
    (DaemonUnauthorized, "unauthorized"),
)
STATES = (OK, REFUSED, WRONG_NETWORK, *(state for _, state in _STATE_OF_ERROR))

NEVER_LOOKED = "not asked yet"

_CAPABILITIES = ("coinbasetxn", "workid", "coinbase/append")
"""What NOMP told daemons that it can do (BIP 22, BIP 23)."""


def state_of(error: DaemonError | TemplateError) -> str:
    """The state that an error puts a daemon in."""
    return next((state for kind, state in _STATE_OF_ERROR if isinstance(error, kind)), REFUSED)


class WatchedDaemon:
    """A daemon with its state as of the last look. `on_change` is called when state or tip changed."""

    def __init__(
        self, daemon: Daemon, pool: PoolConfig, script: bytes, on_change: Callable[[], None]
    ) -> None:
        self.daemon = daemon
        self.wakeup = Wakeup()
        self.state = DaemonState(name=daemon.name, state="unreachable", detail=NEVER_LOOKED)
        self.tip_display = ""
        self._pool = pool
        self._script = script
        self._on_change = on_change

    @property
    def name(self) -> str:
        """host:port, as in logs and snapshots."""
        return self.state.name

    @property
    def is_ok(self) -> bool:
        """Whether it can give work."""
        return self.state.state == OK

    @property
    def is_foreign(self) -> bool:
        """Whether it is known to be on another network, where the pool's blocks mean nothing."""
        return self.state.state == WRONG_NETWORK

    async def look(self) -> None:
        """Ask the daemon how it is. Errors become its state."""
        try:
            if self.is_ok:
                await self._look_for_new_tip()
            else:
                await self._examine()
        except (DaemonError, TemplateError) as error:
            self._failed(error)

    async def template(self) -> Template:
        """A block template, parsed. Raises DaemonError or TemplateError, which are also its state then."""
        try:
            return await self._fetch_template()
        except (DaemonError, TemplateError) as error:
            self._failed(error)
            self.wakeup.ring()  # its next look may be a minute away
            raise

    async def _look_for_new_tip(self) -> None:
        tip_display = await self.daemon.call("getbestblockhash")
        if tip_display != self.tip_display:
            await self._locate()

    async def _examine(self) -> None:
        """Everything that makes a daemon `ok`, in the order in which a wrong answer tells most."""
        if not await self._locate():
            return
        complaint = await check_address(self.daemon, self._pool.address, self._script)
        if complaint:
            self._become(REFUSED, detail=complaint)
            return
        template = await self._fetch_template()
        self._become(OK, height=template.height - 1)

    async def _locate(self) -> bool:
        """Read chain, height and tip; False, and the state says so, when it is another network's daemon."""
        view = await look_at_chain(self.daemon)
        if self._pool.network not in view.chains:
            detail = f"the daemon is on {'/'.join(view.chains)}, the pool on {self._pool.network}"
            self._become(WRONG_NETWORK, height=view.height, detail=detail)
            return False
        is_new_tip = view.tip_display != self.tip_display
        self.tip_display = view.tip_display
        if self.is_ok and is_new_tip:
            self._become(OK, height=view.height)
            self._on_change()
        return True

    async def _fetch_template(self) -> Template:
        request = {"capabilities": list(_CAPABILITIES), "rules": list(self._pool.coin.gbt_rules)}
        answer = await self.daemon.call("getblocktemplate", request)
        # 9 ms for 4,000 transactions: in a thread, so that other pools need not wait.
        return await asyncio.to_thread(parse_template, answer)

    def _failed(self, error: DaemonError | TemplateError) -> None:
        self._become(state_of(error), height=self.state.height, detail=str(error))

    def _become(self, state: str, *, height: int = 0, detail: str = "") -> None:
        before, self.state = (
            self.state,
            DaemonState(name=self.name, state=state, height=height, detail=detail),
        )
        if before.state == state and before.detail != NEVER_LOOKED:
            return
        facts = {"daemon": self.name, "state": state, "detail": detail}
        log.log(logging.INFO if state == OK else logging.WARNING, "daemon state changed", extra=facts)
        for each in STATES:
            DAEMON_STATE.labels(self._pool.name, self.name, each).set(each == state)
        self._on_change()
