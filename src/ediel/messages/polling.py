"""Polling: the request for a result set. A poll is confirmed with ``Acknowledgement``."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import Agency, Role
from ediel.messages._base import AgencyOf, Composite, Xml, natural_agency
from ediel.messages._wire import PartyId
from ediel.messages.header import Message

__all__ = ["PollForData", "PollForDataFilter"]


class PollForDataFilter(Composite):
    """For whom to poll; empty for the sender itself."""

    source: ClassVar[str] = "XSD; SoapUI 2.3"

    party: Annotated[PartyId | None, Xml("EnergyParty/Identification", "Market party to poll for.")] = None
    role: Annotated[Role | None, Xml("EnergyBusinessProcessRole", "Role to poll for.")] = None
    role_agency: Annotated[Agency | None, AgencyOf("role")] = natural_agency("role")


class PollForData(Message):
    """Asks for the next result set of a poll channel."""

    family: ClassVar[str] = ""
    message: Literal["PollForData"] = "PollForData"
    payload: Annotated[PollForDataFilter, Xml("Payload", "For whom to poll.")]
