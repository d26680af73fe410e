"""Shared production: BRS-NO-701 (EI-1216, since EMIF 2.4)."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import FormulaType, UpdateIndicator, VersionStatus
from ediel.messages._base import Composite, Xml
from ediel.messages._wire import Int4, MeteringPointId, Moment, Share, Text50, Text100, UuidText
from ediel.messages.header import Message

__all__ = [
    "NotifySharedProduction",
    "NotifySharedProductionEvent",
    "Participant",
    "Participants",
    "RequestUpdateSharedProduction",
    "RequestUpdateSharedProductionEvent",
    "VirtualCalculation",
]


class Participant(Composite):
    """A metering point that gives or receives."""

    source: ClassVar[str] = "XSD 2.4; BRS-NO-701"

    share: Annotated[
        Share | None, Xml("Share", "Part of the production, 0 to 1, at most 6 decimals; for manual shares.")
    ] = None
    metering_point: Annotated[
        MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", "The metering point.")
    ]


class Participants(Composite):
    """Who gives and who receives."""

    source: ClassVar[str] = "XSD 2.4; BRS-NO-701"

    contributors: Annotated[
        tuple[Participant, ...],
        Xml("Contributors/Contributor", "Production or combined points that give.", most=1000),
    ]
    recipients: Annotated[
        tuple[Participant, ...], Xml("Recipients/Recipient", "Consumption points that receive.", most=1000)
    ]


class VirtualCalculation(Composite):
    """A calculation that divides production among metering points."""

    source: ClassVar[str] = "XSD 2.4; BRS-NO-701"

    name: Annotated[Text50 | None, Xml("Name", "Name, unique for the grid access provider.", personal=True)] = None
    description: Annotated[Text100 | None, Xml("Description", "Free text.", personal=True)] = None
    id: Annotated[UuidText | None, Xml("Id", "Identification of the calculation.")] = None
    formula: Annotated[FormulaType | None, Xml("FormulaType", "Manual, equal, or by consumption.")] = None
    participants: Annotated[Participants | None, Xml("Participants", "Both lists; they belong together.")] = None


class RequestUpdateSharedProductionEvent(Composite):
    """A calculation to create, change or deactivate."""

    source: ClassVar[str] = "XSD 2.4; BRS-NO-701"

    start_of_occurrence: Annotated[Moment | None, Xml("StartOfOccurrence", "Valid from; a midnight.")] = None
    update_indicator: Annotated[UpdateIndicator, Xml("UpdateIndicator", "Create, change or deactivate.")]
    calculation: Annotated[VirtualCalculation, Xml("VirtualCalculation", "The calculation.")]


class RequestUpdateSharedProduction(Message):
    """The grid access provider sets up shared production."""

    family: ClassVar[str] = "masterdata"
    message: Literal["RequestUpdateSharedProduction"] = "RequestUpdateSharedProduction"
    payload: Annotated[RequestUpdateSharedProductionEvent, Xml("PayloadMasterDataMPEvent", "What is to be done.")]


class NotifySharedProductionEvent(Composite):
    """A calculation as it now stands."""

    source: ClassVar[str] = "XSD 2.4; BRS-NO-701"

    start_of_occurrence: Annotated[Moment | None, Xml("StartOfOccurrence", "Valid from; a midnight.")] = None
    end_of_occurrence: Annotated[Moment | None, Xml("EndOfOccurrence", "Valid until; a midnight.")] = None
    version: Annotated[Int4 | None, Xml("Version", "Counts the updates.")] = None
    version_status: Annotated[VersionStatus | None, Xml("VersionStatus", "Whether this version is in force.")] = None
    calculation: Annotated[VirtualCalculation, Xml("VirtualCalculation", "The whole calculation.")]


class NotifySharedProduction(Message):
    """Elhub confirms a set-up of shared production with the whole calculation."""

    family: ClassVar[str] = "masterdata"
    message: Literal["NotifySharedProduction"] = "NotifySharedProduction"
    payload: Annotated[NotifySharedProductionEvent, Xml("PayloadMasterDataMPEvent", "The calculation.")]
