"""Data protection: what an engine purges, exports and erases; its methods are those of ``Engine``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from ediel.calendar import market_day
from ediel.engine._acting import actor
from ediel.engine._erasing import Done, erase_rows
from ediel.engine._exporting import PersonExport, export_of
from ediel.engine._held_on import KIND_OF, Held, find_held
from ediel.engine._marks import Marks, Person
from ediel.engine._messages import Messages
from ediel.engine._purging import planned, purged
from ediel.engine._results import Process
from ediel.engine._retention import Retention
from ediel.engine.errors import ErasureRefused
from ediel.store import Purged, Store, Wording, compact, write_entry
from ediel.store import _schema as schema
from ediel.store._over import REASONS, why_not

if TYPE_CHECKING:
    from ediel.values import ValuesStore

__all__ = ["Erased", "Protection"]

_SHOWN: Final = 5
_AGAIN: Final = 3
"""Times that what came while a person was erased is erased, too."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure has done, or would do.

    Attributes:
        masked: rows in which words about the person were masked, by kind.
        kept: rows that stay since they are to be kept, by the reason and kind.
        processes: how many processes are about the person.
        remains: in words, what the erasure does not reach.
    """

    masked: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    processes: int = 0
    remains: tuple[str, ...] = ()


class Protection:
    """What an engine does for the protection of data."""

    store: Store
    clock: Callable[[], datetime]
    abandon: Callable[..., Process]
    _messages: Messages
    _values: ValuesStore | None

    def purge(
        self, retention: Retention, *, dry_run: bool = False, now: datetime | None = None, batch: int = 500
    ) -> list[Purged]:
        """Remove what is older than its kind is kept for; processes that are not over stay whole, however old.

        A process is over when nothing of it is awaited, due, unsent or unheard, and no contract and no access of its
        party is in force at its metering point. Each batch is a transaction with an entry of the protection log, which
        says who acts (``acting``), kinds and counts. The log of steps stays verifiable, and its seal the same.

        Args:
            retention: for how long each kind is kept.
            dry_run: change nothing; say what would be removed, and what is old enough and stays.
            now: the moment; the clock's when not given.
            batch: rows of a transaction.

        Returns:
            By kind, what was removed (or would be): kinds without a duration are left out.

        Raises:
            StoreError: the database refuses; what was purged before stays purged.
        """
        moment = now or self.clock()
        if dry_run:
            return planned(self.store, self._values, retention, moment)
        try:
            return purged(self.store, self._values, retention, moment, _wording(), batch)
        finally:
            self._messages.forget()

    def export(self, person: Person, *, now: datetime | None = None) -> PersonExport:
        """Everything that is held on a person (right of access), of all parties of the database.

        The whole database is read. An entry of the protection log says that it was done, by whom (``acting``), and how
        much was given; not of whom.

        Args:
            person: whom.
            now: the moment; the clock's when not given.

        Raises:
            StoreError: the database refuses.
        """
        moment = now or self.clock()
        marks = Marks(person)
        found = export_of(self.store, marks, find_held(self.store, marks), moment)
        with self.store.connection(write=True) as connection:
            write_entry(connection, "export", moment, _wording(marks), {"given": found.counts()})
        return found

    def erase(
        self,
        person: Person,
        *,
        retention: Retention | None = None,
        force: str | None = None,
        dry_run: bool = False,
        compacted: bool = True,
        now: datetime | None = None,
    ) -> Erased:
        """Erase a person (right to erasure): mask every word about them that may go.

        One transaction masks all rows, with an entry of the protection log that says by whom (``acting``), kinds and
        counts; not whom. What arrived and was sent is kept in a masked form that can still be read as messages, beside
        the digest of what it was; its signature no longer fits it. Processes, their steps and their contracts stay, and
        say nothing of whom they were about. Then the database is written anew. After a crash, do it again.

        Args:
            person: whom.
            retention: what is to be kept, and why (``keep``).
            force: erase though the person is in something that is under way; why. Such processes are abandoned first.
            dry_run: change nothing; say what would be masked and what is kept.
            compacted: write the database anew, so that no trace is left in parts that are not in use. It takes long for
                a large one: do it once for several persons, with ``ediel db compact`` or ``ediel.store.compact``.
            now: the moment; the clock's when not given.

        Raises:
            ErasureRefused: the person is in something that is under way, or a message about them is being sent.
            StoreError: the database refuses; nothing is masked, or all, and only the rest is still to be done.
        """
        moment = now or self.clock()
        marks, rules = Marks(person), retention or Retention()
        held = find_held(self.store, marks)
        if dry_run:
            return self._would_erase(marks, held, rules, moment)
        self._refuse(marks, held, moment, forced=force is not None)
        if force is not None:
            self._abandon_open(held, force, moment)
        total = Erased(processes=len(held.processes))
        for _ in range(_AGAIN):
            with self.store.connection(write=True) as connection:
                done = erase_rows(connection, marks, held, rules, moment, _wording(marks), forced=force is not None)
            total = _with(total, done)
            held = find_held(self.store, marks)
            if not _left(held, done):
                break
        self._messages.forget()
        total = _saying(total, _files(held))
        if not compacted:
            return _saying(total, ("the database was not compacted: run ediel db compact",))
        return _saying(total, compact(self.store, _wording(marks)))

    def _would_erase(self, marks: Marks, held: Held, rules: Retention, now: datetime) -> Erased:
        """What an erasure would do: done, and rolled back."""
        with self.store.connection(write=True) as connection:
            savepoint = connection.begin_nested()
            done = erase_rows(connection, marks, held, rules, now, _wording(marks), forced=False)
            savepoint.rollback()
        reasons = tuple(self._reasons(marks, held, now))
        return _saying(_with(Erased(processes=len(held.processes)), done), (*reasons, *_files(held)))

    def _reasons(self, marks: Marks, held: Held, now: datetime) -> list[str]:
        """Why a person is not erased, in words."""
        today = market_day(now).isoformat()
        table, contracts = schema.INSTANCES, schema.CONTRACTS
        words: list[str] = []
        with self.store.connection() as connection:
            for name in sorted(held.processes):
                why = connection.execute(select(why_not(today)).where(table.c.id == name)).scalar()
                if why is not None:
                    words.append(f"process {name}: {REASONS[str(why)]}")
            lasting = or_(contracts.c.end.is_(None), contracts.c.end > today)
            count = len(
                connection.execute(
                    select(contracts.c.start).where(
                        contracts.c.customer == marks.contract_mark, contracts.c.status == "in force", lasting
                    )
                ).all()
            )
        return [*words, *([f"{count} contracts of the person are in force"] if count else [])]

    def _refuse(self, marks: Marks, held: Held, now: datetime, *, forced: bool) -> None:
        reasons = self._reasons(marks, held, now)
        more = len(reasons) - _SHOWN
        if reasons and not forced:
            raise ErasureRefused(
                "the person is in something that is under way: "
                f"{'; '.join(reasons[:_SHOWN])}{'' if more <= 0 else f'; and {more} more'}. "
                "Bring it to its end, or say why it is to be erased all the same (force)"
            )

    def _abandon_open(self, held: Held, why: str, now: datetime) -> None:
        """Give up what is under way; a message about the person is not sent any more, unless it is on its way now."""
        instances, outbox = schema.INSTANCES, schema.OUTBOX
        for name in sorted(held.processes):
            with self.store.connection() as connection:
                status = connection.execute(select(instances.c.status).where(instances.c.id == name)).scalar()
            if status == "open":
                self.abandon(name, reason=why, now=now)
        with self.store.connection() as connection:
            waits = outbox.c.status.in_(("pending", "held"))
            unsent = select(outbox.c.message_id, outbox.c.instance_id).where(waits)
            waiting = [row for row in connection.execute(unsent) if row.instance_id in held.processes]
        if waiting:
            raise ErasureRefused(
                f"message {waiting[0].message_id} about the person is being sent, or waits for a decision: try "
                "again in a few minutes, or drop it first"
            )


def _left(held: Held, done: Done) -> bool:
    """Whether something names the person still that is not to be kept."""
    kept = {kind for kinds in done.kept.values() for kind in kinds}
    return any(KIND_OF.get(name, "customer") not in kept for name in held.rows)


def _with(total: Erased, done: Done) -> Erased:
    masked = {**total.masked}
    for kind, count in done.masked.items():
        masked[kind] = masked.get(kind, 0) + count
    kept = {reason: dict(kinds) for reason, kinds in done.kept.items()} or total.kept
    return Erased(masked, kept, total.processes, total.remains)


def _saying(total: Erased, words: tuple[str, ...]) -> Erased:
    return Erased(total.masked, total.kept, total.processes, (*total.remains, *words))


def _files(held: Held) -> tuple[str, ...]:
    """Large answers that lie beside the database: whether the person is in them is not known here."""
    if not held.files:
        return ()
    names = sorted(held.files)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    words = (
        f"{len(names)} large answers lie whole in files (spool of [courier]), which this does not reach: "
        f"{', '.join(names[:_SHOWN])}{more}. Delete those that the person is in, once their evidence is not needed"
    )
    return (words,)


def _wording(marks: Marks | None = None) -> Wording:
    """Who acts, and why; without the person, should somebody have written who it is."""
    words = (actor().actor, actor().reason)
    if marks is None:
        return Wording(*words)
    return Wording(*(None if text is None else marks.masked_text(text) for text in words))
