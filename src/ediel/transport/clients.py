"""Clients of a configuration, by who sends: each organisation signs with its own certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from ediel.engine.observe import log
from ediel.engine.tracing import Tracing
from ediel.errors import EdielError
from ediel.transport._renewal import Expiry, Files, Holders, expiries, why
from ediel.transport._settings import ClientSettings
from ediel.transport.client import Client
from ediel.transport.config import Config
from ediel.transport.errors import NoClient
from ediel.xml import LIMITS

__all__ = ["Clients", "Renewal"]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a check of the files of keys and certificates has found.

    Attributes:
        renewed: files whose new content is in use from now on.
        problem: why a new content is not used; what was in use before still is.
    """

    renewed: tuple[str, ...] = ()
    problem: str | None = None


class Clients:
    """Clients by physical sender. Safe for threads.

    Args:
        config: certificates, trust, and which hub.
        stop: called during a request; true gives it up.
        largest: bytes of an answer that are read, at the most; as the configuration says when not given.
        tracing: whose spans are named in requests, where ``[courier] traceparent`` says so.
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
        tracing: Tracing | None = None,
        pieces: bool = False,
    ) -> None:
        self._config = config
        self._files = Files(config)
        self._holders = Holders.read(config)
        target = config.target()
        self.road = config.road()
        self._http = [self.road.open()]
        most = largest or config.courier.largest_answer
        nodes = max(LIMITS.nodes, LIMITS.nodes * most // LIMITS.size)  # as many to a megabyte as elsewhere
        limits = replace(LIMITS, size=most, packed=most, nodes=nodes)
        self.limits = limits
        settings = ClientSettings(
            compress=config.courier.compress,
            limits=limits,
            spool=config.spool() if pieces else None,
            traceparent=tracing.current if tracing is not None and config.courier.traceparent else None,
        )
        self._made = {
            sender: Client(target, identity, self._holders.trust, http=self._http[0], settings=settings, stop=stop)
            for sender, identity in self._holders.identities.items()
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

    def renew(self, now: datetime | None = None) -> Renewal:
        """Take keys, certificates, trust and issuers of TLS that are new on the disk into use, all together or none.

        A new file that is broken, does not fit the others, or is not in force yet, changes nothing: what was in use
        before stays in use, and it is tried again at the next call. A call that is under way ends as it began.
        """
        digests = self._files.digests()
        changed = self._files.changed(digests)
        if not changed:
            return Renewal()
        try:
            fresh = self._files.read(digests, self._holders, now or datetime.now(UTC))
            if self._config.hub.ca in changed:
                self._http.append(self.road.open())
        except (EdielError, OSError) as error:
            what = f"{', '.join(changed)} changed and cannot be used: {why(error)}"
            return Renewal(problem=f"{what}. What was read before stays in use")
        self._files.taken(digests)
        for sender, identity in fresh.identities.items():
            client = self._made[sender]
            before, after = self._holders.identities[sender].organisation_number, identity.organisation_number
            if before != after:
                log.warning("the new certificate is of another organisation", before=before, after=after)
            client.renew(identity, fresh.trust, self._http[-1])
        self._holders = fresh
        return Renewal(changed)

    def expiries(self) -> list[Expiry]:
        """When each certificate and revocation list that is in use runs out, the nearest first."""
        return expiries(self._config, self._holders)

    def warnings(self, now: datetime | None = None) -> list[str]:
        """What runs out within the days of ``[courier] expiry_days``, or has run out."""
        moment = now or datetime.now(UTC)
        soon = moment + timedelta(days=self._config.courier.expiry_days)
        return [item.words(moment) for item in self.expiries() if item.at <= soon]

    def __enter__(self) -> Self:
        """The clients."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the connections."""
        for http in self._http:
            http.close()
