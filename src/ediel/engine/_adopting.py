"""Rows of a portfolio, taken over one by one in a unit of work; what is here already is left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import uuid5

from ediel import brs
from ediel.calendar import market_day, midnight
from ediel.engine._apply import Applied, apply
from ediel.engine._changes import apply_change
from ediel.engine._party import Party
from ediel.engine._route import NAMESPACE
from ediel.engine._single import alone
from ediel.engine.portfolio import Access, Contract, Point, Row, UnderWay
from ediel.errors import EdielError
from ediel.market import Profile
from ediel.processes import (
    BeginContract,
    CommandRefused,
    Draft,
    EndContract,
    Instance,
    Machine,
    Send,
    Trigger,
    access,
    adopt,
    machine,
    step,
    supply,
)
from ediel.processes import command as on_command
from ediel.processes import decision as on_decision
from ediel.processes._changes import mark_of
from ediel.store import StoreError, Unit, Values, stamp
from ediel.xml import write

__all__ = ["Adopting", "Fate"]

_ACCESS: Final = access.THIRD_PARTY
_DATA: Final = ("grid_area", "settlement")
_MOVED: Final = "it has changed since it was compared: reconcile again"
_OWN_SUPPLY: Final = {"DDQ": supply.ELSEWHERE, "SLR": supply.LAST_RESORT}


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a row."""

    outcome: Literal["adopted", "known", "refused"]
    text: str = ""
    applied: tuple[Applied, ...] = ()


