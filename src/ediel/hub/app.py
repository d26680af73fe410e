"""The hub over HTTP: an ASGI app with the five services, their WSDL and schemas, and the back office."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, Final

import anyio
import anyio.to_thread
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ediel.engine import EngineError
from ediel.engine.observe import log, where
from ediel.errors import LineRefused, problems_of
from ediel.hub._calls import Call
from ediel.hub._guard import Guard
from ediel.hub._hub import Hub
from ediel.hub._replies import Reply
from ediel.hub._wsdl import documents, service_of, wsdl
from ediel.hub.admin import ENDPOINTS, Asked, Endpoint, NotThere, check_years, openapi
from ediel.hub.errors import Rebound
from ediel.hub.rest._answers import RestCall
from ediel.hub.rest._side import TOKEN
from ediel.hub.rest.access import BASE, OPERATIONS
from ediel.hub.rest.consents import NotKnown, NotPending
from ediel.processes import NoTransition
from ediel.serve.bodies import Bodies, BodyRefused
from ediel.xml import LIMITS
from ediel.xml.parser import fits

__all__ = ["SERVICES", "asgi"]

SERVICES: Final = "/WebService/services"
"""Where the services lie, as at Elhub."""
_LONGEST_SILENCE: Final = 600
_TICK: Final = 0.25
_SMALL: Final = 20_000
_AT_ONCE: Final = 8
"""Calls that are worked on at a time: more would wait for the database anyway, and each keeps a connection to it."""

_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_LARGEST_REST: Final = 2_000_000
_SMALL_CALL: Final = 1_000_000
_LARGEST_JSON: Final = 20_000_000
_LARGE_AT_ONCE: Final = 2
"""Calls of more than ``_SMALL_CALL`` bytes, unpacked, that are worked on at a time: small ones never wait for them."""
_LARGE_CALL: Final = 10_000_000
"""Calls of more bytes than this, unpacked, are worked on one by one: each may hold as many as the limit allows."""

_Handler = Callable[[Request], Awaitable[Response]]


def asgi(
    hub: Hub, *, version: str = "", ticks: bool = True, token: str | None = None, hosts: Iterable[str] = ()
) -> Starlette:
    """The app of a hub.

    Args:
        hub: the hub.
        version: what the OpenAPI says.
        ticks: fire timers as they fall due; without it, only when the clock is moved.
        token: what the back office asks of whoever calls it; a new one when not given, which nobody knows.
        hosts: names under which the back office may be called, besides those of this machine.
    """
    guard = Guard(token, hosts)

    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_tick(hub)) if ticks else None
        yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    bodies = Bodies()
    service = _service(hub, bodies)
    return Starlette(
        routes=[
            Route("/health", _health(hub)),
            Route(f"{SERVICES}/schemas/{{document:path}}", _schema),
            *(
                route
                for path in (f"{SERVICES}/{{service}}", f"{SERVICES}/{{service}}/")
                for route in (
                    Route(path, service, methods=["POST"]),
                    Route(path, _wsdl(hub), methods=["GET"]),
                    Route(path, _not_allowed, methods=["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]),
                )
            ),
            *rest_routes(hub, bodies),
            Route("/admin", _entrance(guard)),
            Route("/admin/openapi.json", _guarded(guard, _description(version))),
            *(
                Route(f"/admin{row.path}", _guarded(guard, _endpoint(hub, row, bodies)), methods=[row.method])
                for row in ENDPOINTS
            ),
        ],
        lifespan=living,
    )


async def _tick(hub: Hub) -> None:
    while True:
        try:
            await run_in_threadpool(hub.run_due)
        except Exception as error:  # noqa: BLE001 - the clock must go on
            log.error("timers could not be fired", error=type(error).__name__, where=where(error))
        await asyncio.sleep(_TICK)


def _health(hub: Hub) -> _Handler:
    async def handle(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "hub": hub.gln, "now": hub.clock().isoformat()})

    return handle


# --- the services


def _service(hub: Hub, bodies: Bodies) -> _Handler:
    small, large, huge = map(anyio.CapacityLimiter, (_AT_ONCE, _LARGE_AT_ONCE, 1))

    async def worked_on(call: Call) -> Reply:
        if fits(call.body, _SMALL_CALL):
            return await anyio.to_thread.run_sync(hub.call, call, limiter=small)
        within = await anyio.to_thread.run_sync(fits, call.body, _LARGE_CALL, limiter=large)
        return await anyio.to_thread.run_sync(hub.call, call, limiter=large if within else huge)

    async def handle(request: Request) -> Response:
        headers = request.headers
        try:
            async with bodies.read(request, LIMITS.size) as body:
                call = Call(
                    request.path_params["service"],
                    body,
                    headers.get("content-type", ""),
                    headers.get("content-encoding", ""),
                    headers.get("soapaction", ""),
                )
                reply = await worked_on(call)
                if len(body) > LIMITS.size:  # the rest of it was never read
                    reply = replace(reply, headers={**reply.headers, "Connection": "close"})
        except BodyRefused as refusal:
            return _not_read(refusal)
        except ClientDisconnect:
            return Response(status_code=400)
        return await _given(reply, request)

    return handle


def _not_read(refusal: BodyRefused) -> Response:
    return PlainTextResponse(str(refusal), refusal.status, {"Connection": "close"})


def rest_routes(hub: Hub, bodies: Bodies) -> list[Route]:
    """Maskinporten's token endpoint and the REST APIs."""
    limiter = anyio.CapacityLimiter(_AT_ONCE)
    own = [Route("/maskinporten/token", _rest(hub, bodies, limiter, TOKEN, ""), methods=["POST"])]
    by_path: dict[str, list[str]] = {}
    for method, path, _ in OPERATIONS:
        by_path.setdefault(path, []).append(method)
    for path, methods in by_path.items():
        own += [
            Route(f"{BASE}{path}", _rest(hub, bodies, limiter, f"{method} {path}", BASE), methods=[method])
            for method in methods
        ]
        own.append(Route(f"{BASE}{path}", _other_method(", ".join(methods)), methods=_METHODS))
    return own


