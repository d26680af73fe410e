"""What the shop calls, as JSON over HTTP. Who may call it is for the shop's own login: put that in front of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import ediel
from supplier import campaigns, orders
from supplier.backend import Backend
from supplier.forms import CampaignForm, OrderForm, ValuesForm
from supplier.tables import Account, Consumption, Order, Point

__all__ = ["app"]

F = TypeVar("F", bound=BaseModel)
_MOST: Final = 5_000_000
"""Bytes of a request: a campaign of a hundred thousand points."""


def app(backend: Backend) -> Starlette:
    """The web application of a backend."""
    engine, sessions = backend.engine, backend.sessions

    def place(form: OrderForm, _request: Request) -> Response:
        with sessions.begin() as session:
            order = orders.place(session, engine, form)
        return JSONResponse(_order(order), 201)

    def correct(form: OrderForm, request: Request) -> Response:
        if form.number != request.path_params["number"]:
            raise HTTPException(422, "the form is of another order")
        with sessions.begin() as session:
            order = orders.correct(session, engine, form)
        return JSONResponse(_order(order))

    def look_at(request: Request) -> Response:
        with sessions() as session:
            order = session.get(Order, request.path_params["number"])
        if order is None:
            raise HTTPException(404, "there is no such order")
        return JSONResponse({**_order(order), "possible": engine.process(order.process).commands})

    def cancel(request: Request) -> Response:
        with sessions.begin() as session:
            order = orders.cancel(session, engine, request.path_params["number"])
        return JSONResponse(_order(order), 202)

    def point(request: Request) -> Response:
        wanted = request.path_params["metering_point"]
        with sessions() as session:
            known = session.get(Point, wanted)
            accounts = session.scalars(select(Account).where(Account.metering_point == wanted).order_by(Account.start))
            billed = [_account(item) for item in accounts]
            kwh = session.scalar(select(func.sum(Consumption.kwh)).where(Consumption.metering_point == wanted))
        settlement = None if known is None else known.settlement
        total = None if kwh is None else str(kwh)
        return JSONResponse({"metering_point": wanted, "settlement": settlement, "accounts": billed, "kwh": total})

    def ask_for_point(request: Request) -> Response:
        return JSONResponse({"process": orders.ask_for_point(engine, request.path_params["metering_point"])}, 202)

    def ask_for_values(form: ValuesForm, request: Request) -> Response:
        process = orders.ask_for_values(engine, request.path_params["metering_point"], form)
        return JSONResponse({"process": process}, 202)

    def campaign(form: CampaignForm, request: Request) -> Response:
        done = campaigns.ask(engine, sessions, request.path_params["name"], form.metering_points)
        return JSONResponse(
            {"asked": done.asked, "known": done.known, "later": done.later, "refused": done.refused}, 202
        )

    def campaign_state(request: Request) -> Response:
        return JSONResponse(campaigns.state(sessions, request.path_params["name"]))

    return Starlette(
        routes=[
            Route("/orders", _reading(OrderForm, place), methods=["POST"]),
            Route("/orders/{number}", look_at),
            Route("/orders/{number}", _reading(OrderForm, correct), methods=["PUT"]),
            Route("/orders/{number}/cancel", cancel, methods=["POST"]),
            Route("/points/{metering_point}", point),
            Route("/points/{metering_point}/query", ask_for_point, methods=["POST"]),
            Route("/points/{metering_point}/values", _reading(ValuesForm, ask_for_values), methods=["POST"]),
            Route("/campaigns/{name}", campaign_state),
            Route("/campaigns/{name}", _reading(CampaignForm, campaign), methods=["POST"]),
        ],
        exception_handlers={
            HTTPException: _problem,
            ValidationError: _invalid,
            ediel.PreflightRefused: _refused,
            ediel.EdielError: _conflict,
            orders.NoSuchOrder: _missing,
        },
    )


def _reading(form: type[F], work: Callable[[F, Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a form, and does its work beside the event loop: the database may keep it waiting."""

    async def endpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST:
                raise HTTPException(413, f"at most {_MOST} bytes")
        return await run_in_threadpool(work, form.model_validate_json(bytes(body)), request)

    return endpoint


def _order(order: Order) -> dict[str, str]:
    return {
        "number": order.number,
        "metering_point": order.metering_point,
        "start": order.start.isoformat(),
        "state": order.state,
        "reasons": order.reasons,
        "not_sent": order.not_sent,
    }


def _account(account: Account) -> dict[str, str | None]:
    end = None if account.end is None else account.end.isoformat()
    return {"order": account.order, "customer": account.customer, "start": account.start.isoformat(), "end": end}


# --- what goes wrong, in words; values of the request are not repeated, for they may be about people


def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"problem": error.detail}, error.status_code)


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    problems = [
        {"where": ".".join(map(str, item["loc"])), "problem": item["msg"]}
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return JSONResponse({"problem": "the form does not fit", "problems": problems}, 422)


def _refused(_request: Request, error: Exception) -> Response:
    """Elhub would refuse it: its rules are asked before anything is kept."""
    assert isinstance(error, ediel.PreflightRefused)
    findings = [item for message in error.report.messages for item in message.findings if item.severity == "error"]
    problems = [{"where": item.path, "problem": item.text, "code": item.code} for item in findings]
    return JSONResponse({"problem": "Elhub would refuse it", "problems": problems}, 422)


def _conflict(_request: Request, error: Exception) -> Response:
    """Such as CommandRefused: the text says what is possible instead."""
    return JSONResponse({"problem": str(error)}, 409)


def _missing(_request: Request, error: Exception) -> Response:
    return JSONResponse({"problem": str(error)}, 404)
