"""Starting: processes that an engine begins, and what their party says to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from ediel.calendar import market_day
from ediel.engine._apply import Applied
from ediel.engine._consents import consented
from ediel.engine._party import Party
from ediel.engine._preflight import Preflight
from ediel.engine._results import Process
from ediel.engine._single import alone
from ediel.engine._work import Work
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError
from ediel.engine.tracing import Tracing
from ediel.market import Profile
from ediel.processes import CommandRefused, Instance, On, Trigger, machine
from ediel.processes import command as on_command
from ediel.processes import decision as on_decision
from ediel.store import Store, Unit, stamp

__all__ = ["Starting"]


class Starting:
    """What an engine begins and commands; its methods are those of ``Engine``."""

    store: Store
    tracing: Tracing
    clock: Callable[[], datetime]
    _work: Work
    _preflight: Preflight
    _consent_control: bool
    _after: Callable[[Applied], Process]
    _limits: Callable[[], Profile]
    _party_for: Callable[[tuple[str, ...], Party | str | None], Party]
    _withdraw: Callable[[str, datetime], Process | None]
    abandon: Callable[..., Process]
    settle: Callable[..., Process]

    def start(
        self,
        order: Command,
        *,
        party: Party | str | None = None,
        now: datetime | None = None,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        connection: Connection | None = None,
    ) -> Process:
        """Begin a process.

        Args:
            order: what to do; see ``ediel.engine.commands``.
            party: for which party, by GLN, when several have the role.
            now: the moment; the clock's when not given.
            key: the caller's own, such as the number of an order: given again, it gives the process that it began.
            tags: the caller's own words, by which the process is found again. Not about people: they are not masked.
            connection: of SQLAlchemy to the same database: the process is committed with what else is written there, by
                whoever began the transaction. Its events are delivered at the next call after that.

        Raises:
            EngineError: no party has the role.
            CommandRefused: the same is under way already.
            PreflightRefused: the hub would refuse the message; ``.report`` says why, and nothing has changed.
            StoreError: ``connection`` is to another database.
        """
        begun = self.tracing.span("ediel.start", {"order": type(order).__name__})
        with nullcontext() if connection is None else self.store.join(connection), begun:
            return self._start(order, party, now or self.clock(), key, tags or {})

    def _start(
        self, order: Command, party: Party | str | None, moment: datetime, key: str | None, tags: Mapping[str, str]
    ) -> Process:
        whose = self._party_for(order.roles, party)

        def work(unit: Unit) -> Applied:
            return self._begin(unit, order, whose, moment, key, tags)

        return self._after(self._work.in_unit(work, locks=_locks(getattr(order, "metering_point", None))))

    def _begin(
        self, unit: Unit, order: Command, whose: Party, moment: datetime, key: str | None, tags: Mapping[str, str]
    ) -> Applied:
        """Begin a process in a unit of work; everything that can be refused is, before anything is written."""
        known = None if key is None else unit.keyed(whose.gln, key)
        if known is not None and (instance := unit.instance(known)) is not None:
            return Applied(instance, moment, moved=False)
        found = consented(unit, order, whose, moment, control=self._consent_control, strict=self._preflight.strict)
        table, facts = machine(order.machine), found.order.begins(whose, market_day(moment), self._limits())
        begun = Instance(str(uuid4()), table.key, whose.gln, facts)
        alone(unit, table, begun)
        made = self._work.make(unit, table, begun, Trigger(on_command(order.does)), moment)
        made = found.attach(unit, self._work, made, moment)
        if key is not None:
            unit.add("process_keys", {"party": whose.gln, "key": key, "instance_id": begun.id})
        for name, value in tags.items():
            row = {"instance_id": begun.id, "name": name, "value": value, "begun_at": stamp(moment)}
            unit.add("process_tags", row)
        return made

    def originate(
        self,
        table: str,
        name: str,
        data: Mapping[str, object],
        *,
        party: Party | str | None = None,
        now: datetime | None = None,
    ) -> Process:
        """Begin a process by a decision of the party's own, as a hub does that computes or reminds.

        Args:
            table: key of the table, such as ``annual_volume/hub``.
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
        chosen = machine(table)
        whose = self._party_for(chosen.codes, party)
        begun = chosen.begin(str(uuid4()), whose.gln, whose.actor())
        trigger = Trigger(on_decision(name), data=data)
        return self._after(self._work.in_unit(lambda unit: self._work.make(unit, chosen, begun, trigger, moment)))

    def command(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Do something with a process: ``cancel``, ``roll back``, ``activate``, ``refuse``, ``update``, ``delete``...

        What the hub has never got is cancelled without a message.

        Raises:
            EngineError: there is no such process.
            CommandRefused: its state, or a deadline, does not allow it; the text says what is possible.
            PreflightRefused: the hub would refuse the message.
        """
        if name == "cancel" and (withdrawn := self._withdraw(process_id, now or self.clock())) is not None:
            return withdrawn
        if name == "abandon" or (name == "settle" and "state" in data):  # a table may have a `settle` of its own
            if "reason" not in data:
                raise CommandRefused(f"{name} needs a reason")
            return (self.abandon if name == "abandon" else self.settle)(process_id, now=now, **data)
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

    def _push(self, process_id: str, on: On, data: Mapping[str, object], now: datetime | None) -> Process:
        moment = now or self.clock()

        def work(unit: Unit) -> Applied:
            instance = unit.instance(process_id)
            if instance is None:
                raise EngineError(f"there is no process {process_id}")
            table = machine(instance.machine)
            return self._work.make(unit, table, instance, Trigger(on, data=data), moment)

        with self.tracing.span("ediel.command", {"process_id": process_id, "command": str(on)}):
            return self._after(self._work.in_unit(work))


def _locks(*names: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name)
