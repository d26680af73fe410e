"""The engine: messages in, steps, messages out, with nothing lost between them.

One call is one transaction: inbox row, process, log, outbox, timers and events are committed together or not at all.
``Engine`` is the face of the room: how it is opened, and its parties. What it does is in the classes it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from ediel.engine._adopt import Adopt
from ediel.engine._apply import Applied, OnChange
from ediel.engine._columns import Keeper, tend, values_store
from ediel.engine._delivery import Outbox
from ediel.engine._evidence import SignedSets
from ediel.engine._intake import DecisionMaker, Intake, Parties
from ediel.engine._lookup import Lookup
from ediel.engine._many import Many
from ediel.engine._messages import Messages
from ediel.engine._party import Party
from ediel.engine._preflight import Preflight
from ediel.engine._protection import Protection
from ediel.engine._receiving import Receiving
from ediel.engine._reconcile import Reconcile
from ediel.engine._repair import Repair
from ediel.engine._rerun import Replaying
from ediel.engine._results import Process, shown
from ediel.engine._settings import EngineSettings
from ediel.engine._starting import Starting
from ediel.engine._subscribing import Subscribing
from ediel.engine._subscriptions import Subscriptions
from ediel.engine._tenant import PartyView
from ediel.engine._timers import Timers
from ediel.engine._work import Work
from ediel.engine.errors import EngineError, ProcessesUnreadable
from ediel.engine.tracing import NoTracing, Tracing
from ediel.market import Profile, load
from ediel.store import (
    Browser,
    Finder,
    Store,
    check_processes,
    stamp,
)

if TYPE_CHECKING:
    from ediel.values import ValuesStore

Clock = Callable[[], datetime]
_SAMPLE: Final = 1000
"""Open processes that are read when a database is opened that was not upgraded: a few milliseconds."""


class Engine(Lookup, Starting, Receiving, Subscribing, Many, Protection, Repair, Adopt, Reconcile, Replaying):
    """Processes of one or several parties in one database.

    ::

        engine = ediel.Engine.open("sqlite:///market.db", party=ediel.Party(gln="...", role="DDQ"))
        switch = engine.start(ediel.ChangeOfSupplier(metering_point="...", start=date(2026, 12, 1), customer=..., ...))
        engine.receive(xml_bytes)
        engine.run_due()
        for entry in engine.outbox.pending(): ...
        engine.on(ediel.events.SupplyConfirmed, handler)

    Several engines may share a PostgreSQL database, and several threads an engine.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock | None = None,
        settings: EngineSettings | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
    ) -> None:
        how = settings or EngineSettings()
        self.store = store
        self.tracing: Tracing = how.tracing or NoTracing()
        if self.tracing.is_on:
            store.trace = self.tracing.current
        self.browse = Browser(store)
        self.clock: Clock = clock or partial(datetime.now, UTC)
        self._profile = how.profile
        self._finder = Finder(store)
        self._messages = Messages(self.browse)
        self.subscriptions = Subscriptions(store, self._event, self.tracing)
        self._parties: Parties = {}
        self._preflight = Preflight(how.profile, how.register, how.strict)
        self._consent_control = how.consent_control
        self._values = values_store(store, how.values)
        keeper = None if self._values is None else Keeper(self._values)
        self._intake = Intake(self._parties, decisions, self._preflight, on_change, keeper, self.tracing)
        self._work = Work(store, self._intake, self._preflight, how)
        self._timers = Timers(self._finder, self._work, self._intake, self._after, how.silence)
        self.outbox = Outbox(store, self.browse, self.clock)
        self._signed = SignedSets(self.browse.archived)
        self._work.in_unit(self._intake.know)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        party: Party | Iterable[Party] = (),
        clock: Clock | None = None,
        settings: EngineSettings | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
        upgrade: bool = True,
        check: bool = True,
    ) -> Self:
        """An engine on a database; its tables are made when they are not there.

        Args:
            url: ``sqlite:///FILE``, or ``postgresql://...`` with the extra ``postgres``.
            party: who it acts for, added to those that the database knows.
            clock: gives the present moment, aware; the system's clock when not given.
            settings: how it judges, counts and logs.
            decisions: for a hub: what it finds of each message.
            on_change: for a hub: keeps more of each change than the store does, in the same transaction.
            upgrade: bring the tables to this release.
            check: refuse a database with processes that this release cannot read: all that are open are read after an
                upgrade, a thousand of them otherwise. When false, such a process stands still, and the others go on.

        Raises:
            StoreError: the database cannot be used.
            WrongKey: it is encrypted, and the key is another or none.
            ProcessesUnreadable: it holds processes that this release cannot read.
        """
        engine = cls(
            Store.open(url, upgrade=upgrade, key=None if settings is None else settings.key),
            clock=clock,
            settings=settings,
            decisions=decisions,
            on_change=on_change,
        )
        if check:
            engine._check(None if engine.store.upgraded else _SAMPLE)
        for item in (party,) if isinstance(party, Party) else party:
            engine.add_party(item)
        return engine

    def _check(self, most: int | None) -> None:
        checked = check_processes(self.store, most=most)
        if checked.problems:
            self.close()
            raise ProcessesUnreadable(checked.count, checked.problems)

    @property
    def values(self) -> ValuesStore:
        """Every metering value that has come, in columns: series as they are or were known, changes, completeness.

        Raises:
            EngineError: this database has no values store; give ``EngineSettings(values=...)`` once.
        """
        if self._values is None:
            raise EngineError(
                "this database has no values store; open it with settings=EngineSettings(values=FOLDER) once"
            )
        return self._values

    def tend_values(self) -> int:
        """Put small files of the values store together, and remove those that are no longer needed.

        The courier does it after each cycle; nothing happens where there is no values store, or nothing to do.

        Returns:
            How many files are fewer.

        Raises:
            ValuesError: a file is missing or damaged.
            OSError: a file cannot be written.
        """
        return 0 if self._values is None else tend(self._values, self.store, self.clock())

    # --- parties

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who the engine acts for."""
        return tuple(self._parties.values())

    def add_party(self, party: Party) -> None:
        """Act for one more party, or for one with a new service provider."""
        row = {
            "gln": party.gln,
            "role": party.role,
            "physical_sender": party.physical_sender,
            "hub": party.hub,
            "added_at": stamp(self.clock()),
        }
        self._work.in_unit(lambda unit: unit.put("parties", row))
        self._parties[party.gln, party.role] = party

    def as_party(self, gln: str, role: str) -> PartyView:
        """The engine as one of its parties sees it: what is another's does not exist for it.

        Raises:
            EngineError: the engine does not act for that party.
        """
        party = self._parties.get((gln, role))
        if party is None:
            have = ", ".join(f"{item.gln} as {item.role}" for item in self.parties) or "none"
            raise EngineError(f"no party here is {gln} as {role}; there are: {have}. Add one with add_party")
        return PartyView(self, party)

    def _party_for(self, roles: tuple[str, ...], chosen: Party | str | None) -> Party:
        if isinstance(chosen, Party):
            return chosen
        suitable = [item for item in self.parties if item.role in roles and chosen in {None, item.gln}]
        if len(suitable) == 1:
            return suitable[0]
        have = ", ".join(f"{item.gln} as {item.role}" for item in self.parties) or "none"
        if not suitable:
            raise EngineError(f"no party here has role {' or '.join(roles)}; there are: {have}. Add one with add_party")
        raise EngineError(f"several parties have role {' or '.join(roles)}: {have}. Say which with party=")

    # --- timers

    def run_due(
        self, now: datetime | None = None, *, without: Container[str] = (), parties: Sequence[str] | None = None
    ) -> list[Process]:
        """Fire every timer whose moment has come; each in a transaction of its own.

        Args:
            now: the moment; the clock's when not given.
            without: GLNs of parties whose timers are left alone for now.
            parties: GLNs of those whose timers are fired; all when not given.

        Raises:
            TimersFailed: some could not be fired. All others were; those that failed are tried at the next call.
        """
        return self._timers.run_due(now or self.clock(), without=without, parties=parties)

    def close(self) -> None:
        """Let go of the database."""
        self.subscriptions.close()
        self.store.close()

    # --- inside

    def _limits(self) -> Profile:
        if self._profile is None:
            self._profile = load()
        return self._profile

    def _after(self, applied: Applied) -> Process:
        self._work.note((applied,))
        self.deliver(now=applied.at)
        return shown(applied.instance, applied.at, applied.sent, applied.warnings, self._messages)
