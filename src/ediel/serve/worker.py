"""The app as worker processes make it, with the settings that their parent has handed over."""

from __future__ import annotations

import asyncio
import socket

from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from ediel.serve._settings import ServeSettings
from ediel.serve.app import asgi

__all__ = ["PromptProtocol", "app"]


class PromptProtocol(H11Protocol):
    """HTTP whose answers do not wait.

    On a socket that several processes listen on, asyncio leaves Nagle's algorithm on: the body of an answer waits until
    the receipt of its head has come, which takes 40 ms.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let what is written go out at once."""
        own = transport.get_extra_info("socket")
        if own is not None and own.family in {socket.AF_INET, socket.AF_INET6}:
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)


def app() -> Starlette:
    """The app of one worker process."""
    return asgi(ServeSettings.handed_over())
