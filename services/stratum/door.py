"""One stratum port: who may come in, and on which terms a miner begins."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from services.stratum.capacity import Capacity
from services.stratum.certificate import Certificate
from services.stratum.entrance import Entrance, TlsMode
from services.stratum.ip_group import ip_group
from services.stratum.pool import Pool
from services.stratum.proxy_policy import ProxyPolicy
from services.stratum.session import Session
from services.stratum.terms import Terms
from services.stratum.visitors import Visitor
from services.stratum.warden import Warden

if TYPE_CHECKING:
    from services.stratum.connection import Connection


class Guest(msgspec.Struct, frozen=True):
    """An admitted connection: its address, as far as bans go ("" for a balancer), and its session."""

    group: str
    visitor: Visitor
    session: Session


@dataclass(slots=True, eq=False)
class Door:
    """A port of a pool."""

    pool: Pool
    port: int
    terms: Terms
    proxies: ProxyPolicy
    tls_mode: TlsMode
    certificate: Certificate | None
    capacity: Capacity
    warden: Warden
    max_connections: int  # of the pool, 0 for no limit of its own

    def refusal(self, peer_ip: str) -> str | None:
        """Why a new connection is not even read from, in a constant word; None when it has a place now."""
        if self.proxies.refuses(peer_ip):
            return "not-by-proxy"
        if self.warden.is_banned(self.group_of(peer_ip)):
            return "banned"
        if self.max_connections and len(self.pool.connections) >= self.max_connections:
            return "pool-full"
        return None if self.capacity.take() else "full"

    def entrance(self, peer_ip: str) -> Entrance:
        """What the connection's first bytes have to be."""
        return Entrance(
            expects_header=self.proxies.expects_header(peer_ip),
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
        self.pool.counters.connections_total += 1
        return Guest(group, visitor, Session(self.terms, visitor.may_login, now))

    def leave(self, connection: Connection) -> None:
        """Forget a connection that had a place."""
        self.capacity.give_back()
        del self.pool.connections[connection]
        if connection.dialogue is not None:
            connection.dialogue.visitor.connections.discard(connection)

    def group_of(self, ip: str) -> str:
        """Whom to blame for what comes from there: nobody for what a balancer passes on."""
        return "" if ip in self.proxies.balancers else ip_group(ip)

    def _tls_context(self) -> ssl.SSLContext | None:
        return self.certificate.context if self.certificate is not None else None
