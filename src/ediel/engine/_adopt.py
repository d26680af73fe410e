"""Adoption: a portfolio of another system is taken over, checked as a whole before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from ediel.calendar import market_day
from ediel.engine._adopting import Adopting, Fate
from ediel.engine._intake import Parties
from ediel.engine._party import Party
from ediel.engine._portfolio_files import cells_of, row_of
from ediel.engine._work import Work
from ediel.engine.errors import EngineError, InvalidPortfolio
from ediel.engine.portfolio import Access, Contract, Row, UnderWay
from ediel.market import Profile
from ediel.series.errors import Mistake
from ediel.store import Unit

__all__ = ["Adopt", "Adopted", "Adoption", "checked", "numbered", "whose"]

_MOST: Final = 10_000
_PREFERRED: Final[Mapping[str, tuple[str, ...]]] = {"contract": ("DDQ", "SLR"), "access": ("AG",)}
"""Roles that have rows of a kind of their own."""
Numbered = tuple[int, Row]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A row that was not simply taken over.

    Attributes:
        row: its number: the line of a text file, the row of a Parquet file, the place in an iterable; from 1.
        outcome: ``refused``, or ``known``, where what is known here differs from the row.
        metering_point: of the row, where it has one.
        text: why, or what differs.
    """

    row: int
    outcome: Literal["known", "refused"]
    metering_point: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """How far an adoption has come.

    Attributes:
        done: rows that are through, of ``total``.
        total: rows of the portfolio.
        counts: how many were ``adopted``, ``known`` (they are here already: nothing was changed), ``refused``.
        remarks: the rows that were refused, and those known that differ from what is known here; the first 10,000.
    """

    done: int
    total: int
    counts: Mapping[str, int]
    remarks: tuple[Adopted, ...] = ()


@dataclass(slots=True)
class _Whole:
    """What can only be seen across rows: what stands twice, and days that are given to two."""

    keys: dict[tuple[str, ...], int] = field(default_factory=dict)
    days: dict[tuple[str, ...], list[tuple[date, date, int]]] = field(default_factory=dict)

    def mistakes(self, number: int, row: Row, party: Party) -> Iterator[Mistake]:
        """What is wrong with a row beside those before it."""
        point = _point(row)
        for column, key in _keys(row, party):
            before = self.keys.setdefault(key, number)
            if before != number:
                yield Mistake(number, column, point, f"the same as in row {before}; expected each once")
                return
        if isinstance(row, Contract | Access):
            start, end = row.start or date.min, row.end or date.max
            whose = (party.gln, row.metering_point, row.kind, _third_party(row, party))
            others = self.days.setdefault(whose, [])
            crossing = next((item for item in others if start < item[1] and item[0] < end), None)
            if crossing is not None:
                yield Mistake(number, "start", point, f"these days are those of row {crossing[2]}, too")
            others.append((start, end, number))


def _third_party(row: Contract | Access, party: Party) -> str:
    return "" if isinstance(row, Contract) else row.third_party or party.gln


def _keys(row: Row, party: Party) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(row, UnderWay):
        yield "request", (row.request,)
        if row.key is not None:
            yield "key", (party.gln, row.key)
    elif not isinstance(row, Contract | Access):
        yield "metering_point", (party.gln, row.kind, row.metering_point)


def whose(row: Row, parties: Iterable[Party]) -> Party | Mistake:
    """The party here whose row it is; a mistake, without its row, where that cannot be said."""
    roles = row.order.roles if isinstance(row, UnderWay) else None
    have = [item for item in parties if not item.is_hub and (roles is None or item.role in roles)]
    own = [item for item in have if row.party in {None, item.gln} and row.role in {None, item.role}]
    preferred = [item for item in own if item.role in _PREFERRED.get(row.kind, ())]
    own = preferred or own
    listed = ", ".join(f"{item.gln} as {item.role}" for item in have) or "none"
    if not own:
        column = "role" if any(row.party in {None, item.gln} for item in have) else "party"
        found = (row.role if column == "role" else row.party) or "nothing"
        return Mistake(None, column, None, f"found {found}; the parties here that it may be: {listed}")
    if len({item.gln for item in own}) > 1:
        return Mistake(None, "party", None, f"found {row.party or 'nothing'}; several that it may be: {listed}")
    if len(own) > 1 and (preferred or roles is not None):
        return Mistake(None, "role", None, f"found {row.role or 'nothing'}; several that it may be: {listed}")
    return own[0]  # whose other role it is would make no difference


def checked(
    rows: Iterable[tuple[int, Row | list[Mistake]]], parties: Iterable[Party], today: date
) -> Iterator[Mistake]:
    """Every mistake of a portfolio, in the order of its rows."""
    whole, parties = _Whole(), tuple(parties)
    for number, row in rows:
        if isinstance(row, list):
            yield from row
            continue
        point = _point(row)
        party = whose(row, parties)
        if isinstance(party, Mistake):
            yield replace(party, row=number, point=point)
            continue
        if isinstance(row, Contract) and row.supplier is None and party.role not in {"DDQ", "SLR"}:
            yield Mistake(
                number, "supplier", point, f"empty; expected a GLN, since {party.gln} is here as {party.role}"
            )
        if isinstance(row, Access) and row.third_party is None and party.role != "AG":
            yield Mistake(
                number, "third_party", point, f"empty; expected a GLN, since {party.gln} is here as {party.role}"
            )
        if isinstance(row, Access) and row.start > today:
            yield Mistake(
                number, "start", point, f"found {row.start}; expected a day that is not ahead: it holds when given"
            )
        if isinstance(row, UnderWay) and row.asked > today:
            yield Mistake(number, "asked", point, f"found {row.asked}; expected a day that is not ahead")
        yield from whole.mistakes(number, row, party)


