"""The REST side of the stand-in hub as a whole: which call goes where, and what misbehaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ediel.engine.observe import log, where
from ediel.hub._replies import Reply
from ediel.hub.misbehaviour import Misbehaviour, Misbehaviours, spoil
from ediel.hub.rest import access
from ediel.hub.rest._answers import Refused, RestCall, error, json_reply
from ediel.hub.rest._issuer import LIFE, Issuer
from ediel.hub.rest.access import AccessApi

__all__ = ["TOKEN", "RestSide"]

TOKEN: Final = "POST /maskinporten/token"  # noqa: S105 - an operation
_OPERATIONS: Final = {f"{method} {path}": do for method, path, do in access.OPERATIONS}


class RestSide:
    """Answers calls to Maskinporten and the APIs.

    Args:
        issuer: the local Maskinporten.
        api: the Access API.
        misbehaviours: what to do wrong; a misbehaviour's ``operation`` is such as ``GET /authorization-grants``.
        clock: the market's clock.
    """

    def __init__(
        self, issuer: Issuer, api: AccessApi, misbehaviours: Misbehaviours, clock: Callable[[], datetime]
    ) -> None:
        self.issuer = issuer
        self.api = api
        self._misbehaviours = misbehaviours
        self._clock = clock

    def answer(self, call: RestCall) -> Reply:
        """The answer to a call."""
        items = self._misbehaviours.strike(call.headers.get("sendergln", ""), call.operation, "")
        items = [item for item in items if item.operation is not None or call.operation != TOKEN or item.party is None]
        first = next((item for item in items if item.kind in {"http", "fault", "bare fault"}), None)
        try:
            reply = self._act(call, items) if all(item.takes for item in items) else Reply()
            if first is not None:
                status = first.status if first.kind == "http" else 500
                after = {"Retry-After": f"{first.seconds:g}"} if status in {429, 503} else {}
                reply = error(Refused(status, "The hub was told to misbehave."), self._clock(), after)
        except Refused as refusal:
            reply = error(refusal, self._clock())
        except Exception as problem:  # noqa: BLE001 - whoever calls gets an answer, and the log the kind of mistake
            log.error("internal error", error=type(problem).__name__, where=where(problem), operation=call.operation)
            reply = error(Refused(500, "A mistake in the stand-in hub; please report it."), self._clock())
        return spoil(_paged(reply, items), [item for item in items if item is not first])

    def _act(self, call: RestCall, items: Iterable[Misbehaviour]) -> Reply:
        if call.operation != TOKEN:
            return _OPERATIONS[call.operation](self.api, call)
        kinds = {item.kind for item in items}
        scope = "elhub:enduser" if "wrong scope" in kinds else None
        root = call.base.rstrip("/")
        audience = (f"{root}/maskinporten/", f"{root}/maskinporten")
        life = -1 if "expired token" in kinds else LIFE
        return json_reply(*self.issuer.answer(call.body, audience, scope=scope, life=life))


def _paged(reply: Reply, items: Iterable[Misbehaviour]) -> Reply:
    """A page that says it is another one, where a misbehaviour wants it."""
    if not any(item.kind == "broken page" for item in items):
        return reply
    try:
        found: dict[str, Any] = json.loads(reply.body)
        found["meta"]["page"] += 1
    except (ValueError, KeyError, TypeError):
        return reply
    return replace(reply, body=json.dumps(found).encode())