def _other_method(allowed: str) -> _Handler:
    async def handle(_request: Request) -> Response:
        return Response(status_code=405, headers={"Allow": allowed})

    return handle


def _rest(hub: Hub, bodies: Bodies, limiter: anyio.CapacityLimiter, operation: str, base: str) -> _Handler:
    async def handle(request: Request) -> Response:
        try:
            async with bodies.read(request, _LARGEST_REST) as body:
                call = RestCall(
                    operation, request.path_params, request.query_params, request.headers, body,
                    f"{str(request.base_url).rstrip('/')}{base}",
                )  # fmt: skip
                reply = await anyio.to_thread.run_sync(hub.rest.answer, call, limiter=limiter)
                if len(body) > _LARGEST_REST:
                    reply = replace(reply, headers={**reply.headers, "Connection": "close"})
        except BodyRefused as refusal:
            return _not_read(refusal)
        except ClientDisconnect:
            return Response(status_code=400)
        return await _given(reply, request)

    return handle


async def _given(reply: Reply, request: Request) -> Response:
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.silent:
        waited = 0.0
        while waited < _LONGEST_SILENCE and not await request.is_disconnected():
            await asyncio.sleep(0.1)
            waited += 0.1
    reply = _packed(reply, request.headers.get("accept-encoding", ""))
    headers = {"Content-Type": reply.content_type, **reply.headers}
    if reply.drip is not None:
        return StreamingResponse(_dripping(reply.body, reply.drip), reply.status, headers)
    return Response(reply.body, reply.status, headers)


def _packed(reply: Reply, accepted: str) -> Reply:
    """The reply in gzip, where the caller takes that and it is worth it."""
    if "gzip" not in accepted or len(reply.body) < _SMALL or "Content-Encoding" in reply.headers:
        return reply
    body = gzip.compress(reply.body, compresslevel=1, mtime=0)
    return replace(reply, body=body, headers={**reply.headers, "Content-Encoding": "gzip"})


