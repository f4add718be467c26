"""One request to the admin center that the guard has let through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from services.api.admin.session import Session

COOKIE = "nomp_admin"
LOGIN_COOKIE = "nomp_admin_login"
TOKEN_FIELD = "token"  # noqa: S105  (the name of a field)

HOME, LOGIN = "/admin", "/admin/login"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks (None: nobody, who may only log in), from where, the token of its forms, and what was sent."""

    session: Session | None
    ip: str
    token: str
    fields: Mapping[str, str]

    @property
    def who(self) -> str:
        """The operator's name."""
        return self.session.operator.name if self.session else ""


def visit_of(request: Request) -> Visit:
    """What the guard has left with the request."""
    return cast("Visit", request.scope["nomp_visit"])


def is_encrypted(request: Request) -> bool:
    """Whether the browser speaks TLS, to us or to the proxy before us.

    The header is believed from anybody: who forges it only keeps their own cookie from plain connections.
    """
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", "").strip())
