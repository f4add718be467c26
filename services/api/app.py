"""The FastAPI application: routes, error documents and the headers of every response."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from nompcore.version import VERSION
from services.api.admin.center import AdminCenter, beside
from services.api.nomp.nomp_api import NompAnswers, nomp_router
from services.api.nomp.nomp_forks_api import nomp_forks_router
from services.api.serving.entity_tags import EntityTags
from services.api.serving.health import health_router
from services.api.serving.kept_answers import EXPOSED, KeptAnswers, kept_paths
from services.api.serving.openapi_document import describe
from services.api.serving.problem import install_problems
from services.api.serving.rate_limit import Gate, RateLimit
from services.api.serving.request_metrics import RequestMetrics
from services.api.serving.security_headers import SecurityHeaders
from services.api.serving.small_bodies import SmallBodies
from services.api.site.pages import Pages
from services.api.site.routes import docs_router, site_router
from services.api.site.signed_routes import link_router, signed_router
from services.api.state.pool_metrics import pool_metrics_router
from services.api.state.portal import Portal
from services.api.subscribing.desk import SubscriptionDesk
from services.api.subscribing.pace import Pace
from services.api.v1.router import v1_router

STATIC = Path(__file__).parent / "static"


def create_app(
    portal: Portal, answers: NompAnswers, gate: Gate | None = None, admin: AdminCenter | None = None
) -> ASGIApp:
    """The application over one portal, with the admin center where it has no port of its own.

    It holds no task and no connection: `__main__` runs those.
    """
    gate, state = gate or Gate(), portal.state
    public: ASGIApp = routes(portal, answers, gate)
    public = KeptAnswers(public, kept_paths(portal.config.pools), lambda: state.revision, gate)
    # Outside of everything, so that answers to bugs and to unknown paths are measured and guarded as well.
    return RequestMetrics(SecurityHeaders(beside(admin, public) if admin else public))


def routes(portal: Portal, answers: NompAnswers, gate: Gate) -> FastAPI:
    """Everything that is served."""
    app = FastAPI(
        title="Mining pool API", version=VERSION, docs_url=None, redoc_url=None, openapi_url="/openapi.json"
    )
    install_problems(app)
    # The last one added is the outermost: a refusal too can be read from other sites.
    app.add_middleware(EntityTags)
    app.add_middleware(SmallBodies)
    app.add_middleware(RateLimit, gate=gate)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET"],
        allow_headers=["If-None-Match", "Last-Event-ID"],
        expose_headers=EXPOSED,
    )
    pages = Pages(portal)
    app.include_router(nomp_router(portal, answers))
    app.include_router(nomp_forks_router(portal))
    desk, pace = SubscriptionDesk(portal), Pace()
    app.include_router(v1_router(portal, desk, pace))
    app.include_router(health_router(portal))
    app.include_router(pool_metrics_router(portal))
    app.include_router(docs_router(pages))
    app.include_router(link_router(pages, desk))
    if portal.config.website.enabled:
        app.include_router(site_router(pages, portal))
        app.include_router(signed_router(pages, desk, pace))
    describe(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
