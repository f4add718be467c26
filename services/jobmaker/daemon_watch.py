"""One daemon of a pool: what state it is in, learnt by asking it again and again, never given up.

A daemon is able when it is on the pool's chain, agrees on the pool's address and gives block templates. While
it is, a look costs one `getbestblockhash`; chain and height are read again when that changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from nompcore.config.pool import PoolConfig
from nompcore.daemon import Daemon
from nompcore.errors import DaemonError, DaemonSilent, DaemonUnfit, TemplateError
from nompcore.messages import DaemonState
from services.jobmaker.capabilities import Capabilities, ask_capabilities
from services.jobmaker.chain_check import look_at_chain
from services.jobmaker.daemon_states import OK, STATES, WRONG_NETWORK, state_of
from services.jobmaker.metrics import DAEMON_STATE
from services.jobmaker.offer import Offer, read_offer
from services.jobmaker.wakeup import Wakeup

log = logging.getLogger(__name__)

NEVER_LOOKED = "not asked yet"

LONG_POLL_SECONDS = 240.0
"""A long poll is asked anew after this long: daemons and what stands before them forget idle connections."""


@dataclass(frozen=True, slots=True)
class _Health:
    """What the last look said; `standing` is for a daemon that is able only."""

    state: str
    height: int = 0
    detail: str = ""


class WatchedDaemon:
    """A daemon with its state as of the last look. `on_change` is called when state or tip changed."""

    def __init__(
        self, daemon: Daemon, pool: PoolConfig, script: bytes, on_change: Callable[[], None]
    ) -> None:
        self.daemon = daemon
        self.wakeup = Wakeup()
        self.name = daemon.name  # host:port, as in logs and snapshots
        self.tip_display = ""
        self.longpollid = ""  # of the newest template; empty where the daemon has no long polls
        self.capabilities: Capabilities | None = None  # None until it was able for the first time
        self.acquaintance = 0  # counts how often it was met: it may be another version each time
        self._pool = pool
        self._script = script
        self._on_change = on_change
        self._health = _Health("unreachable", detail=NEVER_LOOKED)
        self._standing = _Health(OK)

    @property
    def is_able(self) -> bool:
        """Whether it can give work."""
        return self._health.state == OK

    @property
    def is_foreign(self) -> bool:
        """Whether it is known to be on another network, where the pool's blocks mean nothing."""
        return self._health.state == WRONG_NETWORK

    @property
    def height(self) -> int:
        """Of its tip."""
        return self._health.height

    @property
    def state(self) -> DaemonState:
        """How it looks from outside."""
        shown = self._standing if self.is_able else self._health
        return DaemonState(name=self.name, state=shown.state, height=self.height, detail=shown.detail)

    def stand(self, standing: str, detail: str) -> None:
        """How it stands beside the daemon that leads."""
        self._become(self._health, _Health(standing, detail=detail))

    async def look(self) -> None:
        """Ask the daemon how it is. Errors become its state."""
        try:
            if self.is_able:
                await self._look_for_new_tip()
            else:
                await self._examine()
        except (DaemonError, TemplateError) as error:
            self._become(_Health(state_of(error), self.height, str(error)))

    def fail(self, error: DaemonError | TemplateError) -> None:
        """It did not do what was asked: that is its state until it does."""
        self._become(_Health(state_of(error), self.height, str(error)))
        self.wakeup.ring()  # its next look may be a minute away

    async def offer(self) -> Offer:
        """A block template. Raises DaemonError or TemplateError, which are also its state then."""
        try:
            return await self._ask_for_template()
        except (DaemonError, TemplateError) as error:
            self.fail(error)
            raise

    async def next_offer(self) -> Offer | None:
        """A long poll: the template after the present one; None when nothing came. Raises as `offer`."""
        try:
            return await self._ask_for_template(self.longpollid, LONG_POLL_SECONDS)
        except DaemonSilent:
            return None

    async def _look_for_new_tip(self) -> None:
        tip_display = await self.daemon.call("getbestblockhash")
        if tip_display != self.tip_display:
            await self._locate()

    async def _examine(self) -> None:
        """Everything that makes a daemon able, in the order in which a wrong answer tells most."""
        if not await self._locate():
            return
        self.capabilities = await ask_capabilities(self.daemon, self._pool, self._script)
        self.acquaintance += 1
        template = await (await self._ask_for_template()).whole()
        self._become(_Health(OK, template.height - 1), _Health(OK))

    async def _locate(self) -> bool:
        """Read chain, height and tip; False, and the state says so, when it is another network's daemon."""
        view = await look_at_chain(self.daemon)
        if self._pool.network not in view.chains:
            detail = f"the daemon is on {'/'.join(view.chains)}, the pool on {self._pool.network}"
            self._become(_Health(WRONG_NETWORK, view.height, detail))
            return False
        self._see_tip(view.tip_display, view.height)
        return True

    def _see_tip(self, tip_display: str, height: int) -> None:
        is_new, self.tip_display = tip_display != self.tip_display, tip_display
        if self.is_able and is_new:
            self._become(_Health(OK, height), self._standing)
            self._on_change()

    async def _ask_for_template(self, longpollid: str = "", timeout_seconds: float | None = None) -> Offer:
        if self.capabilities is None:
            raise DaemonUnfit(NEVER_LOOKED)
        request = self.capabilities.template_request
        if longpollid:
            request["longpollid"] = longpollid
        within = {} if timeout_seconds is None else {"timeout_seconds": timeout_seconds}
        fields = await self.daemon.call_fields("getblocktemplate", request, **within)
        offer = read_offer(self.name, fields, self._pool)
        self.longpollid = offer.head.longpollid
        self._see_tip(offer.head.prevhash_display, offer.head.height - 1)
        return offer

    def _become(self, health: _Health, standing: _Health | None = None) -> None:
        before, was_asked = self.state, self._health.detail != NEVER_LOOKED
        self._health, self._standing = health, standing or _Health(OK)
        now = self.state
        if before.state == now.state and was_asked:
            return
        facts: dict[str, object] = {"daemon": self.name, "state": now.state, "detail": now.detail}
        if self.capabilities is not None and now.state == OK:
            facts |= {"rules": self.capabilities.rules, "submit": self.capabilities.submit_call}
        log.log(logging.INFO if now.state == OK else logging.WARNING, "daemon state changed", extra=facts)
        for each in STATES:
            DAEMON_STATE.labels(self._pool.name, self.name, each).set(each == now.state)
        self._on_change()
