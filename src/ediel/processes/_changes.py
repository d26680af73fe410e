"""What a step changes in what is known of contracts, accesses, values and master data: typed values, made by its row.

The engine writes contracts and accesses; a hub keeps the rest as well. What neither stores is in the log only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256


def mark_of(identification: str) -> str:
    """A mark by which two contracts of one customer are known to be of the same; personal data, as its source is."""
    return sha256(identification.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class BeginContract:
    """A supply contract begins on a day; ``customer`` is whose it is, as ``mark_of`` marks them, or not known."""

    supplier: str
    start: date
    customer: str = ""


@dataclass(frozen=True, slots=True)
class UndoContract:
    """The contract that begins on a day is as if it had never been."""

    supplier: str
    start: date
    customer: str = ""


@dataclass(frozen=True, slots=True)
class EndContract:
    """The contract of a supplier ends on a day."""

    supplier: str
    end: date
    customer: str = ""


@dataclass(frozen=True, slots=True)
class ReopenContract:
    """The contract of a supplier that ended on a day goes on."""

    supplier: str
    end: date
    customer: str = ""


@dataclass(frozen=True, slots=True)
class SetAccess:
    """A third party has access, from the day of the step unless it has it already."""

    third_party: str
    end: date | None
    level: str
    extended_storage: bool


@dataclass(frozen=True, slots=True)
class EndAccess:
    """The access of a third party ends on the day of the step."""

    third_party: str


@dataclass(frozen=True, slots=True)
class KeepValues:
    """The metering values of the message are in force, but for the payloads that were refused."""

    without: frozenset[str]


@dataclass(frozen=True, slots=True)
class SetAnnualVolume:
    """A metering point has an expected annual volume from a day.

    Attributes:
        metering_point: the metering point.
        start: first day on which it is true.
        total: kWh a year.
        method: how it came about, such as ``Manual``.
    """

    metering_point: str
    start: date
    total: int
    method: str


@dataclass(frozen=True, slots=True)
class PublishAnnualVolumes:
    """The message holds new annual volumes."""


@dataclass(frozen=True, slots=True)
class ChangeMasterData:
    """The master data in the message are in force."""


@dataclass(frozen=True, slots=True)
class SetCalculation:
    """A calculation of shared production stands as it does in the process, or has ended."""

    name: str | None
    ended: bool


ContractChange = BeginContract | UndoContract | EndContract | ReopenContract
AccessChange = SetAccess | EndAccess
Change = (
    ContractChange
    | AccessChange
    | KeepValues
    | SetAnnualVolume
    | PublishAnnualVolumes
    | ChangeMasterData
    | SetCalculation
)
