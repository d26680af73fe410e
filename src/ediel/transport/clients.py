"""Clients of a configuration, by who sends: each organisation signs with its own certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Self

from ediel.transport._settings import ClientSettings
from ediel.transport.client import Client
from ediel.transport.config import Config
from ediel.transport.errors import NoClient
from ediel.xml import LIMITS

__all__ = ["Clients"]


class Clients:
    """Clients by physical sender. Safe for threads.

    Args:
        config: certificates, trust, and which hub.
        stop: called during a request; true gives it up.
        largest: bytes of an answer that are read, at the most; as the configuration says when not given.
        pieces: whether larger answers to polls are read in pieces from disk, for a ``Courier``.

    Raises:
        EdielError: the configuration cannot be used; see ``Config``.
        OSError: a file of it cannot be read.
    """

    def __init__(
        self,
        config: Config,
        *,
        stop: Callable[[], bool] = lambda: False,
        largest: int | None = None,
        pieces: bool = False,
    ) -> None:
        identities, trust, target = config.identities(), config.believed(), config.target()
        self.road = config.road()
        self._http = self.road.open()
        most = largest or config.courier.largest_answer
        nodes = max(LIMITS.nodes, LIMITS.nodes * most // LIMITS.size)  # as many to a megabyte as elsewhere
        limits = replace(LIMITS, size=most, packed=most, nodes=nodes)
        self.limits = limits
        spool = config.spool() if pieces else None
        settings = ClientSettings(compress=config.courier.compress, limits=limits, spool=spool)
        self._made = {
            sender: Client(target, identity, trust, http=self._http, settings=settings, stop=stop)
            for sender, identity in identities.items()
        }

    def of(self, sender: str) -> Client:
        """The client of a physical sender.

        Raises:
            NoClient: no certificate is for it.
        """
        client = self._made.get(sender) or self._made.get("")
        if client is None:
            known = ", ".join(self._made)
            raise NoClient(f"no certificate is for {sender}, only for {known}; add it to senders in the configuration")
        return client

    def __enter__(self) -> Self:
        """The clients."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the connections."""
        self._http.close()
