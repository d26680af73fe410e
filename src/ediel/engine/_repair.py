"""Repair: what a person does with a process that stands still; nothing is stuck, whatever its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from ediel.engine._acting import Acting, acting, actor
from ediel.engine._apply import Applied, apply
from ediel.engine._consents import spend
from ediel.engine._delivery import Outbox
from ediel.engine._intake import Intake
from ediel.engine._party import Party
from ediel.engine._results import Process
from ediel.engine._work import Work
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError
from ediel.processes import CommandRefused, Instance, Machine, Step, abandon, machine, settle
from ediel.processes import command as on_command
from ediel.store import Conflict, Store, Unit, never_arrived, take_back, undelivered

__all__ = ["Repair"]

T = TypeVar("T")
_TRIES: Final = 20


class Repair:
    """What an engine mends; its methods are those of ``Engine``."""

    store: Store
    clock: Callable[[], datetime]
    outbox: Outbox
    _work: Work
    _intake: Intake
    _after: Callable[[Applied], Process]
    _start: Callable[[Command, Party | str | None, datetime, str | None, Mapping[str, str]], Process]
    process: Callable[[str], Process]
    deliver: Callable[..., int]

    def acting(self, actor: str, reason: str | None = None) -> AbstractContextManager[None]:
        """Let somebody act: what is done inside bears who and why in the log of steps, for good.

        ::

            with engine.acting("kari@company", reason="the customer has called"):
                engine.cancel(process.id)

        It holds for the thread or task. Handlers of events that are delivered meanwhile act for nobody.

        Args:
            actor: who, in the caller's own words.
            reason: why. Both are shown with the log: nothing about end users belongs there.

        Raises:
            EngineError: a text is empty, too long or holds control characters.
        """
        return acting(Acting(actor, reason))

    def abandon(self, process_id: str, *, reason: str, now: datetime | None = None) -> Process:
        """Give a process up where it stands, whatever its table: it is over, and nothing waits for it any more.

        Its timers are cancelled, and what it has in the outbox and is not being sent is given up. Nothing is sent.
        What still comes from the hub is heeded as before: it takes the process up again. The event is
        ``ProcessAbandoned``.

        Args:
            process_id: the process.
            reason: why, for the log. Nothing about end users.
            now: the moment; the clock's when not given.

        Raises:
            EngineError: there is no such process.
            CommandRefused: it is over already.
        """
        moment = now or self.clock()

        def work(connection: Connection) -> Applied:
            done = self._by_hand(process_id, moment, abandon)
            take_back(connection, process_id, moment, "the process was abandoned")
            return done

        with self._because(reason):
            return self._after(self._whole(work))

    def settle(self, process_id: str, state: str, *, reason: str, now: datetime | None = None, **data: Any) -> Process:
        """Say what has become of a process, where the hub's word has not come or cannot come.

        The process steps as though the message had come that leads to the state: contracts and accesses are written,
        timers are cancelled, and the events are those of the message. Nothing is sent.

        Args:
            process_id: the process.
            state: the state in which it is, such as ``supplying`` or ``rejected``.
            reason: how it is known, for the log. Nothing about end users.
            now: the moment; the clock's when not given.
            data: facts that the message would have brought, by their names, such as ``day``.

        Raises:
            EngineError: there is no such process.
            CommandRefused: no message or decision could lead it there; the text says where to.
            InvalidData: a fact is missing, or does not fit.
        """
        moment = now or self.clock()

        def work(_connection: Connection) -> Applied:
            return self._by_hand(process_id, moment, lambda table, it: settle(table, it, state, moment, data))

        with self._because(reason):
            return self._after(self._whole(work))

    def resend(self, process_id: str) -> tuple[str, ...]:
        """Send what a process could not send again, each message under the identification that it has.

        Returns:
            The identifications of the messages; they wait in the outbox again.

        Raises:
            EngineError: there is no such process, or nothing of it is held or has failed.
        """
        self.process(process_id)
        with self.store.connection() as connection:
            names = tuple(undelivered(connection, process_id))
        if not names:
            raise EngineError(f"nothing of the process {process_id} is held or has failed: there is nothing to resend")
        for name in names:
            self.outbox.retry(name)
        return names

    def correct(
        self, process_id: str, order: Command, *, reason: str = "corrected", now: datetime | None = None
    ) -> Process:
        """Begin a process anew with an order that is right, where the first one was refused or has never arrived.

        Both happen together or not at all. The first process is over, and nothing of it is sent any more. The new one
        has its key and its tags, and the tag ``corrects`` with the identification of the first one.

        Args:
            process_id: the first process.
            order: the whole order, of the same kind.
            reason: why, for the log. Nothing about end users.
            now: the moment; the clock's when not given.

        Returns:
            The new process.

        Raises:
            EngineError: there is no such process, or the order begins another kind of process.
            CommandRefused: the first one has arrived at the hub, or may have: cancel it, or wait for the answer.
            PreflightRefused: the hub would refuse the new one, too; nothing has changed.
        """
        moment = now or self.clock()

        def work(connection: Connection) -> Process:
            with self.store.unit() as unit:
                instance = _instance(unit, process_id)
                table = machine(instance.machine)
                if order.machine != table.key:
                    raise EngineError(
                        f"{type(order).__name__} begins {order.machine}; expected an order that begins {table.key}"
                    )
                if instance.state not in table.closed:
                    if not instance.abandoned and not never_arrived(connection, process_id, moment):
                        raise CommandRefused(
                            f"the process {process_id} is {instance.state}, and its message has arrived at the hub, or "
                            "may have: cancel it, or wait for the answer. `settle` and `abandon` end it by hand"
                        )
                    take_back(connection, process_id, moment, "corrected by another message")
                    if not instance.abandoned:
                        self._apply(unit, table, instance, moment, abandon(table, instance))
                keys, tags = unit.keys_of(process_id), unit.tags_of(process_id)
            made = self._start(order, instance.party, moment, None, {**tags, "corrects": process_id})
            with self.store.unit() as unit:
                for key in keys:
                    unit.put("process_keys", {**key, "instance_id": made.id})
            return made

        with self._because(reason):
            made = self._whole(work)
        self.deliver(now=moment)
        return made

    # --- inside

    def _withdraw(self, process_id: str, moment: datetime) -> Process | None:
        """Cancel what the hub has never got: no message is needed. ``None`` where it may have got one."""

        def work(connection: Connection) -> Applied | None:
            with self.store.unit() as unit:
                instance = _instance(unit, process_id)
            table = machine(instance.machine)
            rows = table.index.get((instance.state, on_command("cancel")), ())
            through = next((row.to for row in rows if row.to is not None), None)
            if through is None or not never_arrived(connection, process_id, moment):
                return None
            take_back(connection, process_id, moment, "cancelled before it has arrived")
            return self._by_hand(
                process_id, moment, lambda table, it: settle(table, it, "cancelled", moment, through=through)
            )

        done = self._whole(work)
        return None if done is None else self._after(done)

    def _whole(self, work: Callable[[Connection], T]) -> T:
        """Do something with rows of the outbox and steps in one transaction, again when another writer was first."""
        for left in range(_TRIES, 0, -1):
            joined = self.store.joined() is not None
            try:
                with self.store.transaction() as connection:
                    return work(connection)
            except Conflict:
                if left == 1 or joined:
                    raise
        raise AssertionError("unreachable")

    def _by_hand(self, process_id: str, moment: datetime, step: Callable[[Machine, Instance], Step]) -> Applied:
        with self.store.unit() as unit:
            instance = _instance(unit, process_id)
            table = machine(instance.machine)
            done = self._apply(unit, table, instance, moment, step(table, instance))
            spend(unit, (done,), moment)
            return done

    def _apply(self, unit: Unit, table: Machine, instance: Instance, moment: datetime, made: Step) -> Applied:
        return apply(unit, table, instance, made, moment, (), on_change=self._intake.on_change)

    @staticmethod
    def _because(reason: str) -> AbstractContextManager[None]:
        return acting(Acting(actor().actor, reason))


def _instance(unit: Unit, process_id: str) -> Instance:
    instance = unit.instance(process_id)
    if instance is None:
        raise EngineError(f"there is no process {process_id}")
    return instance
