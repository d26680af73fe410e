"""The bodies of requests: how many bytes of them are held, and how long anybody may take to send one.

Nothing here knows who is calling: until a body has been read and judged, it is anybody's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
from starlette.requests import Request

__all__ = ["Bodies", "BodyRefused"]

_SILENCE: Final = 20.0
_TOTAL: Final = 300.0
_HELD: Final = 400_000_000


class BodyRefused(Exception):
    """A body is not read on.

    Attributes:
        status: HTTP status that says why.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Bodies:
    """Reads bodies, all of them within one budget. For one event loop.

    Args:
        silence: seconds without a byte after which a body is given up.
        total: seconds that a body may take.
        held: bytes of all bodies together that are held at a time.
    """

    def __init__(self, *, silence: float = _SILENCE, total: float = _TOTAL, held: int = _HELD) -> None:
        self.held = 0
        """Bytes that are held now."""
        self._silence = silence
        self._total = total
        self._most = held

    @asynccontextmanager
    async def read(self, request: Request, size: int) -> AsyncIterator[bytes]:
        """The body of a request, which counts as held until the block is left.

        Of one that is larger than ``size``, ``size + 1`` bytes are given, and the rest is never read.

        Raises:
            BodyRefused: it is too slow (408), or others are being read and there is no room (503).
            ClientDisconnect: the caller has gone.
        """
        parts: list[bytes] = []
        own = 0
        try:
            try:
                await self._collect(request, size, parts)
            finally:
                own = sum(map(len, parts))
            body = b"".join(parts)
            parts.clear()  # a body that waits for its turn is held once
            if len(body) > size:
                body = body[: size + 1]
            yield body
        finally:
            self.held -= own

    async def _collect(self, request: Request, size: int, parts: list[bytes]) -> None:
        own = 0
        pieces = request.stream()
        try:
            with anyio.fail_after(self._total):
                while own <= size:
                    with anyio.fail_after(self._silence):
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    if self.held + len(piece) > self._most:
                        raise BodyRefused(503, "too many bytes are being received; try again in a moment")
                    self.held += len(piece)
                    own += len(piece)
                    parts.append(piece)
        except TimeoutError:
            raise BodyRefused(408, "the body did not come in time") from None