async def _dripping(body: bytes, per_second: int) -> AsyncIterator[bytes]:
    step = max(1, per_second // 10)
    for first in range(0, len(body), step):
        yield body[first : first + step]
        await asyncio.sleep(step / per_second)


async def _not_allowed(_request: Request) -> Response:
    return PlainTextResponse(
        "send a SOAP request by POST, or ask for ?wsdl or ?singleWsdl", 405, {"Allow": "GET, POST"}
    )


def _wsdl(hub: Hub) -> _Handler:
    async def handle(request: Request) -> Response:
        service = service_of(request.path_params["service"])
        if service is None:
            return PlainTextResponse("there is no such service", 404)
        asked = {name.lower() for name in request.query_params}
        if not asked & {"wsdl", "singlewsdl"}:
            return await _not_allowed(request)
        address = str(request.url.replace(query="")).rstrip("/")
        keys, single = hub.endpoint.keys, "singlewsdl" in asked
        signed = hub.endpoint.security == "required" and keys.trust is not None
        document = wsdl(service, address, signed=signed, algorithm=keys.algorithm, single=single)
        return Response(document, media_type="text/xml")

    return handle


async def _schema(request: Request) -> Response:
    found = documents().get(request.path_params["document"])
    return (
        PlainTextResponse("there is no such schema", 404) if found is None else Response(found, media_type="text/xml")
    )


# --- the back office


def _guarded(guard: Guard, handler: _Handler) -> _Handler:
    async def handle(request: Request) -> Response:
        refusal = guard.refusal(request)
        return await handler(request) if refusal is None else refusal

    return handle


def _entrance(guard: Guard) -> _Handler:
    async def handle(request: Request) -> Response:
        return guard.entered(request)

    return handle


def _description(version: str) -> _Handler:
    async def handle(_request: Request) -> Response:
        return JSONResponse(openapi(version))

    return handle


def _endpoint(hub: Hub, row: Endpoint, bodies: Bodies) -> _Handler:
    adapter: TypeAdapter[Any] = TypeAdapter(row.gives)

    def answered(asked: Asked) -> str:
        shown = adapter.dump_python(adapter.validate_python(row.do(hub, asked)), mode="json")
        return json.dumps(shown, ensure_ascii=False)

    def taken(body: bytes) -> BaseModel | None:
        if row.takes is None or (not body and row.method != "PUT"):
            return None
        if not body:
            raise ValueError(f"expected a JSON body: {row.takes.__name__} of the OpenAPI")
        check_years(body)
        return row.takes.model_validate_json(body)

    async def handle(request: Request) -> Response:
        try:
            async with bodies.read(request, _LARGEST_JSON) as body:
                if len(body) > _LARGEST_JSON:
                    raise BodyRefused(413, f"the body is larger than {_LARGEST_JSON} bytes; send it in parts")
                asked = Asked(request.path_params, request.query_params, await run_in_threadpool(taken, body))
            return Response(await run_in_threadpool(answered, asked), media_type="application/json")
        except BodyRefused as refusal:
            return JSONResponse({"error": str(refusal)}, refusal.status, {"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        except ValidationError as error:
            return JSONResponse({"error": "; ".join(problems_of(error, "body")[:10])}, 400)
        except (NotThere, NotKnown) as error:
            return JSONResponse({"error": str(error)}, 404)
        except (NoTransition, NotPending, EngineError, LineRefused, Rebound) as error:
            return JSONResponse({"error": str(error)}, 409)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        except Exception as error:  # noqa: BLE001 - whoever calls gets an answer, and the log the kind of mistake
            log.error("internal error", error=type(error).__name__, where=where(error), path=row.path)
            return JSONResponse(
                {"error": f"{type(error).__name__}: a mistake in the stand-in hub; please report it"}, 500
            )

    return handle
