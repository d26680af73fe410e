"""Reconciliation: what the hub says against what is known here; what is certain is changed, and only when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from ediel.calendar import market_day
from ediel.engine._adopt import checked, numbered, whose
from ediel.engine._adopting import Adopting, Fate
from ediel.engine._comparing import Difference, Found, accesses, contracts, point, supplier_on
from ediel.engine._intake import Parties
from ediel.engine._messages import Messages
from ediel.engine._party import Party
from ediel.engine._work import Work
from ediel.engine.errors import EngineError, InvalidPortfolio
from ediel.engine.portfolio import Access, Contract, Point, Row, UnderWay
from ediel.market import Profile
from ediel.messages import (
    Message,
    NotifyEndOfSupply,
    NotifyMeteringPointCharacteristics,
    NotifyStartOfSupply,
)
from ediel.series.errors import Mistake
from ediel.store import Browser, Finder, Store, Unit, Wanted, known_of, latest_about_points
from ediel.store import _schema as schema

__all__ = ["Reconcile", "Reconciliation"]

_BATCH: Final = 500
_POINTS: Final = 200
"""Points that are read at a time."""
_KNOWN: Final = (schema.CONTRACTS, schema.ACCESSES, schema.POINTS)
_DEAD: Final = 10_000
_NOTICES: Final = (NotifyStartOfSupply, NotifyEndOfSupply)
_TABLES: Final = {"contract": ("supply", "end_of_supply"), "access": ("access",)}


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What the hub says against what is known here.

    Attributes:
        compared: how many rows of a file, or messages, were held against what is known here.
        differences: what is otherwise, by party and metering point.
    """

    compared: int
    differences: tuple[Difference, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many differences there are of each kind."""
        return Counter(item.kind for item in self.differences)


@dataclass(slots=True)
class _Said:
    """What the hub says of one point to one party."""

    party: Party
    contracts: list[tuple[int, Contract]] = field(default_factory=list)
    accesses: list[tuple[int, Access]] = field(default_factory=list)
    points: list[tuple[int, Point]] = field(default_factory=list)


class Reconcile:
    """What an engine compares; its methods are those of ``Engine``."""

    store: Store
    browse: Browser
    clock: Callable[[], datetime]
    deliver: Callable[..., int]
    _finder: Finder
    _messages: Messages
    _parties: Parties
    _work: Work
    _limits: Callable[[], Profile]

    def reconcile(
        self,
        view: Path | str | Iterable[Row] | None = None,
        *,
        complete: bool = False,
        apply: bool = False,
        now: datetime | None = None,
    ) -> Reconciliation:
        """Compare what the hub says with what is known here: contracts, accesses, points.

        Without ``view``, what the hub has said in messages: the supplier that the latest answer or notice of master
        data (BRS-NO-303, 305 and the like) names, and notices of supply that could not be handled.

        Args:
            view: the hub's view as a file or rows of ``ediel.engine.portfolio``, as ``adopt`` takes them.
            complete: whether it names everything: what it does not name is then ``only ours``. Otherwise points that
                it does not name are passed over, and of those that it names, the kinds of rows that it has none of.
            apply: do what is certain: take over what only the hub knows, and the end of a contract that goes on here.
            now: the moment; the clock's when not given.

        Returns:
            The differences. One that a process which is under way may explain is not certain.

        Raises:
            EngineError: ``apply`` or ``complete`` without a view.
            InvalidPortfolio: the view has mistakes; nothing was changed.
            InvalidTable: the file is of another form.
            OSError: the file cannot be read.
            StoreError: the database refuses.
        """
        moment = now or self.clock()
        if view is None:
            if apply or complete:
                raise EngineError("apply and complete need a view: what came in messages is neither whole nor certain")
            return self._reconcile_messages()
        name, rows = numbered(view)
        given = list(rows())
        parties = tuple(self._parties.values())
        mistakes = list(checked(given, parties, market_day(moment)))
        mistakes += [
            Mistake(
                number, "kind", None, "found under way; expected contract, access or point: the hub's view has these"
            )
            for number, row in given
            if isinstance(row, UnderWay)
        ]
        if mistakes:
            raise InvalidPortfolio(name, mistakes)
        said = _by_point(given, parties)
        found = list(self._compared(said, market_day(moment), complete=complete))
        if apply:
            found = self._apply_certain(found, moment)
        differences = sorted((item.difference for item in found), key=lambda it: (it.party, it.metering_point, it.what))
        return Reconciliation(len(given), tuple(differences))

    # --- comparing

    def _compared(self, said: Mapping[tuple[str, str], _Said], today: date, *, complete: bool) -> Iterator[Found]:
        by_party: dict[str, list[str]] = {}
        for gln, key in said:
            by_party.setdefault(gln, []).append(key)
        for gln, keys in by_party.items():
            for place in range(0, len(keys), _POINTS):
                some = keys[place : place + _POINTS]
                supplies, given, stored = (known_of(self.store, table, gln, some) for table in _KNOWN)
                for key in some:
                    item = said[gln, key]
                    if item.contracts or complete:
                        found = contracts(gln, key, item.contracts, supplies[key], today)
                        yield from self._unless_under_way(found)
                    if item.accesses or complete:
                        yield from self._unless_under_way(accesses(gln, key, item.accesses, given[key], today))
                    if item.points or complete:
                        yield from point(gln, key, item.points, next(iter(stored[key]), None))
        if complete:
            for gln in {gln for gln, _ in said}:
                yield from self._unnamed(gln, said, today)

    def _unnamed(self, gln: str, said: Mapping[tuple[str, str], _Said], today: date) -> Iterator[Found]:
        """What is known here of points that a complete view does not name."""
        for row in self.browse.contracts(party=gln):
            if (gln, row["metering_point"]) not in said:
                yield from contracts(gln, row["metering_point"], (), (row,), today)
        for row in self.browse.accesses(party=gln):
            if (gln, row["metering_point"]) not in said:
                yield from accesses(gln, row["metering_point"], (), (row,), today)
        for row in self.browse.points(party=gln):
            if (gln, row["metering_point"]) not in said:
                yield from point(gln, row["metering_point"], (), row)

    def _unless_under_way(self, found: Iterable[Found]) -> Iterator[Found]:
        """Differences; nothing is certain while a process about it is under way."""
        for item in found:
            it = item.difference
            if not it.certain:
                yield item
                continue
            wanted = Wanted(parties=(it.party,), metering_point=it.metering_point, statuses=("open",))
            rows = self._finder.processes(wanted, None, 100)
            process = next((row for row in rows if row["machine"].partition("/")[0] in _TABLES[it.what]), None)
            if process is None:
                yield item
                continue
            why = f"the process {process['id']} is under way here ({process['state']}): it may explain it"
            yield replace(item, difference=replace(it, certain=False, why=why))

    def _reconcile_messages(self) -> Reconciliation:
        compared = 0
        differences: list[Difference] = []
        for row in latest_about_points(self.store, "NotifyMeteringPointCharacteristics"):
            message = self._messages.get(row["message_id"], sender=row["sender"])
            assert isinstance(message, NotifyMeteringPointCharacteristics)
            compared += 1
            for event in message.payloads:
                if event.balance_supplier is None:
                    continue
                key = str(event.metering_point)
                known = self.browse.contracts(party=row["party"], metering_point=key)
                day, source = market_day(event.start_of_occurrence), f"message {row['message_id']}"
                found = supplier_on(row["party"], key, day, str(event.balance_supplier), source, known)
                differences += () if found is None else (found,)
        for letter in self.browse.dead_letters(most=_DEAD):
            if letter["name"] not in {item.__name__ for item in _NOTICES}:
                continue
            compared += 1
            message = self._messages.at(letter["sha256"], letter["position"])
            differences.append(_dead(message, letter["id"]))
        return Reconciliation(compared, tuple(differences))

    # --- applying

    def _apply_certain(self, found: list[Found], moment: datetime) -> list[Found]:
        certain = [place for place, item in enumerate(found) if item.difference.certain]
        result = list(found)
        rest = iter(certain)
        while some := list(islice(rest, _BATCH)):
            points = tuple({found[place].difference.metering_point for place in some})
            work = partial(self._apply_batch, some=[found[place] for place in some], moment=moment)
            fates = self._work.in_unit(work, locks=points)
            self._work.note(item for fate in fates for item in fate.applied)
            for place, fate in zip(some, fates, strict=True):
                it = found[place].difference
                done = fate.outcome == "adopted"
                result[place] = replace(
                    found[place], difference=replace(it, applied=done, why=it.why if done else fate.text)
                )
        self.deliver(now=moment)
        return result

    def _apply_batch(self, unit: Unit, some: list[Found], moment: datetime) -> list[Fate]:
        adopting = Adopting(unit, moment, self._limits())
        parties = tuple(self._parties.values())
        fates = []
        for item in some:
            assert item.row is not None  # what is certain comes from a row
            party = whose(item.row, parties)
            assert isinstance(party, Party)  # it was checked
            fates.append(adopting.correct(item.row, party, item.known))
        return fates


def _by_point(
    given: Iterable[tuple[int, Row | list[Mistake]]], parties: tuple[Party, ...]
) -> dict[tuple[str, str], _Said]:
    said: dict[tuple[str, str], _Said] = {}
    for number, row in given:
        if isinstance(row, list | UnderWay):
            continue
        party = whose(row, parties)
        if isinstance(party, Mistake):
            continue
        of = said.setdefault((party.gln, row.metering_point), _Said(party))
        match row:
            case Contract():
                of.contracts.append((number, row))
            case Access():
                of.accesses.append((number, row))
            case Point():
                of.points.append((number, row))
    return said


def _dead(message: Message, letter: str) -> Difference:
    """A notice of the hub that could not be handled."""
    assert isinstance(message, _NOTICES)
    payload = message.payload
    start = isinstance(message, NotifyStartOfSupply)
    moment = getattr(payload, "start_of_occurrence" if start else "end_of_occurrence")
    words = f"{payload.balance_supplier} {'from' if start else 'to'} {market_day(moment)}"
    return Difference(
        "only theirs", "notice", str(message.header.juridical_recipient), str(payload.metering_point), "", words,
        f"dead letter {letter}", why="it could not be handled: `ediel dead-letters` says why, and tries it again",
    )  # fmt: skip
