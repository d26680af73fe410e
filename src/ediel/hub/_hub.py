"""The stand-in hub as a whole: engine, register, decisions, queues and endpoint, around one database and one clock."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any, Final, Self

from ediel import brs
from ediel.calendar import market_day, midnight
from ediel.codes import CalculationMethod, Direction, Role
from ediel.engine import Engine, EngineSettings, Party, Process, Received, TimersFailed
from ediel.engine.observe import log
from ediel.errors import InvalidRegister
from ediel.hub._calls import Call, Keys
from ediel.hub._endpoint import Endpoint
from ediel.hub._keeping import Keeping
from ediel.hub._queues import Queues
from ediel.hub._register import RegisterStore
from ediel.hub._replies import Reply
from ediel.hub._settings import HubSettings
from ediel.hub._view import DONE, View
from ediel.hub.clock import VirtualClock
from ediel.hub.decisions import STANDINGS, Decisions
from ediel.hub.decisions.annual_volume import total, volume_notices
from ediel.hub.decisions.metering_values import kept
from ediel.hub.decisions.supply import stands
from ediel.hub.errors import Rebound
from ediel.hub.misbehaviour import Misbehaviours
from ediel.hub.seed import HubPoint, Seed
from ediel.messages import AnnualVolumeDetail
from ediel.processes import Instance, NoTransition, access, annual_volume, known, query, supply
from ediel.store import Conflict, Store
from ediel.xml import Document

__all__ = ["Hub"]

_YEAR: Final = 365
_SUPPLIES: Final = frozenset({supply.START_HUB.key, supply.END_HUB.key})


class Hub:
    """A stand-in Elhub. Safe for threads.

    Args:
        engine: an engine with the hub as its party, made by ``open``.
        register_store: the seeded register.
        decisions: what the engine asks of each message.
        keys: who the hub is on the wire.
        security: whether calls must be signed.
        clock: the market's clock.
        most: messages in one result set, at the most.
        machine: the clock that signatures are judged by; the machine's when not given.
        strictness: the least sure demands on the form of a call that are judged; see ``open``.
    """

    def __init__(
        self,
        engine: Engine,
        register_store: RegisterStore,
        decisions: Decisions,
        keys: Keys,
        clock: VirtualClock,
        settings: HubSettings,
    ) -> None:
        self.engine = engine
        self.register_store = register_store
        self.clock = clock
        self.decisions = decisions
        self.gln = next(party.gln for party in engine.parties if party.is_hub)
        self.queues = Queues(engine, most=settings.most)
        self.misbehaviours = Misbehaviours()
        self.endpoint = Endpoint(
            keys,
            settings.security,
            party=register_store.party,
            receive=self.receive,
            answers=self._answers,
            poll=lambda gln, role, channel: self.queues.poll(gln, role, channel, self.clock()),
            acknowledge=lambda gln, reference: self.queues.acknowledge(gln, reference, self.clock()),
            clock=clock,
            misbehaviours=self.misbehaviours,
            machine=settings.machine,
            forms=STANDINGS[: STANDINGS.index(settings.strictness) + 1],
        )
        self._settle_all()

    @classmethod
    def open(
        cls,
        url: str,
        *,
        seed: Seed | None = None,
        keys: Keys | None = None,
        clock: VirtualClock | None = None,
        settings: HubSettings | None = None,
    ) -> Self:
        """A hub on a database; what is under way in it goes on.

        Args:
            url: ``sqlite:///FILE``, or ``postgresql://...``.
            seed: what it knows; added to what the database holds.
            keys: who it is on the wire; without them nothing is signed or verified.
            clock: the market's clock; when not given, as it was left, or the present moment, running.
            settings: how it judges and answers.

        Raises:
            StoreError: the database cannot be used.
            InvalidRegister: the database is of another release, or of another hub than the seed's.
        """
        store = Store.open(url)
        register_store = RegisterStore(store)
        left = register_store.setting("clock")
        moment = clock or (VirtualClock() if left is None else _clock_left(left))
        gln = register_store.setting("hub")
        if gln is None:
            gln = (seed or Seed()).hub
            register_store.set("hub", gln)
        elif seed is not None and seed.hub != gln:
            raise InvalidRegister(f"the database is of the hub {gln}, and the seed of {seed.hub}; begin a new database")
        how = settings or HubSettings()
        decisions = Decisions(register_store, gln, how.profile, how.strictness)
        decisions.engine = engine = Engine(
            store,
            clock=moment,
            settings=EngineSettings(profile=how.profile),
            decisions=decisions,
            on_change=Keeping(register_store),
        )
        engine.add_party(Party(gln, Role.DDZ.value, hub=gln))
        if seed is not None:
            register_store.load(seed, gln, moment())
        return cls(engine, register_store, decisions, keys or Keys(None, None), moment, how)

    def load(self, seed: Seed, *, rebind: bool = False) -> None:
        """Take more parties, metering points and consents in; those that are known are replaced.

        Args:
            seed: what to take in.
            rebind: let a party that is known have another organisation number, or none. Whoever signs for it is then
                somebody else.

        Raises:
            Rebound: a party would get another one, and that was not asked for.
        """
        known = self.register_store.parties()
        others = [
            item.gln
            for item in seed.parties
            if not rebind and item.gln in known and known[item.gln].organisation not in {None, item.organisation}
        ]
        if others:
            raise Rebound(
                f"{', '.join(others[:5])}: who signs for it would change (organisation); ask for that with rebind=true"
            )
        self.register_store.load(seed, self.gln, self.clock())

    def close(self) -> None:
        """Let go of the database."""
        self.engine.close()

    # --- the wire

    def call(self, call: Call) -> Reply:
        """Answer a call."""
        with self.engine.store.held():
            return self.endpoint.answer(call)

    def receive(self, document: Document) -> Received:
        """Take a message in, and do what follows from it."""
        (received,) = self.engine.receive(document, source="wire")
        if received.process_id is not None and received.outcome == "handled":
            self._follow(received.process_id)
        return received

    def _answers(self, process_id: str) -> list[bytes]:
        """What was sent for a process, in order; it counts as fetched."""
        rows = self.engine.browse.sent_for(process_id)
        for row in rows:
            self.engine.outbox.sent(row["message_id"])
        return [bytes(row["data"]) for row in rows]

    # --- time and decisions

    def run_due(self) -> list[Process]:
        """Fire what is due, and do what follows from it."""
        try:
            fired = self.engine.run_due()
        except TimersFailed as error:
            fired = error.fired
        for process in fired:
            self._follow(process.id)
        return fired

    def set_time(self, moment: datetime) -> list[Process]:
        """Set the clock, and fire what has fallen due."""
        self.clock.set(moment)
        return self._moved()

    def forward(self, by: timedelta) -> list[Process]:
        """Move the clock on, and fire what has fallen due."""
        self.clock.forward(by)
        return self._moved()

    def let_run(self, runs: bool) -> list[Process]:
        """Let the clock run, or stand still."""
        (self.clock.run if runs else self.clock.stop)()
        return self._moved()

    def _moved(self) -> list[Process]:
        self.register_store.set("clock", self.clock.written())
        return self.run_due()

    def decide(self, process_id: str, name: str, **data: Any) -> Process:
        """Decide something outside the messages, such as ``approve`` or ``refuse`` as the end user.

        Raises:
            EngineError: there is no such process.
            NoTransition: its state does not wait for that.
        """
        decided = self.engine.decide(process_id, name, **data)
        self._follow(process_id)
        return decided

    def compute_volumes(self, points: Iterable[str] | None = None) -> Process | None:
        """Compute annual volumes from a year of values, and tell them (EI-270).

        Only a whole year of values is summed: how fewer days are scaled is not published. Metering points without one
        are left alone.

        Args:
            points: which metering points; all when not given.
        """
        view = self.decisions.view(self.clock())
        today = market_day(self.clock())
        volumes = []
        for name in self.register_store.points(most=1_000_000) if points is None else points:
            point = view.metering_point(name)
            total = None if point is None else self._year(point, today)
            if point is not None and total is not None:
                detail = AnnualVolumeDetail(total=total, calculation_method=CalculationMethod.AUTOMATIC)
                volumes.append(annual_volume.Volume(metering_point=name, day=today, annual_volume=detail))
        if not volumes:
            return None
        data = {
            "process": brs.ANNUAL_VOLUME.code.value,
            "volumes": tuple(volumes),
            "notices": volume_notices(view, volumes),
        }
        return self.engine.originate(annual_volume.HUB.key, "compute", data)

    def _year(self, point: HubPoint, today: date) -> int | None:
        """Sum of a year of consumption in whole kWh; ``None`` where an interval is missing."""
        start, end = midnight(today - timedelta(days=_YEAR)), midnight(today)
        return total(kept(self.engine.store, point.identification, start, end), Direction.OUT, start, end)

    # --- what follows

    def _follow(self, process_id: str) -> None:
        """Whatever a step makes necessary elsewhere."""
        found = self.engine.browse.instance(process_id)
        if found is None:
            return
        if found.machine == query.HUB.key and found.state == "accepted":
            self._answer_query(query.HUB.own(found))
        elif found.machine in _SUPPLIES:
            self._settle(known(found.facts.metering_point, "metering_point"))

    def _settle_all(self) -> None:
        """What was left to do when the hub was last stopped."""
        for instance in self.engine.browse.in_state(query.HUB, "accepted", most=100_000):
            self._answer_query(instance)
        waiting = self.engine.browse.in_state(supply.START_HUB, "waiting", most=100_000)
        granted = self.engine.browse.in_state(access.HUB, "granted", most=100_000)
        points = {item.facts.metering_point for item in (*waiting, *granted)}
        for point in sorted(str(point) for point in points if point is not None):
            self._settle(point)

    def _answer_query(self, instance: Instance[query.HubQuery]) -> None:
        facts = instance.facts
        payload = known(facts.payload, "payload").value
        assert isinstance(payload, query.Query)
        view = self.decisions.view(self.clock())
        parts = self.decisions.parts(
            known(facts.answering, "answering"),
            payload,
            Role(known(facts.answer_role, "answer_role")),
            view,
            asker=known(facts.answer_to, "answer_to"),
        )
        with suppress(NoTransition, Conflict):  # somebody else was quicker
            self.engine.decide(instance.id, "answer", parts=parts)

    def _settle(self, metering_point: str) -> None:
        """Processes that cross, those that have nothing to rest on any more, and accesses whose giver has left."""
        view = self.decisions.view(self.clock())
        if not view.knows(metering_point):
            return
        processes = view.processes(metering_point)
        over = {
            other: incoming.id
            for incoming in processes
            for other in (incoming.facts.supersedes if incoming.state in DONE else ())
        }
        for item in processes:
            if item.state == "waiting" and (item.id in over or not stands(item, view)):
                log.info("a process is superseded", process_id=item.id, by=over.get(item.id))
                with suppress(NoTransition, Conflict):
                    self.engine.decide(item.id, "supersede")
        for left in self._left_behind(metering_point, view):
            with suppress(NoTransition, Conflict):
                self.engine.decide(left.id, "remove")

    @staticmethod
    def _left_behind(metering_point: str, view: View) -> list[Instance[access.HubAccess]]:
        """Accesses that were given by an end user who has left."""
        today = market_day(view.now)

        def over(item: Instance[access.HubAccess]) -> bool:
            own = view.lines(metering_point).now.access(known(item.facts.third_party, "third_party"))
            return not any(row.end is None or row.end > today for row in own)

        return [item for item in view.accesses(metering_point) if item.state == "granted" and over(item)]


def _clock_left(text: str) -> VirtualClock:
    """The clock as it was left; the present moment where it stood at none that a market has."""
    try:
        return VirtualClock.read(text)
    except (ValueError, OverflowError):
        log.warning("the clock was left at no moment of a market; it begins anew at the present one")
        return VirtualClock()
