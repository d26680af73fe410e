"""What the hub says of a metering point against what is known here: pure, a point at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from ediel.engine.portfolio import Access, Contract, Point, Row
from ediel.processes._changes import mark_of
from ediel.store import Values

__all__ = ["Difference", "accesses", "contracts", "point", "supplier_on"]

Kind = Literal["only ours", "only theirs", "other start", "other end", "other party", "other data"]
_EVER: Final = "9"
_UNKNOWN: Final = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the hub says otherwise than it is known here.

    Attributes:
        kind: ``only ours``, ``only theirs``, ``other start``, ``other end``, ``other party`` (another supplier on the
            same days), ``other data``.
        what: ``contract``, ``access``, ``point``, or ``notice`` for one that could not be handled.
        party: GLN of the party here.
        metering_point: GSRN.
        ours: what is known here, in words; empty where nothing is.
        theirs: what the hub says, in words; empty where it says nothing.
        source: the row of the file, or the message.
        certain: whether there is one thing to do about it, and ``apply`` does it.
        why: why not, or what to do.
        applied: whether it was done.
    """

    kind: Kind
    what: str
    party: str
    metering_point: str
    ours: str
    theirs: str
    source: str
    certain: bool = False
    why: str = ""
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, with the row that says it and what it is about here."""

    difference: Difference
    row: Row | None = None
    known: Values | None = None


def contracts(
    party: str, key: str, said: Sequence[tuple[int, Contract]], known: Sequence[Values], today: date
) -> Iterator[Found]:
    """Differences in the contracts of one point."""
    ours = [item for item in known if item["status"] == "in force"]
    theirs = list(said)
    for number, row in said:
        same = next((item for item in ours if _same_contract(item, row, party)), None)
        if same is None:
            continue
        ours.remove(same)
        theirs.remove((number, row))
        end = _text(row.end)
        if same["end"] != end:
            certain = same["end"] is None
            why = "" if certain else "an end is known here: a rollback may be the reason"
            words = (_contract(same), _said(row, party), f"row {number}")
            yield Found(Difference("other end", "contract", party, key, *words, certain, why), row, same)
    for number, row in theirs:
        crossing = next((item for item in ours if _crosses(item, _text(row.start), _text(row.end))), None)
        supplier = row.supplier or party
        if crossing is None:
            yield Found(
                Difference("only theirs", "contract", party, key, "", _said(row, party), f"row {number}", certain=True),
                row,
            )
            continue
        ours.remove(crossing)
        unknown = crossing["supplier"] == supplier and crossing["start"] == _UNKNOWN and row.start is not None
        kind: Kind = "other start" if crossing["supplier"] == supplier else "other party"
        why = "" if unknown else "which of the two is right, a person must find out: ask the hub by BRS-NO-303"
        certain = unknown and crossing["end"] == _text(row.end)
        words = (_contract(crossing), _said(row, party), f"row {number}")
        yield Found(Difference(kind, "contract", party, key, *words, certain, why), row, crossing)
    for item in ours:
        if item["end"] is None or item["end"] > today.isoformat():
            why = "absence is no proof that it has ended: ask the hub by BRS-NO-303"
            yield Found(Difference("only ours", "contract", party, key, _contract(item), "", "", why=why), None, item)


def accesses(
    party: str, key: str, said: Sequence[tuple[int, Access]], known: Sequence[Values], today: date
) -> Iterator[Found]:
    """Differences in the accesses of one point."""
    ours = list(known)
    for number, row in said:
        third_party, start, end = row.third_party or party, row.start.isoformat(), _text(row.end)
        own = [item for item in ours if item["third_party"] == third_party]
        same = next((item for item in own if item["start"] == start), None)
        same = same or next((item for item in own if _crosses(item, start, end)), None)
        theirs = _access(third_party, start, end, row.level, extended=row.extended_storage)
        source = f"row {number}"
        if same is None:
            yield Found(Difference("only theirs", "access", party, key, "", theirs, source, certain=True), row)
            continue
        ours.remove(same)
        words = _known_access(same)
        if same["start"] != start:
            why = "which of the two is right, a person must find out"
            yield Found(Difference("other start", "access", party, key, words, theirs, source, why=why), row, same)
        elif same["end"] != end:
            why = "its end is changed by the command update, or delete, of its process"
            yield Found(Difference("other end", "access", party, key, words, theirs, source, why=why), row, same)
        elif (same["level"], same["extended_storage"]) != (row.level, row.extended_storage):
            yield Found(Difference("other data", "access", party, key, words, theirs, source, certain=True), row, same)
    for item in ours:
        if item["end"] is None or item["end"] > today.isoformat():
            why = "absence is no proof that it has ended"
            yield Found(Difference("only ours", "access", party, key, _known_access(item), "", "", why=why), None, item)


def point(party: str, key: str, said: Sequence[tuple[int, Point]], known: Values | None) -> Iterator[Found]:
    """Differences in what is known of one point itself."""
    for number, row in said:
        wanted = {name: value for name in ("grid_area", "settlement") if (value := getattr(row, name)) is not None}
        theirs = ", ".join(f"{name} {value}" for name, value in wanted.items())
        if known is None:
            yield Found(Difference("only theirs", "point", party, key, "", theirs, f"row {number}", certain=True), row)
        elif other := {name for name, value in wanted.items() if known[name] != value}:
            ours = ", ".join(f"{name} {known[name] or 'none'}" for name in sorted(other))
            yield Found(
                Difference("other data", "point", party, key, ours, theirs, f"row {number}", certain=True), row, known
            )
    if not said and known is not None:
        why = "absence is no proof that it is gone"
        yield Found(Difference("only ours", "point", party, key, "a point", "", "", why=why), None, known)


def supplier_on(
    party: str, key: str, day: date, supplier: str, source: str, known: Sequence[Values]
) -> Difference | None:
    """What an answer of the hub says of the supplier on a day, where that is known otherwise here, or not at all."""
    text, theirs = day.isoformat(), f"{supplier} on {day}"
    holds = [item for item in known if item["status"] == "in force" and _crosses(item, text, _text(day, "~"))]
    if any(item["supplier"] == supplier for item in holds):
        return None
    if not holds:
        why = "from which day, the answer does not say: adopt the contract with its days"
        return Difference("only theirs", "contract", party, key, "", theirs, source, why=why)
    why = "which of the two is right, a person must find out"
    return Difference("other party", "contract", party, key, _contract(holds[-1]), theirs, source, why=why)


def _same_contract(known: Values, row: Contract, party: str) -> bool:
    mark = "" if row.customer is None else mark_of(row.customer)
    same_customer = known["customer"] == mark or not known["customer"] or not mark
    return (
        bool((known["supplier"], known["start"]) == (row.supplier or party, _text(row.start) or "")) and same_customer
    )


def _crosses(known: Values, start: str | None, end: str | None) -> bool:
    """Whether what is known holds on days between two, the last one without."""
    return bool(known["start"] < (end or _EVER) and (start or "") < (known["end"] or _EVER))


def _text(day: date | None, more: str = "") -> str | None:
    return None if day is None else f"{day.isoformat()}{more}"


def _contract(known: Values) -> str:
    return _days(known["supplier"], known["start"], known["end"])


def _said(row: Contract, party: str) -> str:
    return _days(row.supplier or party, _text(row.start) or "", _text(row.end))


def _days(who: str, start: str, end: str | None) -> str:
    return f"{who} from {start or 'an unknown day'}{'' if end is None else f' to {end}'}"


def _access(who: str, start: str, end: str | None, level: str, *, extended: bool) -> str:
    return f"{_days(who, start, end)}, {level}{', extended storage' if extended else ''}"


def _known_access(known: Values) -> str:
    extended = bool(known["extended_storage"])
    return _access(known["third_party"], known["start"], known["end"], known["level"], extended=extended)