class Adopting:
    """Takes rows over.

    Args:
        unit: the transaction.
        now: the moment.
        profile: time limits.
    """

    def __init__(self, unit: Unit, now: datetime, profile: Profile) -> None:
        self._unit = unit
        self._now = now
        self._today = market_day(now)
        self._profile = profile

    def take(self, row: Row, party: Party) -> Fate:
        """Take one row over; what is refused leaves nothing behind."""
        try:
            match row:
                case Contract():
                    return self._contract(row, party)
                case Access():
                    return self._access(row, party)
                case UnderWay():
                    return self._under_way(row, party)
                case Point():
                    return self._point(row, party)
        except StoreError:
            raise
        except EdielError as error:
            return Fate("refused", str(error))

    def correct(self, row: Row, party: Party, known: Values | None) -> Fate:
        """Bring what is known here to what a row says; ``known`` is that, and ``None`` where nothing is."""
        if known is None:
            return self.take(row, party)
        match row:
            case Contract():
                return self._correct_contract(row, party, known)
            case Access():
                return self._correct_access(row, party, known)
            case Point():
                wanted = {name: value for name in _DATA if (value := getattr(row, name)) is not None}
                self._unit.put("points", {**known, **wanted, "changed_at": stamp(self._now)})
                return Fate("adopted")
            case UnderWay():
                return Fate("refused", "what is under way is not corrected")

    def _correct_contract(self, row: Contract, party: Party, known: Values) -> Fate:
        """The end of a contract that goes on here, or the beginning of one that nobody knew."""
        current = self._current(
            self._unit.contracts(party.gln, row.metering_point), known, ("start", "customer", "supplier")
        )
        if current is None:
            return Fate("refused", _MOVED)
        if known["start"] == "" and row.start is not None:
            self._unit.put("contracts", {**known, "status": "undone", "changed_at": stamp(self._now)})
            mark = known["customer"] or ("" if row.customer is None else mark_of(row.customer))
            begun = {**known, "start": row.start.isoformat(), "customer": mark, "changed_at": stamp(self._now)}
            self._unit.put("contracts", begun)
            return Fate("adopted")
        if row.end is None:
            return Fate("refused", _MOVED)
        self._unit.put("contracts", {**known, "end": row.end.isoformat(), "changed_at": stamp(self._now)})
        if known["supplier"] != party.gln or party.role != "DDQ":
            return Fate("adopted")
        facts = supply.SupplyNotices(
            **party.actor(), process=row.brs or "", metering_point=row.metering_point, supplier=party.gln, day=row.end,
            customer=known["customer"],
        )  # fmt: skip
        state = "ending" if row.end > self._today else "ended"
        return Fate("adopted", applied=tuple(self._begin(supply.LEAVER, facts, state)))

    def _correct_access(self, row: Access, party: Party, known: Values) -> Fate:
        """The level of an access; its process learns it as from the end user."""
        unit = self._unit
        if self._current(unit.accesses(party.gln, row.metering_point), known, ("start", "third_party")) is None:
            return Fate("refused", _MOVED)
        own = unit.instances_at(row.metering_point, _ACCESS.key, party.gln)
        granted = next((item for item in own if item.state in {"granted", "changing", "deleting"}), None)
        applied: tuple[Applied, ...] = ()
        if granted is not None and known["third_party"] == party.gln:
            data = {"level": row.level, "extended_storage": row.extended_storage}
            made = step(_ACCESS, _ACCESS.own(granted), Trigger(on_decision("level"), data=data), self._now)
            applied = (apply(unit, _ACCESS, granted, replace(made, changes=()), self._now, ()),)
        wanted = {"level": row.level, "extended_storage": row.extended_storage, "changed_at": stamp(self._now)}
        unit.put("accesses", {**known, **wanted})
        return Fate("adopted", applied=applied)

    @staticmethod
    def _current(rows: list[Values], known: Values, key: tuple[str, ...]) -> Values | None:
        """What is known, where it is still as it was compared."""
        same = (row for row in rows if all(row[name] == known[name] for name in key))
        return next((row for row in same if row["changed_at"] == known["changed_at"]), None)

    # --- contracts

    def _contract(self, row: Contract, party: Party) -> Fate:
        supplier = row.supplier or party.gln
        start = "" if row.start is None else row.start.isoformat()
        mark = "" if row.customer is None else mark_of(row.customer)
        others = self._unit.contracts(party.gln, row.metering_point)
        for other in others:
            if (other["supplier"], other["start"]) == (supplier, start) and _same(other["customer"], mark):
                return Fate("known", _differs(other, {"end": row.end, "status": "in force"}))
        crossing = next((item for item in others if _crosses(item, supplier, row.start, row.end)), None)
        if crossing is not None:
            days = f"{crossing['start'] or 'an unknown day'} to {crossing['end'] or 'now on'}"
            raise CommandRefused(f"these days are those of another contract here: of {crossing['supplier']}, {days}")
        facts = supply.SupplyNotices(
            **party.actor(), process=row.brs or "", metering_point=row.metering_point, supplier=supplier, day=row.start,
            customer=mark,
        )  # fmt: skip
        about = Instance("", "", party.gln, facts)
        if row.start is None:
            self._unit.put("contracts", self._of_old(row, party.gln, supplier, mark))
        else:
            apply_change(BeginContract(supplier, row.start, mark), self._unit, about, self._now)
            if row.end is not None:
                apply_change(EndContract(supplier, row.end, mark), self._unit, about, self._now)
        own = supplier == party.gln and party.role in _OWN_SUPPLY and (row.end is None or row.end > self._today)
        return Fate("adopted", applied=tuple(self._supplies(row, party, facts)) if own else ())

    def _of_old(self, row: Contract, party: str, supplier: str, mark: str) -> Values:
        """A contract that began on a day that nobody knows."""
        return {
            "party": party, "metering_point": row.metering_point, "supplier": supplier, "start": "", "customer": mark,
            "end": None if row.end is None else row.end.isoformat(), "process": row.brs or "", "status": "in force",
            "changed_at": stamp(self._now), "told_at": None,
        }  # fmt: skip

    def _supplies(self, row: Contract, party: Party, facts: supply.SupplyNotices) -> Iterator[Applied]:
        """The processes of an own supply that goes on: of its beginning, and of its end, where that is known."""
        table = _OWN_SUPPLY[party.role]
        ends = replace(facts, day=row.end)
        if table is supply.LAST_RESORT:
            yield from self._begin(table, ends if row.end else facts, "ending" if row.end else "supplying")
            return
        if row.start is not None:
            yield from self._begin(table, facts, "supplying" if row.start <= self._today else "notified")
        if row.end is not None:
            yield from self._begin(supply.LEAVER, ends, "ending")

    def _begin(self, table: Machine, facts: Any, state: str) -> Iterator[Applied]:
        """A process in a state; what it would write is written already."""
        seed = f"{facts.sender}/{table.key}/adopted/{facts.metering_point}/{facts.day}/{facts.customer}"
        begun = Instance(str(uuid5(NAMESPACE, seed)), table.key, facts.sender, facts)
        if facts.day is not None and self._unit.instance(begun.id) is None:
            made = replace(adopt(table, begun, state, self._now), changes=())
            yield apply(self._unit, table, begun, made, self._now, ())

    # --- accesses

    def _access(self, row: Access, party: Party) -> Fate:
        third_party = row.third_party or party.gln
        start, end = row.start.isoformat(), None if row.end is None else row.end.isoformat()
        others = [
            item for item in self._unit.accesses(party.gln, row.metering_point) if item["third_party"] == third_party
        ]
        for other in others:
            if other["start"] == start:
                wanted = {"end": row.end, "level": row.level, "extended_storage": row.extended_storage}
                return Fate("known", _differs(other, wanted))
            if other["start"] < (end or "9") and start < (other["end"] or "9"):
                days = f"{other['start']} to {other['end'] or 'now on'}"
                raise CommandRefused(f"these days are those of another access here: {days}")
        own = third_party == party.gln and party.role == "AG" and (row.end is None or row.end > self._today)
        begun = None
        if own:
            facts = access.RequestedAccess(
                **party.actor(), process=brs.ACCESS.code.value, metering_point=row.metering_point, end=row.end,
                extended_storage=row.extended_storage, level=row.level,
            )  # fmt: skip
            seed = f"{party.gln}/{_ACCESS.key}/adopted/{row.metering_point}/{start}"
            begun = Instance(str(uuid5(NAMESPACE, seed)), _ACCESS.key, party.gln, facts)
            if self._unit.instance(begun.id) is not None:
                return Fate("known")
            alone(self._unit, _ACCESS, begun)
        self._unit.put(
            "accesses",
            {
                "party": party.gln, "metering_point": row.metering_point, "third_party": third_party, "start": start,
                "end": end, "level": row.level, "extended_storage": row.extended_storage,
                "changed_at": stamp(self._now),
            },
        )  # fmt: skip
        if begun is None:
            return Fate("adopted")
        made = replace(adopt(_ACCESS, begun, "granted", self._now), changes=())
        return Fate("adopted", applied=(apply(self._unit, _ACCESS, begun, made, self._now, ()),))

    # --- points

    def _point(self, row: Point, party: Party) -> Fate:
        wanted = {"grid_area": row.grid_area, "settlement": row.settlement}
        known = self._unit.point(party.gln, row.metering_point)
        if known is not None:
            return Fate("known", _differs(known, {name: value for name, value in wanted.items() if value is not None}))
        key = {"party": party.gln, "metering_point": row.metering_point}
        self._unit.put("points", {**key, **wanted, "changed_at": stamp(self._now)})
        return Fate("adopted")

    # --- what is under way

    def _under_way(self, row: UnderWay, party: Party) -> Fate:
        table, unit = machine(row.order.machine), self._unit
        facts = row.order.begins(party, row.asked, self._profile)
        if isinstance(facts, supply.StartRequest | supply.EndRequest):
            facts = replace(facts, request=row.request)
        identification = str(uuid5(NAMESPACE, f"{party.gln}/{table.key}/adopted/{row.request}"))
        begun = Instance(identification, table.key, party.gln, facts)
        known, sent = unit.instance(identification), unit.sent(row.request)
        if known is not None:
            differs = "" if known.state == row.state else f"state: here {known.state}, in the row {row.state}"
            return Fate("known", differs)
        if sent is not None:
            raise CommandRefused(f"its message is of the process {sent['instance_id']} here")
        if row.key is not None and (other := unit.keyed(party.gln, row.key)) is not None:
            raise CommandRefused(f"its key is that of the process {other} here")
        alone(unit, table, begun)
        asked = midnight(row.asked)
        adopted = adopt(table, begun, row.state, asked)
        posted = self._sent_elsewhere(table, adopted.instance, row, asked)
        made = apply(unit, table, begun, adopted, self._now, ())
        unit.post(posted)
        if row.key is not None:
            unit.add("process_keys", {"party": party.gln, "key": row.key, "instance_id": begun.id})
        for name, value in row.tags.items():
            tag = {"instance_id": begun.id, "name": name, "value": value, "begun_at": stamp(self._now)}
            unit.add("process_tags", tag)
        return Fate("adopted", applied=(made,))

    def _sent_elsewhere(self, table: Machine, instance: Instance, row: UnderWay, asked: datetime) -> Values:
        """The message that the other system has sent, made again from the order, so that answers find their process."""
        rows = table.index.get(("begin", on_command(row.order.does)), ())
        sends = next((item for line in rows for item in line.do if isinstance(item, Send)), None)
        if sends is None:
            raise CommandRefused(f"{type(row.order).__name__} sends nothing, and is a row of another kind, or none")
        build = table.build.get(f"{sends.label} to {sends.to}") or table.build[sends.label]
        message = build(Draft(instance, row.request, asked))
        return {
            "message_id": row.request, "instance_id": instance.id, "version": instance.version,
            "party": instance.party, "name": message.name(), "label": sends.label,
            "recipient": str(message.header.juridical_recipient), "metering_point": instance.facts.metering_point,
            "created_at": stamp(asked), "status": "sent", "attempts": 0, "next_at": None, "sent_at": stamp(asked),
            "error": "sent by another system, and made again at its adoption", "data": write(message),
            "role": message.process.role.value, "channel": None, "lease_by": None, "lease_until": None, "doubts": 0,
        }  # fmt: skip


def _same(one: str, other: str) -> bool:
    """Whether two marks of a customer may be of the same: where one is not known, it is."""
    return one == other or not one or not other


def _crosses(other: Values, supplier: str, start: date | None, end: date | None) -> bool:
    """Whether another contract here holds on days of this one; what is known of the end of this one itself does not."""
    if other["status"] != "in force" or (not other["start"] and other["supplier"] == supplier):
        return False
    begins, ends = "" if start is None else start.isoformat(), "9" if end is None else end.isoformat()
    return bool(other["start"] < ends and begins < (other["end"] or "9"))


def _differs(known: Values, wanted: Mapping[str, object]) -> str:
    """What is known here otherwise than a row says; nothing where it is the same."""
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in wanted.items()}
    return "; ".join(
        f"{name}: here {_shown(known[name])}, in the row {_shown(value)}"
        for name, value in said.items()
        if known[name] != value
    )


def _shown(value: object) -> str:
    return "none" if value is None else str(value)
