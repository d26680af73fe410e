"""The engine: messages in, steps, messages out, with nothing lost between them.

One call is one transaction: inbox row, process, log, outbox, timers and events are committed together or not at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, Self, TypeVar
from uuid import uuid4

from ediel.calendar import market_day
from ediel.engine._apply import Applied, OnChange, apply
from ediel.engine._delivery import E, Listeners, Outbox
from ediel.engine._intake import Accepted, DecisionMaker, Input, Intake, Parties, StepWriteFailed
from ediel.engine._party import Party
from ediel.engine._preflight import Preflight
from ediel.engine._results import Process, Received, shown
from ediel.engine._route import base_facts
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError, TimersFailed
from ediel.engine.observe import Meter, NoMeter, listening, log, masked_point, quietly
from ediel.market import Profile, Register, load
from ediel.processes import BEGIN, CommandRefused, Instance, Machine, On, Trigger, machine, step
from ediel.processes import command as on_command
from ediel.processes import decision as on_decision
from ediel.processes import timer as on_timer
from ediel.store import Browser, Conflict, Store, StoreError, Unit, moment_of, stamp
from ediel.xml import Document

T = TypeVar("T")
Clock = Callable[[], datetime]
_TRIES: Final = 20


class Engine:
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
        profile: Profile | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
        meter: Meter | None = None,
        register: Register | None = None,
        strict: bool = False,
        log_metering_points: bool = False,
    ) -> None:
        self.store = store
        self.browse = Browser(store)
        self.clock: Clock = clock or partial(datetime.now, UTC)
        self._profile = profile
        self._meter: Meter = meter or NoMeter()
        self._whole_points = log_metering_points
        self._listeners = Listeners(self.browse)
        self._parties: Parties = {}
        self._preflight = Preflight(profile, register, strict)
        self._intake = Intake(self._parties, decisions, self._preflight, on_change)
        self.outbox = Outbox(self.browse, self.clock)
        self._in_unit(self._intake.know)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        party: Party | Iterable[Party] = (),
        clock: Clock | None = None,
        profile: Profile | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
        meter: Meter | None = None,
        register: Register | None = None,
        strict: bool = False,
        log_metering_points: bool = False,
        upgrade: bool = True,
    ) -> Self:
        """An engine on a database; its tables are made when they are not there.

        Args:
            url: ``sqlite:///FILE``, or ``postgresql://...`` with the extra ``postgres``.
            party: who it acts for, added to those that the database knows.
            clock: gives the present moment, aware; the system's clock when not given.
            profile: time limits; the packaged ones (and ``EDIEL_PROFILE``) when not given.
            decisions: for a hub: what it finds of each message.
            on_change: for a hub: keeps more of each change than the store does, in the same transaction.
            meter: where counts and durations go.
            register: what is known of the market, for the last look at what is sent; see ``ediel.market.Snapshot``.
            strict: what only inferred or assumed rules object to is not sent either.
            log_metering_points: whether logs show whole metering points; their last four digits when not.
            upgrade: bring the tables to this release.

        Raises:
            StoreError: the database cannot be used.
        """
        engine = cls(
            Store.open(url, upgrade=upgrade),
            clock=clock,
            profile=profile,
            decisions=decisions,
            on_change=on_change,
            meter=meter,
            register=register,
            strict=strict,
            log_metering_points=log_metering_points,
        )
        for item in (party,) if isinstance(party, Party) else party:
            engine.add_party(item)
        return engine

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
        self._in_unit(lambda unit: unit.put("parties", row))
        self._parties[party.gln, party.role] = party

    def _party_for(self, roles: tuple[str, ...], chosen: Party | str | None) -> Party:
        if isinstance(chosen, Party):
            return chosen
        found = [item for item in self.parties if item.role in roles and chosen in {None, item.gln}]
        if len(found) == 1:
            return found[0]
        have = ", ".join(f"{item.gln} as {item.role}" for item in self.parties) or "none"
        if not found:
            raise EngineError(f"no party here has role {' or '.join(roles)}; there are: {have}. Add one with add_party")
        raise EngineError(f"several parties have role {' or '.join(roles)}: {have}. Say which with party=")

    # --- beginning and commanding

    def start(self, order: Command, *, party: Party | str | None = None, now: datetime | None = None) -> Process:
        """Begin a process.

        Args:
            order: what to do; see ``ediel.engine.commands``.
            party: for which party, by GLN, when several have the role.
            now: the moment; the clock's when not given.

        Raises:
            EngineError: no party has the role.
            CommandRefused: the same is under way already.
            PreflightRefused: the hub would refuse the message; ``.report`` says why, and nothing has changed.
        """
        moment = now or self.clock()
        whose = self._party_for(order.roles, party)
        table = machine(order.machine)
        facts = {
            **base_facts(whose, whose.role),
            **order.facts(whose, market_day(moment), self._limits()),
        }
        begun = Instance(str(uuid4()), table.key, whose.gln, BEGIN, 0, facts)

        def work(unit: Unit) -> Applied:
            _alone(unit, table, begun)
            return self._make(unit, table, begun, Trigger(on_command(order.does)), moment)

        return self._after(self._in_unit(work, locks=_locks(facts.get("metering_point"))))

    def originate(
        self,
        table: str,
        name: str,
        data: Mapping[str, Any],
        *,
        party: Party | str | None = None,
        now: datetime | None = None,
    ) -> Process:
        """Begin a process by a decision of the party's own, as a hub does that computes or reminds.

        Args:
            table: key of the table, such as ``annual volume/hub``.
            name: the decision.
            data: what the process knows when it begins.
            party: for which party, when several have the role.
            now: the moment; the clock's when not given.

        Raises:
            EngineError: no party has the role.
            NoTransition: the table does not begin with that decision.
            PreflightRefused: what would be sent is wrong.
        """
        moment = now or self.clock()
        found = machine(table)
        whose = self._party_for(found.codes, party)
        begun = Instance(str(uuid4()), found.key, whose.gln, BEGIN, 0, base_facts(whose, whose.role))
        trigger = Trigger(on_decision(name), data=data)
        return self._after(self._in_unit(lambda unit: self._make(unit, found, begun, trigger, moment)))

    def command(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Do something with a process: ``cancel``, ``roll back``, ``activate``, ``refuse``, ``update``, ``delete``...

        Raises:
            EngineError: there is no such process.
            CommandRefused: its state, or a deadline, does not allow it; the text says what is possible.
            PreflightRefused: the hub would refuse the message.
        """
        return self._push(process_id, on_command(name), data, now)

    def cancel(self, process_id: str, *, now: datetime | None = None) -> Process:
        """Cancel a request before its cancellation deadline; see ``command``."""
        return self.command(process_id, "cancel", now=now)

    def roll_back(self, process_id: str, *, now: datetime | None = None) -> Process:
        """Roll a start or an end of supply back, after the cancellation deadline; see ``command``."""
        return self.command(process_id, "roll back", now=now)

    def decide(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Tell a process what was decided outside the messages, such as ``approve`` by an end user.

        Raises:
            EngineError: there is no such process.
            NoTransition: its state does not wait for that.
        """
        return self._push(process_id, on_decision(name), data, now)

    def _push(self, process_id: str, on: On, data: Mapping[str, Any], now: datetime | None) -> Process:
        moment = now or self.clock()

        def work(unit: Unit) -> Applied:
            instance = unit.instance(process_id)
            if instance is None:
                raise EngineError(f"there is no process {process_id}")
            table = machine(instance.machine)
            given = {**_defaults(table.key, on.name, moment), **data}
            return self._make(unit, table, instance, Trigger(on, data=given), moment)

        return self._after(self._in_unit(work))

    # --- receiving

    def receive(self, data: bytes | Document, *, source: str = "", now: datetime | None = None) -> tuple[Received, ...]:
        """Take what has arrived: a message, an envelope, a poll response. Idempotent.

        The bytes are archived, every message in them is handled or kept as a dead letter, in one commit.

        Args:
            data: the bytes as they arrived, or a document that was read from them.
            source: where they came from, for the archive.
            now: the moment; the clock's when not given.

        Returns:
            What happened, one entry per message; one entry for an input that holds none.
        """
        return self.receive_many((data,), source=source, now=now)[0]

    def receive_many(
        self, inputs: Sequence[bytes | Document], *, source: str = "", now: datetime | None = None
    ) -> list[tuple[Received, ...]]:
        """Take many inputs in one transaction: much quicker than one by one. See ``receive``."""
        began = time.perf_counter()
        moment = now or self.clock()
        parsed = [Input(data) for data in inputs]
        points = {point for item in parsed for point in item.points()}

        def work(unit: Unit, unwritten: Mapping[tuple[str, int], str]) -> list[list[Accepted]]:
            return self._intake.take(unit, parsed, source, moment, unwritten)

        found = self._taking(work, locks=tuple(points))
        self._heard([accepted for entries in found for accepted in entries])
        with suppress(Exception):
            self._meter.observe("ediel_receive_seconds", {}, time.perf_counter() - began)
        self.deliver(now=moment)
        return [tuple(accepted.what for accepted in entries) for entries in found]

    def _taking(self, work: Callable[[Unit, Mapping[tuple[str, int], str]], T], *, locks: tuple[str, ...] = ()) -> T:
        """Take messages in a transaction; again without a message whose step could not be written."""
        unwritten: dict[tuple[str, int], str] = {}
        while True:
            try:
                return self._in_unit(lambda unit: work(unit, unwritten), locks=locks)
            except StepWriteFailed as error:
                unwritten[error.key] = error.text

    def _heard(self, found: Iterable[Accepted]) -> None:
        """Tell meters and logs what has come."""
        heard = listening()
        for accepted in found:
            entry = accepted.what
            quietly(self._meter, "ediel_messages", {"name": entry.name, "outcome": entry.outcome})
            if heard:
                log.info(
                    "received", message_name=entry.name, message_id=entry.message_id, outcome=entry.outcome,
                    process_id=entry.process_id, state=entry.state,
                )  # fmt: skip
            self._note(accepted.applied)

    # --- dead letters

    def replay(self, dead_letter: str, *, now: datetime | None = None) -> Received:
        """Try a dead letter again, for instance after the process that it answers was begun.

        Raises:
            EngineError: there is no such dead letter.
        """
        moment = now or self.clock()

        found = self._taking(lambda unit, unwritten: self._intake.again(unit, dead_letter, moment, unwritten))
        self._heard([found])
        self.deliver(now=moment)
        return found.what

    def replay_all(self, *, now: datetime | None = None) -> list[Received]:
        """Try every dead letter again, the oldest first."""
        letters = sorted(self.browse.dead_letters(most=10_000), key=lambda row: (row["at"], row["position"]))
        return [self.replay(row["id"], now=now) for row in letters]

    # --- timers

    def run_due(self, now: datetime | None = None) -> list[Process]:
        """Fire every timer whose moment has come; each in a transaction of its own.

        Raises:
            TimersFailed: some could not be fired. All others were; those that failed are tried at the next call.
        """
        moment = now or self.clock()
        fired: list[Process] = []
        failed: dict[tuple[str, str], Exception] = {}
        while True:
            done = []
            for row in self.browse.due(moment):
                key = (row["instance_id"], row["name"])
                try:
                    if key not in failed and (item := self._fire(*key, moment)) is not None:
                        done.append(item)
                except StoreError:
                    raise
                except Exception as error:  # noqa: BLE001 - one timer must not hold up the others
                    log.error("a timer failed", process_id=key[0], timer=key[1], error=type(error).__name__)
                    failed[key] = error
            fired += done
            if not done:
                break
        if failed:
            raise TimersFailed(fired, failed)
        return fired

    def _fire(self, instance_id: str, name: str, now: datetime) -> Process | None:
        def work(unit: Unit) -> Applied | None:
            timer, instance = unit.timer(instance_id, name), unit.instance(instance_id)
            if timer is None or instance is None or timer["status"] != "set" or moment_of(timer["due_at"]) > now:
                return None  # another engine was quicker, or a step has moved it
            unit.put("timers", {**timer, "status": "fired"})
            table = machine(instance.machine)
            hub = next((item for item in self.parties if item.gln == instance.party and item.is_hub), None)
            advice = {} if hub is None else self._intake.opinion(hub, None, now).advice(instance)
            return self._make(unit, table, instance, Trigger(on_timer(name), data=advice), now)

        applied = self._in_unit(work)
        return None if applied is None else self._after(applied)

    # --- events

    def on(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call a handler for each event of a kind, after commit, at least once.

        A handler that raises does not lose the event: it is told again with the same ``id`` at the next call.
        """
        self._listeners.add(event, handler)

    def deliver(self, *, now: datetime | None = None) -> int:
        """Tell handlers what they have not been told; gives the number of events told. Called after every commit."""
        return self._listeners.deliver(now or self.clock())

    # --- looking

    def process(self, process_id: str) -> Process:
        """A process as it stands.

        Raises:
            EngineError: there is no such process.
        """
        instance = self._in_unit(lambda unit: unit.instance(process_id))
        if instance is None:
            raise EngineError(f"there is no process {process_id}")
        return shown(instance)

    def due(self, within: timedelta = timedelta(days=5), *, now: datetime | None = None) -> list[dict[str, Any]]:
        """Timers that fall due within a time, the nearest first."""
        return self.browse.due((now or self.clock()) + within)

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    # --- inside

    def _limits(self) -> Profile:
        if self._profile is None:
            self._profile = load()
        return self._profile

    def _make(self, unit: Unit, table: Machine, instance: Instance, trigger: Trigger, now: datetime) -> Applied:
        made = step(table, instance, trigger, now)
        sends = self._preflight.step(made, now)
        return apply(unit, table, instance, made, now, sends, on_change=self._intake.on_change)

    def _in_unit(self, work: Callable[[Unit], T], *, locks: tuple[str, ...] = ()) -> T:
        """Do something in a transaction, again when another writer was there first."""
        for left in range(_TRIES, 0, -1):
            try:
                with self.store.unit(locks=locks) as unit:
                    return work(unit)
            except Conflict:
                if left == 1:
                    raise
        raise AssertionError("unreachable")

    def _after(self, applied: Applied) -> Process:
        self._note((applied,))
        self.deliver(now=applied.at)
        return shown(applied.instance, applied.sent, applied.warnings)

    def _note(self, applied: Iterable[Applied]) -> None:
        heard = listening()
        for item in applied:
            instance = item.instance
            if item.moved:
                quietly(self._meter, "ediel_steps", {"machine": instance.machine, "state": instance.state})
            if item.moved and heard:
                log.info(
                    "step", process_id=instance.id, machine=instance.machine, state=instance.state,
                    brs=instance.facts.get("process"), sent=list(item.sent),
                    metering_point=masked_point(instance.facts.get("metering_point"), whole=self._whole_points),
                )  # fmt: skip
            if item.warnings:
                keys = sorted({finding.rule for finding in item.warnings})
                log.warning(
                    "the hub may refuse what was sent", process_id=instance.id, sent=list(item.sent), rules=keys
                )
            for name in item.names:
                quietly(self._meter, "ediel_sent", {"name": name})


def _alone(unit: Unit, table: Machine, begun: Instance) -> None:
    """Two that are under way and could not be told apart in what the hub says are not begun."""
    subject = begun.facts.get("subject") or begun.facts.get("metering_point")
    if table.one_at_a_time is None or subject is None:
        return
    for other in unit.instances_at(str(subject), table.key, begun.party):
        same = all(other.facts.get(name) == begun.facts.get(name) for name in table.one_at_a_time)
        if same and other.state not in table.finals:
            raise CommandRefused(
                f"the same is under way: process {other.id} is {other.state}. Wait for its end, or cancel it first"
            )  # fmt: skip


def _locks(*names: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in names if name)


def _defaults(table: str, name: str, now: datetime) -> dict[str, Any]:
    """What follows from the day on which something is decided: a grant holds for a year."""
    if table.startswith("authorisation/") and name == "accept":
        return {"valid_to": _year_later(market_day(now)).isoformat()}
    return {}


def _year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)
