"""The hub's decisions: what it finds of each message, and what its tables need to know from the register.

A module per family, by the name that the family has on every floor. The message itself is judged first; only when
nothing is wrong with it, what the register knows. Whether Elhub stops there too is not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from ediel import processes as tables
from ediel.codes import Role, Standing
from ediel.engine import Engine, Opinion
from ediel.hub._register import RegisterStore, expected
from ediel.hub._view import View
from ediel.hub.decisions import access, annual_volume, master_data, metering_values, query, question, supply
from ediel.hub.decisions._common import Advice, Found, Outcome, Sources
from ediel.market import Profile, load
from ediel.messages import Message
from ediel.processes import Instance
from ediel.processes.annual_volume import Failure
from ediel.rules import Verdict, judge

__all__ = ["STANDINGS", "TABLES", "Decisions"]

STANDINGS: Final[tuple[Standing, ...]] = ("published", "inferred", "assumed")
_EACH: Final = frozenset({tables.metering_values.HUB.key, tables.annual_volume.HUB.key})
"""Tables that accept or refuse each payload by itself."""
TABLES: Final[dict[str, Advice]] = {
    tables.supply.START_HUB.key: supply.advice,
    tables.supply.END_HUB.key: supply.advice,
    tables.access.HUB.key: access.advice,
    tables.query.HUB.key: query.advice,
    tables.metering_values.HUB.key: metering_values.advice,
    tables.annual_volume.HUB.key: annual_volume.advice,
    tables.master_data.HUB.key: master_data.advice,
    tables.question.HUB.key: question.advice,
}


class Decisions:
    """Says what the hub finds; an engine asks it in the transaction that takes the message.

    Args:
        register_store: what the hub was seeded with.
        hub: its GLN.
        profile: time limits.
        strictness: the least sure rules that a message is refused by.
        consent_control: whether a switch or a move-in needs a consent.
    """

    def __init__(
        self,
        register_store: RegisterStore,
        hub: str,
        profile: Profile | None,
        strictness: Standing,
        *,
        consent_control: bool = False,
    ) -> None:
        self._register_store = register_store
        self._hub = hub
        self._profile = profile or load()
        self._standings = STANDINGS[: STANDINGS.index(strictness) + 1]
        self._consent_control = consent_control
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
        return Opinion(lambda instance: self._advised(message, instance, view, verdicts), verdicts, expected(message))

    def _advised(
        self, message: Message, instance: Instance, view: View, verdicts: Sequence[Verdict]
    ) -> Mapping[str, object]:
        """What a step of a process needs to know."""
        found = self._judged(verdicts, each=instance.machine in _EACH)
        failures = _failures(message, found)
        unnamed = [] if failures is not None else [code for codes in found.payloads.values() for code in codes]
        outcome = Outcome(
            accepted=not found.broken and failures is not None,
            failed=frozenset(item.payload for item in failures or ()),
            failures=failures or (),
        )
        facts: dict[str, object] = {
            "verdict": "accepted" if outcome.accepted else "refused",
            "reasons": tuple(dict.fromkeys((*found.codes, *unnamed))),
            "rules": tuple(found.keys),
        }
        if instance.machine in _EACH:
            facts |= {"failures": failures or (), "failed": tuple(sorted(outcome.failed))}
        advice = TABLES.get(instance.machine)
        return facts if advice is None else {**facts, **advice(message, instance, outcome, self._sources(view))}

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

    def parts(
        self, identification: str, payload: tables.query.Query, role: Role, view: View, *, asker: str
    ) -> tuple[tables.query.Part, ...]:
        """The answer to a query, a part for each message; see ``query.parts``."""
        return query.parts(identification, payload, role, self._sources(view), asker=asker)

    def _sources(self, view: View) -> Sources:
        assert self.engine is not None
        inferred = "inferred" in self._standings
        return Sources(view, self._register_store, self._profile, self.engine.store, self._consent_control, inferred)


def _failures(message: Message, found: Found) -> tuple[Failure, ...] | None:
    """Payloads that are refused by themselves; ``None`` where one of them cannot be named, and the whole message is."""
    payloads = getattr(message, "payloads", ())
    named = {place: payloads[place].identification for place in found.payloads}
    if any(name is None for name in named.values()):
        return None
    return tuple(Failure(named[place], tuple(codes)) for place, codes in sorted(found.payloads.items()))
