"""Third-party access: BRS-NO-622."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import UpdateIndicator
from ediel.messages._base import Composite, Xml
from ediel.messages._wire import FixedTrue, MeteringPointId, Moment
from ediel.messages.header import Message

__all__ = ["ExtendedStorage", "UpdateThirdPartyAccess", "UpdateThirdPartyAccessEvent"]


class ExtendedStorage(Composite):
    """What the third party may change for the end user."""

    source: ClassVar[str] = "XSD; BIM updatethirdpartyaccess"

    extended_storage: Annotated[
        FixedTrue | None,
        Xml(
            "ExtendedStorageMeteringValues",
            "True keeps metering values for 10 years instead of 3; cannot be switched off here.",
        ),
    ] = None


class UpdateThirdPartyAccessEvent(Composite):
    """Access to one metering point."""

    source: ClassVar[str] = "XSD; BIM updatethirdpartyaccess"

    end_of_occurrence: Annotated[
        Moment | None, Xml("EndOfOccurrence", "End of the access (meaning inferred from EI-1120).", "XSD 2.4")
    ] = None
    update_indicator: Annotated[UpdateIndicator, Xml("UpdateIndicator", "Add, delete or change the access.")]
    metering_point: Annotated[
        MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", "The metering point.")
    ]
    customer: Annotated[
        ExtendedStorage | None, Xml("ConsumerInvolvedCustomerParty", "Switches on extended storage of values.")
    ] = None


class UpdateThirdPartyAccess(Message):
    """A third party asks for access to a metering point, changes it, or gives it up."""

    family: ClassVar[str] = "thirdpartyaccess"
    message: Literal["UpdateThirdPartyAccess"] = "UpdateThirdPartyAccess"
    payload: Annotated[UpdateThirdPartyAccessEvent, Xml("PayloadMPEvent", "The access.")]
