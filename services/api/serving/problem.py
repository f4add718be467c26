"""Errors as `application/problem+json` (RFC 9457), whatever raised them."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from nompcore.errors import BusError

PROBLEM_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An answer that is an error; `title` is constant for a kind of problem, `detail` is for the reader."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail


def unknown_pool() -> ProblemError:
    """404: the name in the path is not a pool of ours."""
    return ProblemError(404, "unknown pool", "/api/v1/pools lists the pools")


def unknown_switch() -> ProblemError:
    """404: the name in the path is not a switch of ours."""
    return ProblemError(404, "unknown switch", "/api/v1/switches lists the switches")


def unknown_miner() -> ProblemError:
    """404: payouts knows no share, balance or payment of the address."""
    return ProblemError(404, "unknown miner", "this address has not mined here")


def network_unknown() -> ProblemError:
    """503: no daemon of the pool has told anything yet."""
    return ProblemError(503, "network unknown", "no daemon of this pool has answered yet")


def payouts_unavailable() -> ProblemError:
    """503: balances, blocks and payments are payouts' and it does not answer."""
    return ProblemError(503, "payouts unavailable", "live figures are still served; try again shortly")


def too_many_requests(wait_seconds: int) -> JSONResponse:
    """429: the sender asks more often than it may, and may again in so many seconds."""
    response = problem_response(ProblemError(429, "too many requests", f"try again in {wait_seconds} s"))
    response.headers["Retry-After"] = str(wait_seconds)
    return response


def problem_response(problem: ProblemError) -> JSONResponse:
    """The problem as JSON; `Retry-After` where trying again may help."""
    body = {"type": "about:blank", "title": problem.title, "status": problem.status}
    if problem.detail:
        body["detail"] = problem.detail
    headers = {"Retry-After": "5"} if problem.status == 503 else None
    return JSONResponse(body, problem.status, headers, PROBLEM_TYPE)


def install_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""

    @app.exception_handler(ProblemError)
    async def on_problem(_: Request, problem: ProblemError) -> JSONResponse:
        return problem_response(problem)

    @app.exception_handler(BusError)
    async def on_bus(_: Request, __: BusError) -> JSONResponse:
        # The only thing a route asks NATS for is an answer of payouts.
        return problem_response(payouts_unavailable())

    @app.exception_handler(HTTPException)
    async def on_http(_: Request, error: HTTPException) -> JSONResponse:
        response = problem_response(ProblemError(error.status_code, str(error.detail).lower()))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    async def on_validation(_: Request, error: RequestValidationError) -> JSONResponse:
        # Only places and rules go back: the refused text itself is the sender's and may be anything.
        places = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors())
        return problem_response(ProblemError(422, "invalid parameter", places))

    @app.exception_handler(Exception)
    async def on_bug(_: Request, __: Exception) -> JSONResponse:
        # Starlette raises it again after this answer, so the traceback reaches the log.
        return problem_response(ProblemError(500, "internal error"))
