"""The hub's decisions: what it finds of each message, and what its tables need to know from the register.

A module per family, by the name that the family has on every floor. The message itself is judged first; only when
nothing is wrong with it, what the register knows. Whether Elhub stops there too is not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ediel.codes import Role, Standing
from ediel.engine import Engine, Opinion
from ediel.hub._register import RegisterStore
from ediel.hub._view import View
from ediel.hub.decisions import access, annual_volume, master_data, metering_values, query, question, supply
from ediel.hub.decisions._common import Advice, Found, Sources
from ediel.market import Profile, load
from ediel.messages import Message
from ediel.processes import Instance
from ediel.rules import Verdict, judge

__all__ = ["STANDINGS", "Decisions"]

STANDINGS: Final[tuple[Standing, ...]] = ("published", "inferred", "assumed")
_EACH: Final = frozenset({"values/hub", "annual volume/hub"})
"""Tables that accept or refuse each payload by itself."""
_ADVICE: Final[dict[str, Advice]] = {
    "supply/hub": supply.advice,
    "end of supply/hub": supply.advice,
    "access/hub": access.advice,
    "query/hub": query.advice,
    "values/hub": metering_values.advice,
    "annual volume/hub": annual_volume.advice,
    "master data/hub": master_data.advice,
    "question/hub": question.advice,
}


class Decisions:
    """Says what the hub finds; an engine asks it in the transaction that takes the message.

    Args:
        register_store: what the hub was seeded with.
        hub: its GLN.
        profile: time limits.
        strictness: the least sure rules that a message is refused by.
    """

    def __init__(self, register_store: RegisterStore, hub: str, profile: Profile | None, strictness: Standing) -> None:
        self._register_store = register_store
        self._hub = hub
        self._profile = profile or load()
        self._standings = STANDINGS[: STANDINGS.index(strictness) + 1]
        self.engine: Engine | None = None

    def view(self, now: datetime) -> View:
        """The register at a moment."""
        assert self.engine is not None
        return View(self.engine, self._register_store, self._hub, now)

    def __call__(self, message: Message | None, now: datetime) -> Opinion:
        """What the hub finds of a message; the rules are applied once, however many processes it concerns."""
        view = self.view(now)
        if message is None:
            return Opinion(lambda instance: supply.at_deadline(instance, view))
        verdicts = judge(message, view.now, profile=self._profile, register=view)
        return Opinion(lambda instance: self._advised(message, instance, view, verdicts), verdicts)

    def _advised(
        self, message: Message, instance: Instance, view: View, verdicts: Sequence[Verdict]
    ) -> Mapping[str, Any]:
        """What a step of a process needs to know."""
        table = instance.machine
        found = self._judged(verdicts, each=table in _EACH)
        common: dict[str, Any] = {
            "verdict": "refused" if found.broken else "accepted",
            "reasons": found.codes,
            "rules": found.keys,
        }
        if table in _EACH:
            common |= _failures(message, found)
        advice = _ADVICE.get(table)
        if advice is None:
            return common
        return {**common, **advice(message, _with(instance, common), self._sources(view))}

    def _judged(self, verdicts: Sequence[Verdict], *, each: bool) -> Found:
        """What the message breaks by itself; by the register, where by itself it breaks nothing."""
        broken = [
            verdict for verdict in verdicts if verdict.outcome == "failed" and verdict.rule.standing in self._standings
        ]
        alone = [verdict for verdict in broken if verdict.rule.needs != "register"]
        found = Found()
        for verdict in alone or broken:
            found.note(verdict, each=each)
        return found

    def parts(self, identification: str, payload: Any, role: Role, view: View, *, asker: str) -> list[dict[str, Any]]:
        """The answer to a query, a part for each message; see ``query.parts``."""
        return query.parts(identification, payload, role, self._sources(view), asker=asker)

    def _sources(self, view: View) -> Sources:
        assert self.engine is not None
        return Sources(view, self._register_store, self._profile, self.engine.store)


def _with(instance: Instance, facts: Mapping[str, Any]) -> Instance:
    return Instance(
        instance.id, instance.machine, instance.party, instance.state, instance.version, {**instance.facts, **facts}
    )


def _failures(message: Any, found: Found) -> dict[str, Any]:
    """Payloads that are refused by themselves; the whole message where one of them cannot be named."""
    named = {place: message.payloads[place].identification for place in found.payloads}
    if any(name is None for name in named.values()):
        codes = [code for codes in found.payloads.values() for code in codes]
        return {"verdict": "refused", "reasons": list(dict.fromkeys(codes)), "failures": [], "failed": []}
    return {
        "failures": [{"payload": named[place], "reasons": codes} for place, codes in sorted(found.payloads.items())],
        "failed": sorted(named.values()),
    }
