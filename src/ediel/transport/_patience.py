"""Limits how long a call may take as a whole, and lets a request to stop end it.

The time-outs of an HTTP client are for one read or write: a server that sends a byte now and then keeps it waiting for
ever. Here each read and write is made of short ones, and between them the call's own limit and the stop are checked.
"""

from __future__ import annotations

import selectors
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import httpcore2
import httpx2

__all__ = ["Patience", "PatientClient", "PatientTransport", "patience"]

_SLICE: Final = 0.25
"""Seconds between two checks."""
_PIECE: Final = 65_536


@dataclass(slots=True)
class Patience:
    """How long a call may take.

    Attributes:
        until: when it is given up, by the monotonic clock; a call that goes on well may be given more.
        stop: whether it shall be given up now.
    """

    until: float = inf
    stop: Callable[[], bool] = lambda: False

    @property
    def over(self) -> bool:
        """Whether the call is to be given up."""
        return self.stop() or time.monotonic() >= self.until


_CURRENT: ContextVar[Patience] = ContextVar("patience")
_ENDLESS: Final = Patience()


@contextmanager
def patience(seconds: float, stop: Callable[[], bool]) -> Iterator[Patience]:
    """Give up what is done on the network after some seconds, or when ``stop`` says so."""
    limit = Patience(time.monotonic() + seconds, stop)
    token = _CURRENT.set(limit)
    try:
        yield limit
    finally:
        _CURRENT.reset(token)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = inf if timeout is None else time.monotonic() + timeout
        limit = _CURRENT.get(_ENDLESS)
        while True:
            left = min(until, limit.until) - time.monotonic()
            if limit.over or left <= 0:
                raise httpcore2.ReadTimeout("no answer in time")
            try:
                return self._inner.read(max_bytes, min(left, _SLICE))
            except httpcore2.ReadTimeout:
                continue  # nothing was read: the next check will do

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        until = inf if timeout is None else time.monotonic() + timeout
        limit = _CURRENT.get(_ENDLESS)
        for place in range(0, len(buffer), _PIECE):
            self._writable(min(until, limit.until), limit)
            left = min(until, limit.until) - time.monotonic()
            self._inner.write(buffer[place : place + _PIECE], None if left == inf else max(left, 0.001))

    def _writable(self, until: float, limit: Patience) -> None:
        """Wait until something can be written."""
        socket = self._inner.get_extra_info("socket")
        with selectors.DefaultSelector() as waiting:
            if socket is not None:
                waiting.register(socket, selectors.EVENT_WRITE)
            while socket is not None and not waiting.select(_SLICE):
                if limit.over or time.monotonic() >= until:
                    raise httpcore2.WriteTimeout("not sent in time")
        if limit.over:
            raise httpcore2.WriteTimeout("not sent in time")

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _shorter(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        if _CURRENT.get(_ENDLESS).over:
            raise httpcore2.ConnectTimeout("given up")
        return _Stream(self._inner.connect_tcp(host, port, _shorter(timeout), local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


def _shorter(timeout: float | None) -> float | None:
    left = _CURRENT.get(_ENDLESS).until - time.monotonic()
    if left == inf:
        return timeout
    return max(min(left, inf if timeout is None else timeout), 0.001)


class PatientTransport(httpx2.HTTPTransport):
    """An HTTP transport whose calls keep to ``patience``; with the arguments of ``httpx2.HTTPTransport``."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._pool._network_backend = _Backend()  # the transport has no argument for it

    def close_idle(self) -> None:
        """Let go of the connections that no request uses now."""
        for connection in self._pool.connections:
            if connection.is_idle():
                connection.close()


class PatientClient(httpx2.Client):
    """An HTTP client whose calls keep to ``patience``, and which can let go of connections that are not to be trusted.

    Args:
        transport: carries the calls.
        timeout: for one step of a call.
    """

    def __init__(self, transport: PatientTransport, timeout: httpx2.Timeout) -> None:
        super().__init__(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)
        self._patient = transport

    def close_idle(self) -> None:
        """Let go of the connections that no request uses now.

        After an answer that is none: what else may come on its connection would be read as the answer to the next
        request.
        """
        self._patient.close_idle()
