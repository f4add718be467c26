"""The table of orders, each carried out between two lines of the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nompcore.config import PoolConfig
from nompcore.errors import BusError
from services.api.admin.audit_log import DONE, REFUSED, AuditLog
from services.api.admin.exempt import exempting_pool
from services.api.admin.order import Order, OrderRefused
from services.api.admin.payments_desk import ORDERS, PaymentsDesk
from services.api.admin.reload_desk import ReloadDesk
from services.api.admin.stratum_desk import StratumDesk
from services.api.admin.switch_desk import SwitchDesk
from services.api.admin.visit import Visit
from services.api.state.metrics import ADMIN_ACTIONS

MAX_FIELD = 2000

Check = Callable[[], list[str]]
"""What is wrong with the configuration as it stands in the files now; nothing where it is in order."""


class Actions:
    """What an operator can order. Questions are pages and change nothing."""

    def __init__(
        self,
        pools: Mapping[str, PoolConfig],
        stratum: StratumDesk,
        payments: PaymentsDesk,
        switches: SwitchDesk,
        audit: AuditLog,
        check: Check,
        reload: ReloadDesk,
    ) -> None:
        self._pools = pools
        self._stratum = stratum
        self._payments = payments
        self._audit = audit
        self._check = check
        self.table: Mapping[str, Callable[[Order], Awaitable[str]]] = {
            "kick": self._kick,
            "ban": self._ban,
            "unban": self._unban,
            "switch": switches.switch,
            "check-config": self._check_config,
            "reload": reload.reload,
            **{name: partial(self._payment, name) for name in ORDERS},
        }

    async def carry_out(self, name: str, visit: Visit) -> str:
        """What was done, in words. Raises OrderRefused, and BusError where the log cannot be written."""
        action = self.table.get(name)
        if action is None:
            raise OrderRefused("there is no such order")
        fields = {key: value[:MAX_FIELD] for key, value in visit.fields.items() if key != "back"}
        entry = await self._audit.begin(visit.who, visit.ip, name, fields)
        try:
            done = await action(Order(visit.who, fields))
        except (OrderRefused, BusError) as error:
            ADMIN_ACTIONS.labels(name, REFUSED).inc()
            await self._audit.finish(entry, REFUSED, str(error))
            raise OrderRefused(str(error)) from error
        ADMIN_ACTIONS.labels(name, DONE).inc()
        await self._audit.finish(entry, DONE, done)
        return done

    async def _kick(self, order: Order) -> str:
        named = {name: order.text(name) for name in ("connection", "worker", "ip")}
        return await self._stratum.kick(
            self._pool(order), order.text("replica"), reason=order.text("reason"), author=order.who, **named
        )

    async def _ban(self, order: Order) -> str:
        ip = order.required("ip")
        if exempting := exempting_pool(ip, self._pools):
            raise OrderRefused(
                f"{ip} is in banning.exempt of {exempting}; take it out there, reload, then ban it"
            )
        return await self._stratum.ban(
            self._pool(order),
            ip=ip,
            seconds=float(order.whole("hours") * 3600),
            reason=order.required("reason"),
            author=order.who,
        )

    async def _unban(self, order: Order) -> str:
        return await self._stratum.unban(ip=order.required("ip"), author=order.who)

    async def _payment(self, action: str, order: Order) -> str:
        return await self._payments.order(self._pool(order), action, order)

    async def _check_config(self, _order: Order) -> str:
        problems = self._check()
        if problems:
            raise OrderRefused("services would not start:\n" + "\n".join(problems))
        return "the files are in order: services would start with them"

    def _pool(self, order: Order) -> str:
        pool = order.required("pool")
        if pool not in self._pools:
            raise OrderRefused("there is no such pool")
        return pool
