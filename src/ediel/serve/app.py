"""The service over HTTP: an ASGI app. A body is read within limits before anything is done with it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

import anyio
import anyio.to_thread
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ediel.errors import problems_of
from ediel.serve._answers import Asked, Given
from ediel.serve._models import NoQuery
from ediel.serve._openapi import openapi, page
from ediel.serve._problems import Refusal
from ediel.serve._settings import ServeSettings
from ediel.serve._table import CALLS, Call
from ediel.serve.archives import is_archive
from ediel.serve.bodies import Bodies, BodyRefused
from ediel.xml.parser import fits

__all__ = ["asgi"]

_log: Final = logging.getLogger("ediel.serve")
_SMALL_CALL: Final = 1_000_000
_LARGEST_JSON: Final = 20_000_000
_LOOKUPS: Final = 8
"""Calls without a body that are worked on at a time."""
_DRAINED: Final = 16_000_000
"""Bytes of a refused body that are still received, and thrown away."""
_DRAINING: Final = 5.0
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip"})
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_READ: Final = {
    408: "Send the body without pauses.",
    503: "Try again in a moment.",
}

Handler = Callable[[Request], Awaitable[Response]]


def asgi(settings: ServeSettings | None = None) -> Starlette:
    """The app, which keeps nothing between two calls.

    Args:
        settings: what it is started with.
    """
    service = _Service(settings or ServeSettings())
    return Starlette(
        routes=[
            *(Route(call.path, service.answering(call), methods=[call.method]) for call in CALLS),
            Route("/openapi.json", _description, methods=["GET"]),
            Route("/", _page, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _not_routed},
    )


class _Service:
    """What the calls of one worker process share: limits, and no data."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self._bodies = Bodies(silence=settings.silence, total=settings.total)
        self._lookups = anyio.CapacityLimiter(_LOOKUPS)
        self._small = anyio.CapacityLimiter(settings.at_once)
        self._large = anyio.CapacityLimiter(1)  # large inputs one by one: small ones never wait for them

    def answering(self, call: Call) -> Handler:
        """What answers a call, whatever comes."""

        async def handle(request: Request) -> Response:
            try:
                given = await self._answer(call, request)
            except Refusal as refusal:
                await _drain(request)
                return _refused(refusal)
            except ClientDisconnect:
                return Response(status_code=400)
            except MemoryError:
                return _refused(
                    Refusal(503, "There is no memory left to do this with.", advice="Send less, or try again later.")
                )
            except Exception as error:  # noqa: BLE001 - a traceback could hold what was sent
                _log.error("%s failed: %s", call.name, type(error).__name__)
                return _refused(
                    Refusal(
                        500, "This is a mistake in ediel, not in what was sent.", found=type(error).__name__,
                        advice="Please report it.",
                    )
                )  # fmt: skip
            return Response(
                given.content, 200, {**_HEADERS, **(given.headers or {})}, media_type=given.media_type
            )  # fmt: skip

        return handle

    async def _answer(self, call: Call, request: Request) -> Given:
        query = _query(call, request.query_params.multi_items())
        if call.takes is None:
            asked = Asked(self._settings, query, request.path_params)
            return await anyio.to_thread.run_sync(call.does, asked, limiter=self._lookups)
        size = min(self._settings.largest, _LARGEST_JSON) if call.takes == "json" else self._settings.largest
        _check_head(request.headers, size)
        try:
            async with self._bodies.read(request, size) as body:
                if len(body) > size:
                    raise _too_large(size)
                if not body:
                    raise Refusal(
                        400, "The body is empty.", found="0 bytes", expected=_EXPECTED[call.takes],
                        advice="Send it as the body itself, not as a form.",
                    )  # fmt: skip
                asked = Asked(self._settings, query, request.path_params, body)
                limiter = self._small if await self._is_small(body) else self._large
                return await anyio.to_thread.run_sync(call.does, asked, limiter=limiter)
        except BodyRefused as refused:
            advice = _NOT_READ.get(refused.status)
            raise Refusal(refused.status, str(refused), advice=advice, headers={"Connection": "close"}) from None

    async def _is_small(self, body: bytes) -> bool:
        if len(body) > _SMALL_CALL or is_archive(body):
            return False
        return await anyio.to_thread.run_sync(fits, body, _SMALL_CALL, limiter=self._small)


_EXPECTED: Final = {
    "xml": "XML, plain or gzip",
    "archive": "XML, plain or gzip, or a zip archive of such files",
    "json": "a message as JSON",
}


async def _drain(request: Request) -> None:
    """Let go of what is left of a body: a connection that is closed over unread bytes is reset, and the answer lost."""
    if "expect" in request.headers:  # the caller waits for the answer with its body
        return
    left = _DRAINED
    with suppress(ClientDisconnect, RuntimeError), anyio.move_on_after(_DRAINING):
        async for piece in request.stream():
            left -= len(piece)
            if left < 0:
                return


def _query(call: Call, given: list[tuple[str, str]]) -> NoQuery:
    names = [name for name, _ in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Refusal(
            400, "A query parameter stands twice.", found=twice[:40], expected="each once", advice="Keep one of them."
        )
    try:
        return call.query.model_validate(dict(given))
    except ValidationError as error:
        known = ", ".join(call.query.model_fields) or "no query parameters"
        raise Refusal(
            400, "The query cannot be read.", found="; ".join(problems_of(error))[:500], expected=known,
            advice="Compare the query with /openapi.json.",
        ) from None  # fmt: skip


def _check_head(headers: Mapping[str, str], size: int) -> None:
    """What the headers say is judged before a byte of the body is read."""
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise Refusal(
            415, "The body cannot be unpacked.", found=f"Content-Encoding: {encoding[:40]}", expected="gzip, or none",
            advice="Send it plain or as gzip.", headers={"Accept-Encoding": "gzip", "Connection": "close"},
        )  # fmt: skip
    if headers.get("content-type", "").strip().lower().startswith("multipart/"):
        raise Refusal(
            415, "The body is a form.", found="multipart", expected="the file itself as the body",
            advice="Send the bytes of the file: curl --data-binary @FILE.", headers={"Connection": "close"},
        )  # fmt: skip
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > size:
        raise _too_large(size)


def _too_large(size: int) -> Refusal:
    return Refusal(
        413, "The body is too large.", expected=f"at most {size} bytes", advice="Send less at a time.",
        headers={"Connection": "close"},
    )  # fmt: skip


async def _not_routed(_request: Request, error: Exception) -> Response:
    """No such path, or another method."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    detail = "There is no such path." if status == 404 else "This path is called by another method."
    calls = ", ".join(f"{call.method} {call.path}" for call in CALLS)
    return _refused(Refusal(status, detail, expected=calls, advice="GET / lists the calls.", headers=error.headers))


def _refused(refusal: Refusal) -> Response:
    answer = refusal.response()
    answer.headers.update(_HEADERS)
    return answer


async def _description(_request: Request) -> Response:
    return JSONResponse(openapi(), headers={"X-Content-Type-Options": "nosniff"})


async def _page(_request: Request) -> Response:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return HTMLResponse(page(), headers={"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"})
