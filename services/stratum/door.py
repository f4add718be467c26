"""One stratum port: who may come in, and on which terms a miner begins."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from services.stratum.capacity import Capacity
from services.stratum.certificate import Certificate
from services.stratum.entrance import OPEN, Entrance, TlsMode
from services.stratum.ip_group import ip_group
from services.stratum.pool import Pool
from services.stratum.proxy_policy import ProxyPolicy
from services.stratum.session import Session
from services.stratum.switch import Switch
from services.stratum.terms import Terms
from services.stratum.visitors import Visitor
from services.stratum.warden import Warden

if TYPE_CHECKING:
    from services.stratum.connection import Connection


class Guest(msgspec.Struct, frozen=True):
    """An admitted connection: its address, as far as bans go ("" for a balancer), and its session.

    `switch` is that of its port, None where the port mines one pool.
    """

    group: str
    visitor: Visitor
    session: Session
    switch: Switch | None = None


@dataclass(slots=True, eq=False)
class Door:
    """A port of a pool; or of a switch, whose default pool then says everything but what is mined.

    `terms` are those in `pool`, `offers` those in each pool of a switch, by its name.
    """

    pool: Pool
    port: int
    terms: Terms
    proxies: ProxyPolicy
    tls_mode: TlsMode
    certificate: Certificate | None
    capacity: Capacity
    warden: Warden
    max_connections: int  # of the pool or switch, 0 for no limit of its own
    switch: Switch | None = None
    offers: Mapping[str, Terms] = field(default_factory=dict)

    @property
    def pool_now(self) -> Pool:
        """What a newcomer mines."""
        return self.switch.current if self.switch else self.pool

    def terms_in(self, pool: Pool) -> Terms:
        """On which terms a miner of this port mines a pool."""
        return self.offers[pool.config.name] if self.switch else self.terms

    def refusal(self, peer_ip: str) -> str | None:
        """Why a new connection is not even read from, in a constant word; None when it has a place now."""
        if self.proxies.refuses(peer_ip):
            return "not-by-proxy"
        if self.warden.is_banned(self.group_of(peer_ip)):
            return "banned"
        if self.max_connections and self._taken >= self.max_connections:
            return "pool-full"
        return None if self.capacity.take() else "full"

    def enter(self, connection: Connection) -> None:
        """Remember a connection that has a place."""
        connection.pool.connections[connection] = None
        if self.switch is not None:
            connection.pool.passing += 1
            self.switch.connections[connection] = None

    def carry(self, connection: Connection, pool: Pool) -> None:
        """The switch mines another pool: the connection is one of that pool's from now on."""
        del connection.pool.connections[connection]
        connection.pool.passing -= 1
        connection.pool = pool
        pool.connections[connection] = None
        pool.passing += 1

    def entrance(self, peer_ip: str) -> Entrance:
        """What the connection's first bytes have to be."""
        expects_header = self.proxies.expects_header(peer_ip)
        if self.tls_mode == "off" and not expects_header:
            return OPEN
        return Entrance(
            expects_header=expects_header,
            header_required=self.proxies.required,
            tls_mode=self.tls_mode,
            tls=self._tls_context(),
        )

    def admit(self, connection: Connection, now: float) -> Guest | str:
        """A session for a connection whose address is known now, or why not, in a constant word."""
        group = self.group_of(connection.ip)
        if self.warden.is_banned(group):
            return "banned"
        visitor = self.pool.visitors.admit(group, now, limited=group != "")
        if visitor is None:
            return "connect-rate"
        visitor.connections.add(connection)
        connection.pool.counters.connections_total += 1
        session = Session(self.terms_in(connection.pool), visitor.may_login, now)
        return Guest(group, visitor, session, self.switch)

    def leave(self, connection: Connection) -> None:
        """Forget a connection that had a place."""
        self.capacity.give_back()
        del connection.pool.connections[connection]
        if self.switch is not None:
            connection.pool.passing -= 1
            del self.switch.connections[connection]
        if connection.dialogue is not None:
            self.pool.give_back_extranonce1(connection.dialogue.session)
            connection.dialogue.visitor.connections.discard(connection)

    def group_of(self, ip: str) -> str:
        """Whom to blame for what comes from there: nobody for what a balancer passes on."""
        return "" if ip in self.proxies.balancers else ip_group(ip)

    @property
    def _taken(self) -> int:
        """Of `max_connections`: the miners of switching ports are their switch's."""
        if self.switch is not None:
            return len(self.switch.connections)
        return len(self.pool.connections) - self.pool.passing

    def _tls_context(self) -> ssl.SSLContext | None:
        return self.certificate.context if self.certificate is not None else None