def _point(row: Row) -> str | None:
    point: str | None = getattr(row.order, "metering_point", None) if isinstance(row, UnderWay) else row.metering_point
    return point


def _same(name: str, rows: Iterable[tuple[int, Row | list[Mistake]]]) -> Iterator[Numbered]:
    """The rows, which were checked before."""
    for number, row in rows:
        if isinstance(row, list):
            raise EngineError(f"{name} was changed while it was read: {row[0]}; adopt it again")
        yield number, row


def numbered(
    portfolio: Path | str | Iterable[Row],
) -> tuple[str, Callable[[], Iterator[tuple[int, Row | list[Mistake]]]]]:
    """What a portfolio is called in errors, and what gives its rows with their numbers: each time it is called, all."""
    if isinstance(portfolio, str | Path):
        path = Path(portfolio)
        return path.name, lambda: ((found.number, row_of(found)) for found in cells_of(path))
    given: tuple[Row, ...] = tuple(portfolio)
    return "the portfolio", lambda: iter(tuple(enumerate(given, 1)))


class Adopt:
    """What an engine takes over; its methods are those of ``Engine``."""

    clock: Callable[[], datetime]
    deliver: Callable[..., int]
    _work: Work
    _limits: Callable[[], Profile]
    _parties: Parties

    def adopt(
        self,
        portfolio: Path | str | Iterable[Row],
        *,
        now: datetime | None = None,
        batch: int = 500,
        progress: Callable[[Adoption], None] | None = None,
        dry_run: bool = False,
    ) -> Adoption:
        """Take over what another system knows, at the cut-over: points, contracts, accesses, and what is under way.

        ::

            engine.adopt("portfolio.csv", progress=lambda it: print(it.done, "of", it.total))
            engine.adopt([portfolio.Contract(metering_point="...", start=date(2024, 3, 1), customer="...")])

        The whole is checked before anything is written. Then each batch is one commit: after a crash, call it again.
        What is here already is left as it is, so the same portfolio twice changes nothing. Nothing is sent.

        The contract of an own supply, an own access and what is under way become processes, with the event
        ``ProcessAdopted``; other contracts, accesses and points are rows that ``browse`` lists.

        Args:
            portfolio: a ``.csv``, ``.jsonl`` or ``.parquet`` file, with the columns of ``ediel.engine.portfolio``; or
                rows of it.
            now: the moment; the clock's when not given.
            batch: rows of a commit, at most 10,000. Others wait for the database as long as one takes.
            progress: called after each commit.
            dry_run: check only, and write nothing.

        Returns:
            What was done, and each row that was refused, with the reason: it stands against what is here.

        Raises:
            InvalidPortfolio: with each mistake, its row and its column; nothing was written.
            InvalidTable: the file is of another form.
            EngineError: a number cannot be.
            OSError: the file cannot be read.
            StoreError: the database refuses; what was committed before stays.
        """
        if not 1 <= batch <= _MOST:
            raise EngineError(f"batch={batch}; expected 1 to {_MOST:,}")
        moment = now or self.clock()
        name, rows = numbered(portfolio)
        total = 0

        def counted() -> Iterator[tuple[int, Row | list[Mistake]]]:
            nonlocal total
            for item in rows():
                total += 1
                yield item

        mistakes = list(checked(counted(), tuple(self._parties.values()), market_day(moment)))
        if mistakes:
            raise InvalidPortfolio(name, mistakes)
        counts: Counter[str] = Counter(adopted=0, known=0, refused=0)
        result = Adoption(0, total, dict(counts))
        if dry_run:
            return result
        remarks: list[Adopted] = []
        rest = _same(name, rows())
        while some := list(islice(rest, batch)):
            locks = tuple({point for _, row in some if (point := _point(row)) is not None})
            fates = self._work.in_unit(partial(self._adopt_batch, rows=some, moment=moment), locks=locks)
            self._work.note(item for fate in fates for item in fate.applied)
            counts.update(fate.outcome for fate in fates)
            for (number, row), fate in zip(some, fates, strict=True):
                if fate.text and fate.outcome != "adopted" and len(remarks) < _MOST:
                    remarks.append(Adopted(number, fate.outcome, _point(row), fate.text))
            result = Adoption(result.done + len(some), total, dict(counts), tuple(remarks))
            if progress is not None:
                progress(result)
        self.deliver(now=moment)
        return result

    def _adopt_batch(self, unit: Unit, rows: list[Numbered], moment: datetime) -> list[Fate]:
        adopting = Adopting(unit, moment, self._limits())
        parties = tuple(self._parties.values())
        fates = []
        for _, row in rows:
            party = whose(row, parties)
            fates.append(Fate("refused", str(party)) if isinstance(party, Mistake) else adopting.take(row, party))
        return fates
