"""What the words of a case mean: orders, days, the metering point and its end user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from ediel.calendar import OSLO, midnight
from ediel.codes import Direction
from ediel.conformance._case import Case, Step
from ediel.conformance._market import PARTS, UNKNOWN, customer, day_of_values, newcomer, point_of, volume
from ediel.conformance.errors import StepFailed
from ediel.engine import EngineError, PreflightRefused, commands
from ediel.engine.commands import Command
from ediel.errors import problems_of
from ediel.hub import HubParty, HubPoint, Seed
from ediel.hub.local import MarketParty
from ediel.messages import CollectedSeries, Message
from ediel.processes import CommandRefused, NoTransition
from ediel.transport import TransportError

__all__ = ["Elsewhere", "Script", "field_of", "order_of"]

_STORAGE: Final = "extended_storage"
_ALL: Final = 1_000_000
_MAIL: Final = {"channel": "Email", "complete_number": "kari@example.org"}


class Elsewhere(MarketParty):
    """A party that is played by another system: it has no engine here."""

    def __init__(self, party: HubParty) -> None:
        self.party = party


def order_of(step: Step) -> type[Command] | None:
    """The order that a step names; ``None`` when there is none of that name."""
    found = getattr(commands, str(step.order), None)
    return found if isinstance(found, type) and issubclass(found, Command) else None


class Script:
    """A case, with what it needs to be carried out.

    Args:
        case: the case.
        seed: parties and metering points.
        point: the metering point; ``None`` for an unknown one.
        begin: the moment at which the case begins.
        clock: the market's time.
    """

    def __init__(
        self, case: Case, seed: Seed, point: HubPoint | None, begin: datetime, clock: Callable[[], datetime]
    ) -> None:
        self.case, self.seed, self.point, self.begin, self.clock = case, seed, point, begin, clock
        self.place = 0
        self.processes: dict[str, tuple[MarketParty, str]] = {}

    def part(self, who: str) -> MarketParty:
        """Who plays a part."""
        raise NotImplementedError

    def _now(self) -> str:
        return self.clock().astimezone(OSLO).isoformat(timespec="minutes")

    # --- what is done

    def _do(self, step: Step) -> None:
        """Do a step.

        Raises:
            StepFailed: it cannot be done; the text leaves out what was given, for it may be a person.
        """
        try:
            self._doings()[str(step.do)](step)
        except ValidationError as error:
            problem = problems_of(error)[0]
            raise StepFailed(f"{step.order or step.name} cannot be made: {problem}", "the case's") from None
        except (PreflightRefused, CommandRefused, NoTransition, EngineError, ValueError) as error:
            raise StepFailed(f"{type(error).__name__}: {error}", "the actor's") from None

    def _doings(self) -> dict[str, Callable[[Step], None]]:
        """What can be done, by the word that a step has for it."""
        return {"start": self._start, "command": self._command, "repeat": self._repeat, "notify": self._notify}

    def _start(self, step: Step) -> None:
        order = order_of(step)
        if order is None:
            raise StepFailed(f"there is no order {step.order}", "the case's", "inconclusive")
        given = {name: self._value(value) for name, value in step.with_.items()}
        party = self.part(step.who)
        role = self.case.role if step.who == "actor" else (PARTS[step.who] or ("", 0))[0]
        own = next((item for item in party.engine.parties if item.role == role), None)
        begun = party.engine.start(order(**given), party=own)
        self.processes[step.as_ or str(step.order)] = (party, begun.id)

    def _command(self, step: Step) -> None:
        if step.process in self.processes:
            party, process = self._process(step)
        else:  # a process that a message has begun
            party = self.part(step.who)
            rows = [row for row in party.engine.browse.processes() if row["machine"] == step.process]
            if not rows:
                raise StepFailed(f"{step.who} has no process {step.process}")
            process = rows[0]["id"]
        data: dict[str, Any] = {key: self._value(value) for key, value in step.with_.items()}
        party.engine.command(process, str(step.name), **data)

    def _repeat(self, step: Step) -> None:
        """Send the last message of a name again; a hub may say that it has it already."""
        party = self.part(step.who)
        rows = [row for row in party.engine.browse.outbox(status="sent", most=_ALL) if row["name"] == step.name]
        if not rows:
            raise StepFailed(f"{step.who} has not sent any {step.name}", "the case's", "inconclusive")
        try:
            party.courier.repeat(rows[-1])
        except TransportError as error:
            raise StepFailed(f"the hub answers to the repetition: {error}") from None

    def _notify(self, step: Step) -> None:
        party, process = self._process(step)
        party.engine.decide(process, str(step.name), **step.with_)

    def _process(self, step: Step) -> tuple[MarketParty, str]:
        if step.process not in self.processes:
            known = ", ".join(self.processes) or "none"
            raise StepFailed(f"no step has begun {step.process}; begun so far: {known}", "the case's", "inconclusive")
        return self.processes[step.process]

    def _moment(self, step: Step) -> datetime:
        """The moment to which a step moves."""
        day, _, clock = str(step.to).partition(" ")
        moment = midnight(self._day(day))
        if clock:
            hour, minute = clock.split(":")
            moment = moment.replace(hour=int(hour), minute=int(minute))
        return moment

    # --- values

    def _day(self, text: str) -> date:
        """``$day+4``: a day, counted from the one on which the case begins."""
        return self.begin.date() + timedelta(days=int(text.removeprefix("$day") or 0))

    def _value(self, value: object) -> object:
        if isinstance(value, list):
            return tuple(self._value(item) for item in value)
        if isinstance(value, dict):
            return {name: self._value(item) for name, item in value.items()}
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$day"):
            return self._day(value)
        if value.startswith("$midnight"):
            return midnight(self._day(value.replace("$midnight", "$day")))
        if value.startswith("$point "):
            return self._other_point(value.removeprefix("$point "))
        if value.startswith("$party "):
            who = value.removeprefix("$party ")
            if who not in PARTS:
                raise StepFailed(f"no party plays {who}; parts: {', '.join(PARTS)}", "the case's", "inconclusive")
            return self.part(who).gln
        words: dict[str, Callable[[], object]] = {
            "$point": lambda: UNKNOWN if self.point is None else self.point.identification,
            "$customer": lambda: customer(self._point()),
            "$leaving": self._leaving,
            "$newcomer": newcomer,
            "$newcomer with e-mail": lambda: {**newcomer(), "communication": [_MAIL]},
            "$grid area": lambda: self.seed.metering_points[0].grid_area,
            "$addresses": lambda: self.seed.metering_points[0].end_users[0].addresses,
            "$values": lambda: self._values(Direction.OUT),
            "$values in": lambda: self._values(Direction.IN),
            "$values both": lambda: self._values(Direction.OUT, Direction.IN),
            "$volume": lambda: (volume(str(self._value("$point")), self._today()),),
            "$withdrawal": lambda: (volume(str(self._value("$point")), self._today(), withdrawn=True),),
        }
        if value not in words:
            raise StepFailed(f"there is no {value}; known: {', '.join(words)}", "the case's", "inconclusive")
        return words[value]()

    def _values(self, *directions: Direction) -> tuple[CollectedSeries, ...]:
        """Hourly values of yesterday, a series for each direction."""
        yesterday = self._today() - timedelta(days=1)
        return tuple(day_of_values(str(self._value("$point")), yesterday, one) for one in directions)

    def _leaving(self) -> dict[str, object]:
        """The end user as an end of supply names it; any person, where the point is unknown."""
        who = newcomer() if self.point is None else customer(self.point)
        return {name: item for name, item in who.items() if name != _STORAGE}

    def _today(self) -> date:
        return self.clock().astimezone(OSLO).date()

    def _point(self) -> HubPoint:
        if self.point is None:
            raise StepFailed("the case has no metering point that is known", "the case's", "inconclusive")
        return self.point

    def _other_point(self, kind: str) -> str:
        """A metering point of another kind than that of the case."""
        try:
            known = point_of(self.seed, kind, self.part("actor").gln if self.case.role == "DDQ" else None)
        except LookupError as error:
            raise StepFailed(str(error), "the case's", "inconclusive") from None
        return UNKNOWN if known is None else known.identification

    def _fitting(self, waiting: list[Message], step: Step) -> Message | None:
        """The message that a step expects, among those that have come."""
        named = [item for item in waiting if item.name() == step.expect]
        return next((item for item in named if not self._other(item, step)), None)

    def _unfitting(self, waiting: list[Message], step: Step) -> str:
        """What is otherwise in the one of that name that has come; nothing where none has."""
        named = [item for item in waiting if item.name() == step.expect]
        return "; ".join(self._other(named[0], step)) if named else ""

    @staticmethod
    def _spared(waiting: list[Message], step: Step) -> tuple[str, tuple[str, ...]]:
        """See that nothing has come that must not.

        Raises:
            StepFailed: something has.
        """
        wrong = [message.name() for message in waiting if message.name() in step.never]
        if wrong:
            raise StepFailed(f"expected nothing of the kind; {', '.join(wrong)} has come")
        return "nothing has come", ()

    def _other(self, message: Message, step: Step) -> list[str]:
        """What is otherwise in a message than the step wants it."""
        pairs = [(path, field_of(message, path), self._value(wanted)) for path, wanted in step.where.items()]
        return [
            f"expected {path} to be {_shown(want)}, found {have}" for path, have, want in pairs if _differs(have, want)
        ]


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _differs(have: object, want: object) -> bool:
    """Moments are the same whatever their offset; everything else is compared as text."""
    if isinstance(want, datetime) and isinstance(have, datetime):
        return have != want
    return str(have) != str(want)


def field_of(message: Message, path: str) -> object:
    """A field of a message, by a dotted path; codes as their values."""
    value: Any = message
    for name in path.split("."):
        if name.isdecimal():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            value = getattr(value, name, None)
        if value is None:
            return None
    return getattr(value, "value", value)
