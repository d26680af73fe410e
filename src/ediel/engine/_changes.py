"""What steps write about contracts and accesses: as the party has been told, or as the hub decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from ediel.calendar import market_day
from ediel.processes import Facts, Instance
from ediel.store import Unit, stamp

Change = Callable[[Unit, Instance, datetime], None]
_UNKNOWN: Final = ""
"""Start of a contract that began before this database knew of it."""


def apply_change(change: str, unit: Unit, instance: Instance, now: datetime) -> None:
    """Write one change. Those that are about neither contracts nor accesses are kept in the log alone."""
    write = _BY_TABLE.get((instance.machine, change)) or _CHANGES.get(change)
    if write is not None:
        write(unit, instance, now)


def _row(instance: Instance, supplier: str, start: str, now: datetime, **more: Any) -> dict[str, Any]:
    facts = instance.facts
    return {
        "party": instance.party,
        "metering_point": facts["metering_point"],
        "supplier": supplier,
        "start": start,
        "end": None,
        "process": facts["process"],
        "status": "in force",
        "changed_at": stamp(now),
        **more,
    }


def _supplier(facts: Facts) -> str:
    """The supplier of the contract that a process is about."""
    payload = facts.get("payload") or {}
    return str(facts.get("supplier") or payload.get("balance_supplier") or facts["sender"])


def _begin(unit: Unit, instance: Instance, now: datetime) -> None:
    facts = instance.facts
    unit.put("contracts", _row(instance, _supplier(facts), facts["day"], now))


def _undo(unit: Unit, instance: Instance, now: datetime) -> None:
    facts = instance.facts
    unit.put("contracts", _row(instance, _supplier(facts), facts["day"], now, status="undone"))


def _last_resort_undone(unit: Unit, instance: Instance, now: datetime) -> None:
    """The party's own supply, whoever the notice names."""
    unit.put("contracts", _row(instance, instance.party, instance.facts["day"], now, status="undone"))


def _latest(unit: Unit, instance: Instance, supplier: str, day: str | None = None) -> dict[str, Any] | None:
    """The contract of a supplier that is in force on a day, or the latest one."""
    rows = [
        row
        for row in unit.contracts(instance.party, instance.facts["metering_point"])
        if row["supplier"] == supplier and row["status"] == "in force" and (day is None or row["start"] <= day)
    ]
    return rows[-1] if rows else None


def _end(unit: Unit, instance: Instance, now: datetime, supplier: str | None = None) -> None:
    facts = instance.facts
    whose = supplier or (facts["sender"] if facts.get("supplier") is None else facts["supplier"])
    row = _latest(unit, instance, whose, facts["day"]) or _row(instance, whose, _UNKNOWN, now)
    unit.put("contracts", {**row, "end": facts["day"], "changed_at": stamp(now)})


def _restore(unit: Unit, instance: Instance, now: datetime, supplier: str | None = None) -> None:
    """The contract that ended on the day of the process has no end again."""
    whose = supplier or instance.party
    ended = [
        row
        for row in unit.contracts(instance.party, instance.facts["metering_point"])
        if (row["supplier"], row["status"], row["end"]) == (whose, "in force", instance.facts["day"])
    ]
    row = ended[-1] if ended else _latest(unit, instance, whose) or _row(instance, whose, _UNKNOWN, now)
    unit.put("contracts", {**row, "end": None, "changed_at": stamp(now)})


def _hub_begins(unit: Unit, instance: Instance, now: datetime) -> None:
    """The new contract, and the end of the one before it."""
    leaver = instance.facts.get("leaver")
    if leaver:
        _end(unit, instance, now, leaver)
    last_resort = instance.facts.get("last resort")
    unit.put("contracts", _row(instance, last_resort or _supplier(instance.facts), instance.facts["day"], now))


def _hub_undoes(unit: Unit, instance: Instance, now: datetime) -> None:
    last_resort = instance.facts.get("last resort")
    supplier = last_resort or _supplier(instance.facts)
    unit.put("contracts", _row(instance, supplier, instance.facts["day"], now, status="undone"))
    if instance.facts.get("leaver"):
        _restore(unit, instance, now, instance.facts["leaver"])


def _hub_ends(unit: Unit, instance: Instance, now: datetime) -> None:
    """The end, and last-resort supply where it follows."""
    facts = instance.facts
    _end(unit, instance, now, facts.get("leaver") or facts["requester"])
    if facts.get("last resort"):
        unit.put("contracts", _row(instance, facts["last resort"], facts["day"], now))


def _hub_end_undone(unit: Unit, instance: Instance, now: datetime) -> None:
    facts = instance.facts
    if facts.get("last resort"):
        unit.put("contracts", _row(instance, facts["last resort"], facts["day"], now, status="undone"))
    _restore(unit, instance, now, facts.get("leaver") or facts["requester"])


def _access(unit: Unit, instance: Instance, now: datetime) -> None:
    facts = instance.facts
    third_party = facts.get("third_party") or facts["sender"]
    rows = [
        row
        for row in unit.accesses(instance.party, facts["metering_point"])
        if row["third_party"] == third_party and row["end"] is None
    ]
    start = rows[-1]["start"] if rows else market_day(now).isoformat()
    unit.put(
        "accesses",
        {
            "party": instance.party,
            "metering_point": facts["metering_point"],
            "third_party": third_party,
            "start": start,
            "end": facts.get("end"),
            "level": facts.get("level", "limited"),
            "extended_storage": bool(facts.get("extended_storage")),
            "changed_at": stamp(now),
        },
    )


def _access_ended(unit: Unit, instance: Instance, now: datetime) -> None:
    facts = instance.facts
    third_party = facts.get("third_party") or facts["sender"]
    today = market_day(now).isoformat()
    for row in unit.accesses(instance.party, facts["metering_point"]):
        if row["third_party"] == third_party and (row["end"] is None or row["end"] > today):
            unit.put("accesses", {**row, "end": today, "changed_at": stamp(now)})


_CHANGES: Final[dict[str, Change]] = {
    "start of supply notified": _begin,
    "start of supply undone": _undo,
    "end of supply notified": _end,
    "end of supply undone": _restore,
    "supply ends": _end,
    "supply restored": _restore,
    "supply begins": _hub_begins,
    "supply undone": _hub_undoes,
    "end undone": _hub_end_undone,
    "access granted": _access,
    "access changed": _access,
    "access ended": _access_ended,
}
_BY_TABLE: Final[dict[tuple[str, str], Change]] = {
    ("end of supply/hub", "supply ends"): _hub_ends,
    ("supply/last resort", "start of supply undone"): _last_resort_undone,
}
