"""Lookup: processes by what callers know of them, what happened at a metering point, what falls due.

Pages are read along indices, whatever else the database holds, and take no writer's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ediel.engine._messages import Messages
from ediel.engine._page import Page, cursor_of, most_of, place_of
from ediel.engine._party import Party
from ediel.engine._results import Process, shown
from ediel.engine.errors import EngineError
from ediel.messages import Message
from ediel.processes import UnreadableProcess, restore
from ediel.store import STATUSES, Finder, Values, Wanted, moment_of, stored_of

__all__ = ["Lookup", "TimelineEntry"]

_WHAT: Final[Mapping[str, str]] = {
    "supply": "supply", "end_of_supply": "supply", "access": "access", "authorisation": "consent",
    "annual_volume": "values", "metering_values": "values", "query": "query", "question": "question",
    "shared_production": "shared production", "master_data": "master data",
}  # fmt: skip
"""What a step is about, by the name of its table."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One step of a process, on the timeline of a metering point.

    Attributes:
        at: when.
        what: ``supply``, ``values``, ``query``, ``access``, ``consent``, ``master data``, ``shared production``,
            ``question``.
        process_id: the process.
        version: which of its steps.
        machine: table of the process, such as ``supply/requester``.
        party: GLN.
        brs: BRS number.
        trigger: what made the step: a message by its label, a command, a timer, a decision.
        from_state: state before it.
        to_state: state after it.
        events: names of the events that it made.
        sent: identifications of the messages that it sent.
        received: identification of the message that made it; ``None`` where none did.
    """

    at: datetime
    what: str
    process_id: str
    version: int
    machine: str
    party: str
    brs: str | None
    trigger: str
    from_state: str
    to_state: str
    events: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    received: str | None = None
    source: Messages | None = field(default=None, repr=False, compare=False)

    @property
    def message(self) -> Message | None:
        """The message that made the step, typed, from the archive; ``None`` where none did. It may hold people."""
        return None if self.source is None else self.source.of_step(self.process_id, self.version)


class Lookup:
    """What an engine finds; its methods are those of ``Engine``."""

    _finder: Finder
    _messages: Messages
    clock: Callable[[], datetime]

    def process(self, process_id: str) -> Process:
        """A process as it stands.

        Raises:
            EngineError: there is no such process.
        """
        row = self._finder.row(process_id)
        if row is None:
            raise EngineError(f"there is no process {process_id}")
        return shown(restore(stored_of(row)), moment_of(row["changed_at"]), source=self._messages)

    def message(self, message_id: str, *, sender: str | None = None) -> Message:
        """A message that was received or sent, typed. It may hold people.

        Args:
            message_id: its identification.
            sender: GLN of the juridical sender, where two have used the same identification.

        Raises:
            EngineError: there is none, or several senders have used the identification.
        """
        return self._messages.get(message_id, sender=sender)

    def find(
        self,
        *,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        metering_point: str | None = None,
        status: str | None = None,
        process: str | None = None,
        party: Party | str | None = None,
        after: str | None = None,
        most: int = 100,
    ) -> Page[Process]:
        """Processes for which everything holds that is given; those begun last come first.

        ::

            page = engine.find(tags={"campaign": "spring"}, status="open")
            while page.after:
                page = engine.find(tags={"campaign": "spring"}, status="open", after=page.after)

        Args:
            key: the caller's own, as given to ``start``.
            tags: the caller's own words, all of them.
            metering_point: GSRN.
            status: ``open`` (something is awaited or to be done: a supply that has begun is not), ``done``, or of these
                ``resting`` (done, though a rollback or a correction may still come) and ``closed``.
            process: BRS number, such as ``BRS-NO-101``.
            party: GLN, or a party.
            after: ``.after`` of the page before. What has begun since that one is not in the pages that follow.
            most: items of a page.

        Raises:
            EngineError: a status, a cursor or a number that cannot be.
        """
        if status is not None and status not in STATUSES:
            raise EngineError(f"status={status!r}; expected {', '.join(STATUSES)}")
        wanted = Wanted(
            parties=None if party is None else (party.gln if isinstance(party, Party) else party,),
            key=key,
            tags=tags,
            metering_point=metering_point,
            statuses=() if status is None else STATUSES[status],
            process=process,
        )
        rows = self._finder.processes(wanted, place_of(after, 2), most_of(most) + 1)
        more = len(rows) > most
        end = cursor_of(rows[most - 1]["begun_at"], rows[most - 1]["id"]) if more else None
        return Page(tuple(self._shown(row) for row in rows[:most]), end)

    def _shown(self, row: Values) -> Process:
        changed_at = moment_of(row["changed_at"])
        try:
            return shown(restore(stored_of(row)), changed_at, source=self._messages)
        except UnreadableProcess as error:  # it is there, and the others are, too
            facts = {"problem": f"cannot be read: {error.problem}; see ediel db check"}
            return Process(
                row["id"], row["machine"], row["party"], row["state"], facts, (), status=row["status"],
                changed_at=changed_at, source=self._messages,
            )  # fmt: skip

    def timeline(
        self, metering_point: str, *, party: Party | str | None = None, after: str | None = None, most: int = 100
    ) -> Page[TimelineEntry]:
        """What happened at a metering point, in the order of time: supplies, values, queries, accesses and the rest.

        Messages about many points, such as metering values, are on the timeline of each. What was received and
        ignored, and what could not be handled, is in the inbox and among the dead letters.

        Args:
            metering_point: GSRN.
            party: GLN, or a party.
            after: ``.after`` of the page before.
            most: items of a page.

        Raises:
            EngineError: the metering point, a cursor or a number cannot be.
        """
        if len(metering_point) != 18 or not metering_point.isdecimal():
            raise EngineError(f"metering_point={metering_point!r}; expected a GSRN of 18 figures")
        whose = None if party is None else (party.gln if isinstance(party, Party) else party,)
        place = place_of(after, 3)
        if place is not None and not place[2].isdecimal():
            raise EngineError(f"after={after!r}; expected the .after of a page of the same list")
        rows = self._finder.steps(metering_point, whose, place, most_of(most) + 1)
        last = rows[most - 1] if len(rows) > most else None
        end = None if last is None else cursor_of(last["at"], last["instance_id"], str(last["version"]))
        rows = rows[:most]
        effects = self._finder.effects([(row["instance_id"], row["version"]) for row in rows])
        return Page(tuple(self._entry(row, *effects[row["instance_id"], row["version"]]) for row in rows), end)

    def _entry(self, row: Values, events: list[Values], sent: list[Values]) -> TimelineEntry:
        return TimelineEntry(
            moment_of(row["at"]),
            _WHAT[row["machine"].partition("/")[0]],
            row["instance_id"],
            row["version"],
            row["machine"],
            row["party"],
            row["process"],
            row["trigger"],
            row["from_state"],
            row["to_state"],
            tuple(item["name"] for item in events),
            tuple(item["message_id"] for item in sent),
            row["message_id"],
            self._messages,
        )

    def due(
        self,
        within: timedelta = timedelta(days=5),
        *,
        now: datetime | None = None,
        after: str | None = None,
        most: int = 1000,
    ) -> Page[Values]:
        """Timers that fall due within a time, the nearest first, with their processes.

        Args:
            within: the time.
            now: the moment; the clock's when not given.
            after: ``.after`` of the page before.
            most: items of a page.

        Raises:
            EngineError: a cursor or a number cannot be.
        """
        until = (now or self.clock()) + within
        rows = self._finder.due(until, place_of(after, 3), most_of(most) + 1)
        last = rows[most - 1] if len(rows) > most else None
        end = None if last is None else cursor_of(last["due_at"], last["instance_id"], last["name"])
        return Page(tuple(rows[:most]), end)
