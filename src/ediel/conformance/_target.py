"""A hub elsewhere, and the back office of one that is a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ediel.conformance.errors import StepFailed
from ediel.engine import Engine
from ediel.hub import Seed
from ediel.transport import Courier

__all__ = ["BackOffice", "Target"]


class BackOffice:
    """The back office of a stand-in hub: it decides as an end user, and moves the clock.

    Args:
        address: such as ``http://127.0.0.1:8200``.
        token: what the hub printed at its start.
    """

    def __init__(self, address: str, token: str | None = None) -> None:
        import httpx2  # noqa: PLC0415 - of the extra

        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(base_url=address.rstrip("/"), timeout=60, headers=headers)
        self._errors = (httpx2.HTTPError, httpx2.InvalidURL, ValueError)

    def now(self) -> datetime:
        """The market's time."""
        return datetime.fromisoformat(self._call("GET", "/admin/clock")["now"])

    def move(self, moment: datetime) -> None:
        """Set the clock."""
        self._call("PUT", "/admin/clock", {"now": moment.isoformat()})

    def process(self, machine: str, metering_point: str) -> dict[str, Any] | None:
        """The process of the hub that changed last."""
        rows = self._call("GET", f"/admin/processes?machine={machine}&metering_point={metering_point}")
        return rows[0] if rows else None

    def decide(self, process: str, decision: str, given: Mapping[str, object]) -> None:
        """Decide as the end user, or as a person at the hub."""
        self._call("POST", f"/admin/processes/{process}/decisions/{decision}", given)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
            content = answer.json()
        except self._errors as error:
            text = f"the back office at {self._http.base_url} does not answer as one: {error}"
            raise StepFailed(text, "the hub's", "inconclusive") from None
        if answer.status_code >= 400:
            raise StepFailed(f"the back office: {content.get('error', answer.status_code)}", "the hub's")
        return content


@dataclass
class Target:
    """A hub elsewhere, and what stands on this side of it.

    Attributes:
        name: for the evidence.
        engine: with the party that is tested.
        courier: between the two.
        seed: parties and metering points that the team was given.
        back_office: of a stand-in hub.
        clock: the market's time.
        patience: seconds in which an answer comes, as a rule.
    """

    name: str
    engine: Engine
    courier: Courier
    seed: Seed
    clock: Callable[[], datetime]
    back_office: BackOffice | None = None
    patience: float = 60
