"""From a command to whoever answers it; what changes something is written down before and after."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
from nats.aio.client import Client

from deploy.operator.answer import Answer, Refused
from deploy.operator.money import Money
from deploy.operator.order_log import logged, order_log
from deploy.operator.payment_orders import PaymentOrders
from deploy.operator.person import Person
from deploy.operator.reload_orders import ReloadOrders
from deploy.operator.replicas import answering, of_stratum
from deploy.operator.status import look
from deploy.operator.status_text import status_text, troubles
from deploy.operator.stratum_orders import NOBODY, StratumOrders
from deploy.operator.switch_orders import switch
from nompcore.bus import Bus
from nompcore.control import StratumControl
from nompcore.messages import MinerNotice
from nompcore.subjects import NOTICE
from nompcore.switching import SwitchOrder
from services.api.admin.config_files import ConfigFiles

Order = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's way to all services. `money` of a pool's name; `tell` what happens while it happens."""

    bus: Bus
    client: Client
    person: Person
    money: Callable[[str], Money]
    arguments: argparse.Namespace
    files: ConfigFiles
    tell: Callable[[str], None]

    async def carry_out(self) -> Answer:
        """Raises Refused and BusError."""
        name = self.arguments.command
        order = self._orders()[name]
        if not self._changes():
            return await order()
        return await logged(order_log(self.bus, _now_ms), self.person, self._action(), self._asked(), order)

    def _orders(self) -> Mapping[str, Order]:
        return {
            "status": self._status,
            "switch": self._switch,
            "ban": self._ban,
            "unban": self._unban,
            "bans": self._bans,
            "kick": self._kick,
            "notice": self._notice,
            "reload": self._reload,
            "pause": lambda: self._payments().pause(self.arguments.reason),
            "resume": lambda: self._payments().resume(),
            "payments": self._look_at_payments,
            "audit": lambda: self._payments().audit(),
            "upstream-reward": self._upstream_reward,
        }

    def _changes(self) -> bool:
        """Whether it is an order, not a question."""
        asked = self.arguments
        match asked.command:
            case "status" | "bans" | "audit":
                return False
            case "switch":
                return bool(asked.coin)
            case "payments":
                return bool(asked.release)
            case "reload":
                return not asked.dry_run
        return True

    def _action(self) -> str:
        """As the admin center calls it."""
        return "release-payee" if self.arguments.command == "payments" else str(self.arguments.command)

    def _asked(self) -> dict[str, str]:
        hidden = ("command", "json", "dry_run")
        return {name: str(value) for name, value in vars(self.arguments).items() if name not in hidden}

    # ---- questions ----

    async def _status(self) -> Answer:
        status = await look(self.bus, self.client, _now_ms(), self.arguments.pool)
        problems = troubles(status)
        data = {**msgspec.to_builtins(status), "problems": problems}
        return Answer(status_text(status, self.money), data, ok=not problems)

    async def _look_at_payments(self) -> Answer:
        if self.arguments.release:
            return await self._payments().release(self.arguments.release)
        return await (self._payments().dry_run() if self.arguments.dry_run else self._payments().status())

    async def _bans(self) -> Answer:
        return await (await self._stratum()).bans()

    # ---- orders ----

    async def _switch(self) -> Answer:
        asked = self.arguments
        order = SwitchOrder(
            switch=asked.switch, coin=asked.coin, algorithm=asked.algorithm, reason=asked.reason,
            author=self.person.author,
        )  # fmt: skip
        return await switch(self.bus, order)

    async def _ban(self) -> Answer:
        asked = self.arguments
        order = StratumControl(
            action="ban", ip=asked.ip, seconds=asked.seconds, reason=asked.reason, author=self.person.author
        )
        return await (await self._stratum()).ban(order)

    async def _unban(self) -> Answer:
        order = StratumControl(action="unban", ip=self.arguments.ip, author=self.person.author)
        return await (await self._stratum()).unban(order)

    async def _kick(self) -> Answer:
        asked = self.arguments
        order = StratumControl(
            action="kick", worker=asked.worker, ip=asked.ip, connection=asked.connection,
            author=self.person.author,
        )  # fmt: skip
        return await (await self._stratum(asked.pool)).kick(order)

    async def _notice(self) -> Answer:
        pool, text = self.arguments.pool, self.arguments.text
        heard = [replica for _, replica in of_stratum(await answering(self.client), pool)]
        if not heard:
            raise Refused(f"{NOBODY} for pool {pool}")
        await self.bus.send(NOTICE, MinerNotice(pool=pool, text=text), pool=pool)
        return Answer(f"{pool}: sent to the miners of {len(heard)} replicas", {"replicas": heard})

    async def _reload(self) -> Answer:
        asked, orders = self.arguments, ReloadOrders(self.bus, self.client, self.files, self.tell)
        if asked.dry_run:
            return await orders.dry_run()
        return await orders.reload(self.person.author, _now_ms(), asked.wait)

    async def _upstream_reward(self) -> Answer:
        asked = self.arguments
        return await self._payments().upstream_reward(asked.txid_display, asked.amount_sats, asked.reason)

    async def _stratum(self, pool: str = "") -> StratumOrders:
        places = of_stratum(await answering(self.client), pool)
        if not places:
            raise Refused(NOBODY + (f" for pool {pool}" if pool else ""))
        return StratumOrders(self.bus, places)

    def _payments(self) -> PaymentOrders:
        pool = self.arguments.pool
        return PaymentOrders(self.bus, pool, self.money(pool), self.person.author)


def _now_ms() -> int:
    return int(time.time() * 1000)
