"""What brings a stored process from one revision to the next.

Revision 1 is that of the first releases: facts of any name, days and moments as text, what was not there as null. The rows
of the tables are the same in both, so a process goes on where it stands. Facts that no table has ever read, such as those
that a decision maker of one's own has added, are left behind.
"""

from __future__ import annotations

from datetime import date

from ediel.calendar import midnight
from ediel.processes._state import JsonObject

Stored = tuple[str, JsonObject]


def plain(state: str, facts: JsonObject) -> Stored:
    """The same names; what was not there is left out."""
    return state, {name: value for name, value in facts.items() if value is not None}


def same(state: str, facts: JsonObject) -> Stored:
    """What is new may be absent."""
    return state, facts


def start_request(state: str, facts: JsonObject) -> Stored:
    """The payload holds its day, as the message does."""
    return _with_day(state, facts, "start_of_occurrence")


def end_request(state: str, facts: JsonObject) -> Stored:
    """The payload holds its day, as the message does."""
    return _with_day(state, facts, "end_of_occurrence")


def _with_day(state: str, facts: JsonObject, field: str) -> Stored:
    state, found = plain(state, facts)
    day = midnight(date.fromisoformat(found["day"])).isoformat()
    return state, {**found, "payload": {**found["payload"], field: day}}


def hub_supply(state: str, facts: JsonObject) -> Stored:
    """A name without a blank."""
    state, found = plain(state, facts)
    if "last resort" in found:
        found["last_resort"] = found.pop("last resort")
    return state, found


def reminded(state: str, facts: JsonObject) -> Stored:
    """Missing periods have the form that the message has."""
    state, found = plain(state, facts)
    missing = [
        {"metering_point": point, "period": {"start": start, "end": end}} for point, start, end in found["missing"]
    ]
    return state, {**found, "missing": missing}
