"""Consents between the Access API and an engine: asked, followed until they are answered, handed to the switch.

The API is what counts: what it knows and the engine does not is taken up, so a stop between two steps loses nothing and
asks nobody twice. Whether ``ConsentID`` of a message is the grant's identification is not published; the grant is what
a switch uses up, so it is inferred.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

from ediel.calendar import market_day
from ediel.engine import Engine, Process, Transaction
from ediel.engine.commands import ChangeOfSupplier, ConsentRequest, MoveIn
from ediel.engine.events import ConsentGranted
from ediel.processes import NoTransition
from ediel.processes.authorisation import SUPPLIER, Consent
from ediel.rest import access
from ediel.rest.client import Elhub
from ediel.rest.errors import NoConsent

__all__ = ["ConsentState", "Consents"]

Way = Literal["request", "document"]
Start = ChangeOfSupplier | MoveIn
Asked = access.AuthorizationRequest | access.AuthorizationDocument
_KEY: Final = "access api"
_KINDS: Final = frozenset({access.CHANGE, access.MOVE_IN})
_ANSWERED: Final = frozenset({"Accepted", "Signed"})
_OVER: Final = {"Exhausted": "exhaust", "Revoked": "revoke"}
"""Status of a grant, and the decision that the process is told of; the end of its year is a timer of the process."""


@dataclass(frozen=True, slots=True)
class ConsentState:
    """A consent as both sides know it.

    Attributes:
        process: the engine's.
        asked: the request or document at the API.
        way: which of the two.
    """

    process: Process
    asked: Asked
    way: Way


class Consents:
    """Consents of one supplier. Safe for threads.

    Args:
        engine: with the supplier as a party.
        elhub: the API.
        party: GLN of the supplier; the one that the client calls for when not given.
    """

    def __init__(self, engine: Engine, elhub: Elhub, *, party: str | None = None) -> None:
        identity = elhub.session.identity
        if party is None and identity is None:
            raise ValueError("name the supplier with party=: the client has no identity")
        self._engine = engine
        self._elhub = elhub
        self._party = party or (identity.on_behalf_of or identity.gln if identity is not None else "")
        self._lock = threading.Lock()
        self._told_of: dict[str, tuple[str, str | None]] = {}
        """Status of what was followed, and of its grant: what has not changed costs the engine nothing."""

    def ask(self, order: access.ConsentOrder, *, way: Way = "request") -> ConsentState:
        """Ask for a consent, and begin the process that follows it; the same once more gives what waits already.

        Raises:
            RestError: the API did not do it.
            EngineError: the supplier is no party of the engine.
        """
        session = self._elhub.session
        asked: Asked
        if way == "request":
            asked = self._elhub.carry_out(access.send_request_once(session, order))
        else:
            asked = self._elhub.carry_out(access.send_document_once(session, order))
        return ConsentState(self._process(asked, way, order.person), asked, way)

    def follow(self) -> list[ConsentState]:
        """Fetch what has become of the consents, and tell their processes; gives those that have moved.

        Call it now and then, or after the end user has come back. Deadlines are the engine's own (``run_due``).

        Raises:
            RestError: the API could not be read.
        """
        with self._lock:
            grants = {item.id: item for item in self._elhub.each(access.grants())}
            moved = []
            for asked, way in self._listed():
                grant = None if asked.grant is None else grants.get(asked.grant)
                stands = (asked.status, None if grant is None else grant.status)
                if asked.kind not in _KINDS or not _worth(asked, grant) or self._told_of.get(asked.id) == stands:
                    continue
                before = self._process(asked, way)
                after = self._told(before, asked, grant)
                self._told_of[asked.id] = stands
                if after.state != before.state:
                    moved.append(ConsentState(after, asked, way))
            return moved

    def grant_for(self, order: Start, *, today: date | None = None) -> str | None:
        """Identification of an active grant that fits a start of supply; ``None`` where there is none."""
        day = today or market_day(self._engine.clock())
        kind = access.CHANGE if isinstance(order, ChangeOfSupplier) else access.MOVE_IN
        for item in self._engine.browse.instances_at(str(order.metering_point), SUPPLIER, self._party):
            facts = item.facts
            if item.state == "active" and facts.kind == kind and (facts.valid_to is None or day <= facts.valid_to):
                return facts.grant
        return None

    def with_consent(self, order: Start) -> Start:
        """A start of supply with the grant that fits it.

        Raises:
            NoConsent: there is none that is active.
        """
        if order.consent_id is not None or order.consent is not None:
            return order
        grant = self.grant_for(order)
        if grant is None:
            raise NoConsent(
                f"no active consent for {type(order).__name__} at metering point {order.metering_point}; ask for one, "
                "and follow() until the end user has answered"
            )
        return order.model_copy(update={"consent_id": grant})

    def start(self, order: Start, *, key: str | None = None) -> Process:
        """Begin a switch or a move-in with the grant that fits it (BRS-NO-101, 102, 103).

        Raises:
            NoConsent: there is none that is active.
            EngineError: see ``Engine.start``.
        """
        return self._engine.start(self.with_consent(order), party=self._party, key=key)

    def hand_over(self, order_for: Callable[[ConsentGranted], Start | None], *, name: str = "consents") -> None:
        """Let every consent that is granted begin its switch by itself, once each.

        Args:
            order_for: gives the order that waited for a consent, or ``None`` where none did. What it reads of a
                database of yours may be in the same transaction: the order begins in that of the event.
            name: of the subscription.
        """

        def begin(event: ConsentGranted, tx: Transaction) -> None:
            order = order_for(event)
            grant = self._granted(event.process_id)
            if order is None or grant is None:
                return
            self._engine.start(
                order.model_copy(update={"consent": event.process_id, "consent_id": None}),
                party=self._party,
                key=f"consent {grant}",
                connection=tx.connection,
            )

        self._engine.subscribe(name, ConsentGranted)(begin)

    def _granted(self, process_id: str) -> str | None:
        found = self._engine.browse.instance(process_id)
        return found.facts.grant if found is not None and isinstance(found.facts, Consent) else None

    def _listed(self) -> Iterator[tuple[Asked, Way]]:
        for request in self._elhub.each(access.requests()):
            yield request, "request"
        for document in self._elhub.each(access.documents()):
            yield document, "document"

    def _process(self, asked: Asked, way: Way, person: str | None = None) -> Process:
        """The process of a request or document; begun, where the engine does not know it yet."""
        kind = access.CHANGE if asked.kind == access.CHANGE else access.MOVE_IN
        order = ConsentRequest.model_validate(
            {
                "metering_point": asked.metering_point, "kind": kind, "way": way, "person": person,
                "move_in_date": asked.meta.move_in_date,
            }
        )  # fmt: skip
        made: datetime = asked.attributes.created_at
        return self._engine.start(order, party=self._party, now=made, key=f"{_KEY} {asked.id}")

    def _told(self, process: Process, asked: Asked, grant: access.AuthorizationGrant | None) -> Process:
        if process.state in {"pending", "expired"} and asked.status in _ANSWERED and grant is not None:
            process = self._decide(process, "accept", grant=grant.id, valid_to=grant.last_day)
        elif process.state == "pending" and asked.status == "Rejected":
            return self._decide(process, "reject")
        if process.state == "active" and grant is not None and grant.status in _OVER:
            process = self._decide(process, _OVER[grant.status])
        return process

    def _decide(self, process: Process, name: str, **data: Any) -> Process:
        with suppress(NoTransition):  # a deadline, or somebody else, was there first
            return self._engine.decide(process.id, name, **data)
        return self._engine.process(process.id)


def _worth(asked: Asked, grant: access.AuthorizationGrant | None) -> bool:
    """Whether a process follows it: what lapsed, or was refused, before the engine knew of it begins none."""
    return asked.status in {"Pending", "Rejected"} or (asked.status in _ANSWERED and grant is not None)
