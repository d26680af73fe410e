"""Makes messages: valid by the schema, with identifiers that pass their checks, and written in unusual ways if asked.

Everything is drawn from a ``random.Random``, so that a seed gives the same message, and hypothesis can drive it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeVar

from ediel.calendar import OSLO
from ediel.codes import Agency, Code, EndUserScheme, EstimationCode, Quality, ValidationCode
from ediel.identifiers import Eic, Gln, Gsrn, NationalIdentityNumber, OrganisationNumber
from ediel.messages._base import Composite, FieldSpec, fields_of
from ediel.messages._numbers import DecimalType, IntType
from ediel.messages._observation_rows import ObservationKind
from ediel.messages._observations import Observation, Observations
from ediel.messages._values import EmptyTrue, Timestamp, WrittenDecimal, WrittenInt, decimal_value
from ediel.messages._wire_types import CodeType, FixedTrueType, Id, MomentType, Text, Wire

M = TypeVar("M", bound=Composite)

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzæøåABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅ0123456789 -./"
_WILD_LETTERS: Final = _LETTERS + "<>&\"'\t\n\r\u00a0\u2028\U0001f50c]]>"


class Sampler:
    """A source of valid values.

    Args:
        random: where chance comes from.
        wild: also use every way of writing that the schema allows: ``+1``, ``01``, ``24:00:00``, nine decimals of a
            second, agencies that do not belong to a code, text full of markup.
        full: give every optional field instead of half of them.
        most: how many elements a list has at the most.
    """

    def __init__(self, random: Random, *, wild: bool = False, full: bool = False, most: int = 3) -> None:
        self.random = random
        self.wild = wild
        self.full = full
        self.most = most
        self._made = 0

    def message(self, model: type[M], **given: Any) -> M:
        """A message or a part of one; ``given`` fields are taken as they are."""
        values = dict(given)
        chosen = self.random.choice(model.choice) if model.choice else None
        if set(model.choice) & set(given):
            chosen = None
        specs = fields_of(model)
        for spec in specs:
            if spec.name in values or spec.kind == "agency":
                continue
            if spec.name in model.choice:
                if spec.name != chosen:
                    continue
            elif not spec.least and not self.full and self.random.random() < 0.5:
                continue
            self._fill(spec, values, model)
        return model(**values)

    def _fill(self, spec: FieldSpec, values: dict[str, object], model: type[Composite]) -> None:
        if spec.row is not None:
            values[spec.name] = self.observations(spec.row)
        elif spec.many:
            least = max(spec.least, 1)
            count = self.random.randint(least, max(least, min(spec.most, self.most)))
            assert spec.model is not None
            values[spec.name] = tuple(self.message(spec.model) for _ in range(count))
        elif spec.model is not None:
            values[spec.name] = self.message(spec.model)
        else:
            assert spec.wire is not None
            values[spec.name] = self._with_agency(spec, values, model)

    def _with_agency(self, spec: FieldSpec, values: dict[str, object], model: type[Composite]) -> object:
        wire = spec.wire
        assert wire is not None
        if spec.agency is None or wire.agency is None:
            return self.value(wire)
        allowed = wire.agency[1]
        if _scheme_field(model, spec.agency):
            scheme = EndUserScheme(self.random.choice(allowed))
            values[spec.agency] = scheme
            return self.national_identity_number() if scheme == "Z01" else self.organisation_number()
        value = self.value(wire)
        natural = value.agency if isinstance(value, Code) else None
        if natural is None or (self.wild and self.random.random() < 0.3):
            values[spec.agency] = Agency(self.random.choice(allowed))
        return value

    def value(self, wire: Wire) -> object:
        """A value of a wire type."""
        match wire:
            case CodeType():
                return self.random.choice(list(wire.code_list))
            case Text():
                return self.text(wire.most)
            case Id():
                return {Gsrn: self.gsrn, Gln: self.gln, Eic: self.eic}.get(wire.kind, self.organisation_number)()
            case MomentType():
                return self.moment(wire.decimals)
            case DecimalType():
                return self.decimal(wire)
            case IntType():
                number = self.random.choice((0, 1, wire.most, self.random.randint(0, wire.most)))
                if self.wild and self.random.random() < 0.2:
                    return WrittenInt(self.random.choice(("+", "0", "00")) + str(number))
                return number
        if wire.name == "Uuid":
            return self.uuid()
        if isinstance(wire, FixedTrueType):
            return EmptyTrue() if self.wild and self.random.random() < 0.3 else True
        return self.random.random() < 0.5

    def text(self, most: int) -> str:
        """Text of 1 to ``most`` characters."""
        length = self.random.choice((1, most, self.random.randint(1, min(most, 20))))
        letters = _WILD_LETTERS if self.wild else _LETTERS
        text = "".join(self.random.choice(letters) for _ in range(length))
        return text if self.wild else text.strip() or "x"

    def uuid(self) -> str:
        """A UUID in lower case, another one each time."""
        self._made += 1  # no two are the same, even where chance is not left to chance
        digits = f"{self.random.getrandbits(96):024x}{self._made:08x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def moment(self, decimals: int = 3) -> Timestamp:
        """A moment between 2019 and 2035, at Norwegian midnight half of the time."""
        day = date(2019, 1, 1) + timedelta(days=self.random.randrange(6200))
        local = datetime(day.year, day.month, day.day, tzinfo=OSLO)
        if self.random.random() < 0.5:
            local += timedelta(seconds=self.random.randrange(86400))
        text = Timestamp.of(local if self.random.random() < 0.7 else local.astimezone(UTC)).text
        if self.wild and self.random.random() < 0.4:
            body, zone = text[:19], text[19:]
            fraction = "".join(self.random.choice("0123456789") for _ in range(self.random.randint(1, decimals)))
            text = self.random.choice(
                (
                    f"{body}.{fraction}{zone}",
                    f"{body}{self.random.choice(('+00:00', '-00:00', '+14:00', '-11:30'))}",
                    f"{body[:11]}24:00:00{zone}",
                    f"{self.random.choice(('1000-01-01', '9999-12-31', '2024-02-29'))}T00:00:00{zone}",
                )
            )
        return Timestamp.read(text)

    def decimal(self, wire: DecimalType) -> Decimal:
        """A decimal that the type allows."""
        step = Decimal(1).scaleb(-wire.decimals)
        high = Decimal(wire.most) if wire.most is not None else Decimal(wire.most_exclusive or "1") - step
        low = Decimal(wire.least) if wire.least is not None else Decimal(wire.least_exclusive or "0") + step
        kind = self.random.randrange(4)
        if kind == 0:
            value = self.random.choice((low, high, Decimal(0)))
        else:
            top = min(high, Decimal(10) ** self.random.randint(0, 6))
            value = Decimal(self.random.randint(0, int(top / step))) * step
            value = min(max(value, low), high).quantize(Decimal(1).scaleb(-self.random.randint(0, wire.decimals)))
            value = min(max(value, low), high)
        if self.wild and self.random.random() < 0.3 and value >= 0:
            plain = format(value, "f")
            forms = [f"+{plain}", f"0{plain}", f"{plain}0" if "." in plain else f"{plain}."]
            if plain.startswith("0."):
                forms.append(plain[1:])
            return decimal_value(self.random.choice(forms))
        if self.wild and value == 0 and self.random.random() < 0.2:
            return WrittenDecimal("-0.0")
        return value

    def observations(self, row: type[Composite]) -> Observations:
        """A short series with rising sequence numbers."""
        kinds = [ObservationKind(spec.path[0]) for spec in fields_of(row) if spec.kind == "element"]
        wires = {spec.path[0]: _content(spec) for spec in fields_of(row) if spec.kind == "element"}
        count = self.random.randint(1, max(1, self.most))
        first = self.random.choice((0, 1, 9999 - count))
        metered_only = self.random.random() < 0.5
        rows = []
        for place in range(count):
            kind = ObservationKind.METERED if metered_only else self.random.choice(kinds)
            estimated = kind is ObservationKind.ESTIMATED
            temporary = kind is ObservationKind.TEMPORARY
            sequence: int = first + place
            if self.wild and self.random.random() < 0.1:
                sequence = WrittenInt(f"0{sequence}")
            rows.append(
                Observation(
                    sequence=sequence,
                    value=self.decimal(wires[kind.value]),
                    kind=kind,
                    quality=self.random.choice(list(Quality)) if estimated else None,
                    validation_code=self.random.choice(list(ValidationCode)) if estimated or temporary else None,
                    estimation_code=self.random.choice(list(EstimationCode))
                    if estimated or (temporary and self.random.random() < 0.5)
                    else None,
                    imbalance_settlement=kind is ObservationKind.CALCULATED and self.random.random() < 0.5,
                )
            )
        return Observations.of(rows)

    def gsrn(self) -> Gsrn:
        """A metering point; the prefix is that of many Norwegian grid companies."""
        body = f"7070575{self.random.randrange(10**10):010d}"
        return Gsrn(body + Gsrn(body + "0").check_digit)

    def gln(self) -> Gln:
        """A market party, in GS1 Norway's range."""
        body = f"70800{self.random.randrange(10**7):07d}"
        return Gln(body + Gln(body + "0").check_digit)

    def eic(self) -> Eic:
        """A grid area; EIC of type Y."""
        while True:
            body = "50Y" + "".join(self.random.choice("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(12))
            check = Eic(body + "0").check_character
            if check != "-":
                return Eic(body + check)

    def national_identity_number(self, *, synthetic: bool = True) -> NationalIdentityNumber:
        """A national identity number; of a person who does not exist, unless told otherwise."""
        while True:
            born = date(1940, 1, 1) + timedelta(days=self.random.randrange(21900))
            month = born.month + (self.random.choice((40, 65, 80)) if synthetic else 0)
            day = born.day + (40 if self.random.random() < 0.2 else 0)
            body = f"{day:02d}{month:02d}{born.year % 100:02d}{self.random.randrange(500):03d}"
            digits = NationalIdentityNumber(body + "00").check_digits
            if digits is not None:
                return NationalIdentityNumber(body + digits)

    def organisation_number(self) -> OrganisationNumber:
        """An organisation number."""
        while True:
            body = f"{self.random.choice('89')}{self.random.randrange(10**7):07d}"
            digit = OrganisationNumber(body + "0").check_digit
            if digit is not None:
                return OrganisationNumber(body + digit)


def _scheme_field(model: type[Composite], field: str) -> bool:
    return any(
        spec.name == field and isinstance(spec.wire, CodeType) and spec.wire.code_list is EndUserScheme
        for spec in fields_of(model)
    )


def _content(spec: FieldSpec) -> DecimalType:
    assert spec.model is not None
    wire = next(item.wire for item in fields_of(spec.model) if item.kind == "content")
    assert isinstance(wire, DecimalType)
    return wire


def sample(model: type[M], seed: int = 0, *, wild: bool = False, full: bool = False) -> M:
    """One valid message; the same for the same seed.

    >>> from ediel.messages import PollForData
    >>> sample(PollForData).name()
    'PollForData'
    """
    return Sampler(Random(seed), wild=wild, full=full).message(model)
