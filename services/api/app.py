"""The FastAPI application: routes, error documents and the headers of every response."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from nompcore.version import VERSION
from services.api.health import health_router
from services.api.nomp_api import NompAnswers, nomp_router
from services.api.page import Pages, docs_router, site_router
from services.api.portal import Portal
from services.api.problem import install_problems
from services.api.request_metrics import RequestMetrics
from services.api.security_headers import SecurityHeaders
from services.api.v1 import v1_router

STATIC = Path(__file__).parent / "static"


def create_app(portal: Portal, answers: NompAnswers) -> ASGIApp:
    """The application over one portal. It holds no task and no connection: `__main__` runs those."""
    # Outside of everything, so that answers to bugs and to unknown paths are measured and guarded as well.
    return RequestMetrics(SecurityHeaders(routes(portal, answers)))


def routes(portal: Portal, answers: NompAnswers) -> FastAPI:
    """Everything that is served."""
    app = FastAPI(
        title="Mining pool API", version=VERSION, docs_url=None, redoc_url=None, openapi_url="/openapi.json"
    )
    install_problems(app)
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"])
    pages = Pages(portal)
    app.include_router(nomp_router(portal, answers))
    app.include_router(v1_router(portal))
    app.include_router(health_router(portal))
    app.include_router(docs_router(pages))
    if portal.config.website.enabled:
        app.include_router(site_router(pages))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
