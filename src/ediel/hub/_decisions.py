"""The hub's decisions: what it finds of each message, and what its tables need to know from the register.

The message itself is judged first; only when nothing is wrong with it, what the register knows. Whether Elhub stops
there too is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from ediel.calendar import market_day
from ediel.codes import BusinessProcess, PhysicalStatus, QueryType, Role, SettlementMethod, Standing
from ediel.engine import Engine, Opinion
from ediel.hub import _answers as answers
from ediel.hub import _values as values
from ediel.hub._changes import applied, event_of
from ediel.hub._register import RegisterStore, View, pending_of
from ediel.hub.seed import HubPoint
from ediel.market import Profile, Settlement, deadline, load
from ediel.messages import Message
from ediel.processes import Instance
from ediel.rules import Verdict, judge
from ediel.rules.collisions import crossing

STANDINGS: Final[tuple[Standing, ...]] = ("published", "inferred", "assumed")
_TABLES: Final = frozenset({"values/hub", "annual volume/hub"})
"""Tables that take or refuse each payload by itself."""
_BACK_IN_TIME: Final = frozenset({"BRS-NO-103", "BRS-NO-104"})
_LAST_RESORT: Final = frozenset({"BRS-NO-123", "BRS-NO-202"})
_NOTHING: Final[dict[str, Any]] = {"verdict": "refused", "rules": ["nothing was found"]}
"""What Elhub answers to a query that finds nothing is not published: a refusal without a code is assumed."""


@dataclass
class Found:
    """What was found of a message.

    Attributes:
        codes: the hub's codes for what is wrong with it, in order; a rule without a published code has none.
        keys: keys of the rules that it breaks.
        payloads: the same for payloads, by place, where the process takes or refuses each by itself.
    """

    codes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    payloads: dict[int, list[str]] = field(default_factory=dict)
    broken: bool = False

    def note(self, verdict: Verdict, *, each: bool) -> None:
        """Take a broken rule in; ``each`` when payloads are refused by themselves."""
        rule = verdict.rule
        if rule.key not in self.keys:
            self.keys.append(rule.key)
        for flaw in verdict.flaws:
            steps = flaw.at.split(".")
            if each and steps[0] == "payloads":
                codes = self.payloads.setdefault(int(steps[1]), [])
            else:
                self.broken, codes = True, self.codes
            if rule.code is not None and rule.code not in codes:
                codes.append(rule.code)


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
        self._advice: dict[str, Callable[[Any, Instance, View], Mapping[str, Any]]] = {
            "supply/hub": self._supply,
            "end of supply/hub": self._supply,
            "access/hub": self._access,
            "query/hub": self._query,
            "values/hub": self._values,
            "annual volume/hub": self._volumes,
            "master data/hub": self._master_data,
            "question/hub": self._question,
        }

    def view(self, now: datetime) -> View:
        """The register at a moment."""
        assert self.engine is not None
        return View(self.engine, self._register_store, self._hub, now)

    def __call__(self, message: Message | None, now: datetime) -> Opinion:
        """What the hub finds of a message; the rules are applied once, however many processes it concerns."""
        view = self.view(now)
        if message is None:
            return Opinion(lambda instance: self._at_deadline(instance, view))
        verdicts = judge(message, view.now, profile=self._profile, register=view)
        return Opinion(lambda instance: self._advised(message, instance, view, verdicts), verdicts)

    def _advised(
        self, message: Message, instance: Instance, view: View, verdicts: Sequence[Verdict]
    ) -> Mapping[str, Any]:
        """What a step of a process needs to know."""
        table = instance.machine
        found = self._judged(verdicts, each=table in _TABLES)
        common: dict[str, Any] = {
            "verdict": "refused" if found.broken else "accepted",
            "reasons": found.codes,
            "rules": found.keys,
        }
        if table in _TABLES:
            common |= _failures(message, found)
        advice = self._advice.get(table)
        return common if advice is None else {**common, **advice(message, _with(instance, common), view)}

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

    # --- supply

    def _supply(self, message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        payload = getattr(message, "payload", None)
        told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
        point = None if payload is None else view.metering_point(payload.metering_point)
        if point is None or told is None or instance.version:
            return {}
        process, day = message.process.business_process, market_day(told)
        asked_last_resort = bool(getattr(payload, "move_in_to_slr", None))
        to_last_resort = process.value in _LAST_RESORT or asked_last_resort
        facts = {
            "grid": point.grid_access_provider,
            "grid_area": point.grid_area,
            "supersedes": _superseded(view, message, day),
            "cancellation": self._cancellation(process, point, day, view).isoformat(),
            "inactive": point.status is not PhysicalStatus.ACTIVE,
            "last resort": view.last_resort(point) if to_last_resort else None,
            "characteristics": point.described().model_dump(mode="json", exclude_none=True),
            **_leaver(point, day, process.value),
        }
        if point.annual_volume is not None:
            facts["annual_volume"] = point.annual_volume.model_dump(mode="json", exclude_none=True)
        if process.value >= "BRS-NO-2" and facts["leaver"] == message.header.juridical_sender:
            facts["leaver"] = None  # it ends its own supply, and is told as the one who asked
        return facts

    def _cancellation(self, process: BusinessProcess, point: HubPoint, day: date, view: View) -> date:
        """Last day of cancellation; where no source gives it, the day on which the request comes (assumed)."""
        way: Settlement = "profiled" if point.settlement is SettlementMethod.PROFILED else "interval"
        limit = deadline(self._profile, process, way, "cancellation", day)
        return market_day(view.now) if limit is None else limit.day

    def _at_deadline(self, instance: Instance, view: View) -> Mapping[str, Any]:
        """Who supplies the point may have changed since the request came."""
        point = view.metering_point(str(instance.facts.get("metering_point")))
        if instance.machine not in {"supply/hub", "end of supply/hub"} or point is None:
            return {}
        if instance.state != "waiting":
            return {}
        facts = _leaver(point, date.fromisoformat(instance.facts["day"]), instance.facts["process"])
        ends_own = instance.machine == "end of supply/hub" and facts["leaver"] == instance.facts["requester"]
        return {**facts, "leaver": None} if ends_own else facts

    # --- the others

    def _access(self, _message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        if instance.version:
            return {}
        limit = self._profile.limit(BusinessProcess.BRS_NO_622, "interval", "answer")
        today = market_day(view.now)
        return {"answer_by": None if limit is None else self._profile.shift(today, limit).isoformat()}

    def _query(self, message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        if instance.facts["verdict"] != "accepted":
            return {}
        if message.name() == "RequestUpfrontMeteringPointCharacteristics":
            parts = answers.search(message, view, self._register_store)
            return {"parts": parts} if parts else _NOTHING
        role, asker = message.process.role, str(message.header.juridical_sender)
        parts = self.parts(message.header.identification, message.payload, role, view, asker=asker)
        return {} if parts else _NOTHING

    def parts(self, identification: str, payload: Any, role: Role, view: View, *, asker: str) -> list[dict[str, Any]]:
        """The answer to a query, a part for each message."""
        if payload.query_type is QueryType.STLM:
            return answers.settlement(identification, payload, role, asker, self._register_store)
        if payload.query_type in {QueryType.MDMP, QueryType.MDCU}:
            return answers.master_data(identification, payload, role, view)
        assert self.engine is not None
        start, end = payload.period.start, payload.period.end
        found = values.kept(self.engine.store, str(payload.metering_point), start, end)
        series = values.answer(found, payload.query_type, start, end, identification)
        return [{"message": "NotifyValidatedDataForBillingEnergy", "payloads": part} for part in series]

    def _values(self, message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        if instance.facts["verdict"] != "accepted":
            return {}
        return {"notices": values.notices(view, message, frozenset(instance.facts["failed"]))}

    def _volumes(self, message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        if instance.facts["verdict"] != "accepted":
            return {}
        failed = set(instance.facts["failed"])
        volumes = [
            {
                "metering_point": str(item.metering_point),
                "day": market_day(item.start_of_occurrence).isoformat(),
                "annual_volume": item.annual_volume.model_dump(mode="json", exclude_none=True),
            }
            for item in message.payloads
            if item.identification not in failed
            and item.annual_volume is not None
            and item.start_of_occurrence is not None
        ]
        return {"volumes": volumes, "notices": volume_notices(view, volumes, without=message.header.juridical_sender)}

    def _question(self, message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        point = view.metering_point(str(message.payload.metering_point))
        return {} if point is None or instance.version else {"grid": point.grid_access_provider}

    def _master_data(self, message: Any, instance: Instance, view: View) -> Mapping[str, Any]:
        if instance.facts["verdict"] != "accepted":
            return {}
        event = event_of(message)
        point = view.metering_point(event.metering_point)
        return {"notices": answers.of_change(message, None if point is None else applied(point, message), view.now)}


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


def _superseded(view: View, message: Any, day: date) -> list[str]:
    """Processes under way that are cancelled when this one is contracted (crossing processes)."""
    process, today = message.process.business_process, market_day(view.now)
    sender = str(message.header.juridical_sender)
    return [
        item.id
        for item in view.processes(str(message.payload.metering_point))
        if item.state == "waiting"
        and (row := crossing(pending_of(item), process, sender, day, today)) is not None
        and row.action == "accept and cancel the ongoing"
    ]


def _leaver(point: HubPoint, day: date, process: str) -> dict[str, Any]:
    """Who supplies a point when a supply begins or ends there, and for whom.

    Back in time, a supply may begin on the very day on which the one that it replaces began (BRS-NO-104 must).
    """
    replaced = process in _BACK_IN_TIME and any(item.start == day and item.holds_on(day) for item in point.contracts)
    last = day if replaced else day - timedelta(days=1)
    contract = next((item for item in point.contracts if item.holds_on(last)), None)
    resident = next((item for item in point.end_users if item.holds_on(last)), None)
    facts: dict[str, Any] = {
        "leaver": None if contract is None else contract.supplier,
        "leaver_role": Role.SLR.value if contract is not None and contract.kind == "last resort" else None,
    }
    if resident is not None:
        names = ("identification", "name", "given_name", "family_name")
        facts["leaving_customer"] = {
            name: value for name in names if (value := getattr(resident, name)) is not None
        } | {"identification_scheme": resident.scheme.value}
        facts["leaving_addresses"] = [
            item.model_dump(mode="json", exclude_none=True) for item in resident.addresses
        ] or None
    return facts


def volume_notices(view: View, volumes: list[dict[str, Any]], *, without: str | None = None) -> list[dict[str, Any]]:
    """Who is told of annual volumes: supplier and grid access provider (EI-270), but not the one who has sent them."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for volume in volumes:
        point = view.metering_point(volume["metering_point"])
        if point is None:
            continue
        day = max(date.fromisoformat(volume["day"]), market_day(view.now))
        told = [(item.supplier, "DDQ") for item in point.contracts if item.holds_on(day) and item.kind == "ordinary"]
        for gln, role in (*told, (point.grid_access_provider, "DDM")):
            if gln != without:
                found.setdefault((gln, role), []).append(volume)
    return [
        {"recipient": gln, "role": role, "volumes": told[first : first + values.MOST]}
        for (gln, role), told in sorted(found.items())
        for first in range(0, len(told), values.MOST)
    ]
