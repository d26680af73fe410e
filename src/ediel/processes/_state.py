"""What a process knows: a frozen, typed state per table, and the one way in which it is stored and read again.

A state is a frozen dataclass. It is stored as JSON without what has its default value, with the revision of its table
beside it; see ``docs/engine.md`` for what a revision promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar, Final, Generic, NamedTuple, Self, TypedDict, TypeVar, get_args

from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema, to_json, to_jsonable_python

from ediel.errors import problems_of
from ediel.processes.errors import CannotRead, InvalidData

T = TypeVar("T")

JsonObject = dict[str, Any]
"""A state as JSON: the argument and the result of an upcaster."""


class Actor(TypedDict):
    """Who acts in a process: the part of a state that every process has from the beginning."""

    sender: str
    physical_sender: str
    hub: str
    role: str


class Stored(NamedTuple):
    """A process as it is stored.

    Attributes:
        id, machine, party, state, version: as in an instance.
        revision: revision of the table that it was stored with.
        facts: what it knows, as JSON.
        abandoned: as in an instance.
    """

    id: str
    machine: str
    party: str
    state: str
    version: int
    revision: int
    facts: str
    abandoned: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class ProcessState:
    """What every process knows. Nothing of it stands in its ``repr``: it may be about people.

    Attributes:
        sender: GLN of the party.
        physical_sender: GLN of the one that sends for it.
        hub: GLN of the hub.
        role: role in which it takes part.
        process: BRS number, such as ``BRS-NO-101``; ``None`` before the first step.
        metering_point: the metering point, when the process is about one.
        reasons: codes of the last refusal.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", hide_input_in_errors=True)
    needs: ClassVar[tuple[str, ...]] = ()
    """Facts that a process of this kind has from its first step on, and cannot do without."""
    passing: ClassVar[tuple[str, ...]] = ()
    """Facts that hold for one step only: they may hold more than JSON knows, and are not stored."""

    sender: str
    physical_sender: str
    hub: str
    role: str
    process: str | None = None
    metering_point: str | None = None
    reasons: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.process}>"

    def announced(self, names: tuple[str, ...]) -> dict[str, object]:
        """Facts for the events of a step, as plain JSON values; ``names`` are those that may be shown."""
        return shown(self, names)

    @property
    def about(self) -> str | None:
        """What the process is about, by which messages find it: a metering point, mostly."""
        return self.metering_point


StateT = TypeVar("StateT", bound=ProcessState)


class Kept(Generic[T]):
    """A part of a state that is stored as a JSON text, and read only when it is used: most steps never need it.

    It is equal to another one that says the same.
    """

    __slots__ = ("_kind", "_text", "_value")
    _text: str | None
    _value: T | None

    def __init__(self, kind: object, text: str | None, value: T | None = None) -> None:
        self._kind = kind
        self._text = text
        self._value = value

    @classmethod
    def of(cls, value: T) -> Self:
        """A typed value, to be stored."""
        return cls(None, None, value)

    @property
    def value(self) -> T:
        """The value, typed.

        Raises:
            CannotRead: what is stored is something else.
        """
        if self._value is None:
            try:
                self._value = _adapter(self._kind).validate_json(self._text or "")
            except ValidationError as error:
                raise CannotRead(_problem(error)) from None
        return self._value

    @property
    def text(self) -> str:
        """The value as JSON."""
        if self._text is None:
            self._text = to_json(self._value, exclude_none=True).decode()
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return "<kept>"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        (kind,) = get_args(source)

        def stored(text: str) -> Kept[T]:
            return cls(kind, text)

        def given(value: object) -> Kept[T]:
            return value if isinstance(value, Kept) else cls(kind, None, _adapter(kind).validate_python(value))

        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(stored, core_schema.str_schema()),
            python_schema=core_schema.no_info_plain_validator_function(given),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _text_of, return_schema=core_schema.str_schema()
            ),
        )


def _text_of(kept: Kept[object]) -> str:
    return kept.text


def _adapter(kind: Any) -> TypeAdapter[Any]:
    found = _ADAPTERS.get(kind)
    if found is None:
        found = _ADAPTERS[kind] = TypeAdapter(kind)
    return found


_ADAPTERS: Final[dict[object, TypeAdapter[Any]]] = {}


def known(value: T | None, name: str) -> T:
    """A fact that a process has by now.

    Raises:
        CannotRead: it has not: it was stored without, or by another release.
    """
    if value is None:
        raise CannotRead(f"{name} is missing")
    return value


def encode_state(state: ProcessState) -> str:
    """JSON text; without what has its default value, which belongs to the revision as much as the names do."""
    return _adapter(type(state)).serializer.to_json(state, exclude_defaults=True).decode()


def decode_state(kind: type[StateT], text: str | bytes, *, whole: bool = False) -> StateT:
    """The state that a JSON text of its own revision holds.

    Args:
        kind: its type.
        text: as it is stored.
        whole: read what is kept as JSON too.

    Raises:
        CannotRead: it does not hold one.
    """
    try:
        found: StateT = _adapter(kind).validator.validate_json(text)
    except ValidationError as error:
        raise CannotRead(_problem(error)) from None
    for name in kind.needs:
        if getattr(found, name) is None:
            raise CannotRead(f"{name} is missing")
    if whole:
        for value in vars(found).values():
            if isinstance(value, Kept):
                _ = value.value
    return found


_OWN: Final = frozenset({"sender", "physical_sender", "hub", "role", "process"})


def with_data(state: StateT, data: Mapping[str, object], what: str) -> StateT:
    """A state with facts that come from outside; texts become days and moments where the state has those.

    Raises:
        InvalidData: a name that the state does not have, or a value that does not fit.
    """
    kind = type(state)
    try:
        found: StateT = _adapter(kind).validator.validate_python({**vars(state), **data})
    except ValidationError as error:
        names = ", ".join(sorted({item.name for item in fields(kind)} - _OWN))
        raise InvalidData(f"{what}: {_problem(error)}. Names that it may come with: {names}") from None
    return found


def _problem(error: ValidationError) -> str:
    """What is wrong, without the values: they may be about people."""
    return "; ".join(problems_of(error, "it")[:3])


def shown(state: ProcessState, names: tuple[str, ...]) -> dict[str, object]:
    """Facts that may be shown, as plain JSON values."""
    values = vars(state)
    return {
        name: value if type(value) is str else plain(value) for name in names if (value := values[name]) is not None
    }


def plain(value: object) -> object:
    """A value as JSON knows it."""
    if isinstance(value, date):  # moments too
        return value.isoformat()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return to_jsonable_python(value) if isinstance(value, Mapping) else value
