"""The five EMIF services: operations, wrappers and poll channels (EMIF 2.4.3 WSDL)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ediel import brs

if TYPE_CHECKING:
    from ediel.messages.header import Message

__all__ = [
    "FAULT_NAMESPACE",
    "POLL_CHANNELS",
    "SERVICES",
    "Operation",
    "Service",
    "poll_channel",
]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; its SOAPAction is its name.

    Attributes:
        name: name, and SOAPAction.
        message: the message that the request element wraps.
        local: the wrapped element is in the service's namespace, not in the message's. True of a CollectedData that is
            sent; a polled one is in its own namespace.
        answers: messages of which the answer holds one; empty when the answer is an empty body or a poll result.
        polls: the answer is a ``PollForDataResponse``.
    """

    name: str
    message: str
    local: bool = False
    answers: tuple[str, ...] = ()
    polls: bool = False

    @property
    def request(self) -> str:
        """Local name of the request element."""
        return f"{self.name}Request"


@dataclass(frozen=True, slots=True)
class Service:
    """A service, its namespace, and what it can do."""

    name: str
    namespace: str
    operations: tuple[Operation, ...]


POLL_CHANNELS: Final[dict[str, tuple[str, ...]]] = {
    "PollMarketProcesses": (
        "RequestStartOfSupply",
        "RequestEndOfSupply",
        "RequestUpdateMasterDataMeteringPoint",
        "RequestUpdateCustomerInformation",
        "ConfirmStartOfSupply",
        "RejectStartOfSupply",
        "NotifyStartOfSupply",
        "ConfirmEndOfSupply",
        "RejectEndOfSupply",
        "NotifyEndOfSupply",
        "NotifyMeteringPointCharacteristics",
        "RequestToGridAccessProvider",
        "ResponseFromGridAccessProvider",
        "NotifyCustomerInformation",
        "ResponseFromElhub",
        "Acknowledgement",
        "NotifySharedProduction",
    ),
    "PollMeteringValues": (
        "NotifyValidatedDataForBillingEnergy",
        "CollectedData",
        "PriceVolumeCombinationForReconciliation",
        "RequestCollectedData",
        "Acknowledgement",
    ),
}
"""What a result set of each poll channel may hold, any number, in any order."""


def poll_channel(message: Message) -> str | None:
    """The channel on which a message of the hub waits for its recipient; ``None`` for one that is not fetched."""
    channel = brs.of(message.process.business_process).channel
    found = [channel for channel, names in POLL_CHANNELS.items() if message.name() in names]
    if not found or channel == "in the call":
        return None
    if len(found) == 1:
        return found[0]
    return channel


_POLLING: Final = (
    Operation("PollForData", "PollForData", polls=True),
    Operation("AcknowledgePoll", "Acknowledgement"),
)


def _same_name(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation(name, name) for name in names)


SERVICES: Final[tuple[Service, ...]] = (
    Service(
        "MarketProcesses",
        "urn:no:elhub:emif:wsdl:marketprocesses:v2",
        _same_name(
            "RequestStartOfSupply",
            "RequestEndOfSupply",
            "RequestUpdateMasterDataMeteringPoint",
            "RequestUpdateCustomerInformation",
            "UpdateThirdPartyAccess",
            "RejectStartOfSupply",
            "RequestUpdateSharedProduction",
        ),
    ),
    Service(
        "MeteringValues",
        "urn:no:elhub:emif:wsdl:meteringvalues:v2",
        (Operation("CollectedData", "CollectedData", local=True), Operation("Acknowledge", "Acknowledgement")),
    ),
    Service(
        "Query",
        "urn:no:elhub:emif:wsdl:query:v2",
        (
            Operation(
                "RequestUpfrontMeteringPointCharacteristics",
                "RequestUpfrontMeteringPointCharacteristics",
                answers=("ResponseUpfrontMeteringPointCharacteristics", "Acknowledgement"),
            ),
            *_same_name(
                "RequestDataFromElhub",
                "RequestToGridAccessProvider",
                "ResponseFromGridAccessProvider",
                "RequestToElhub",
            ),
        ),
    ),
    Service("PollMarketProcesses", "urn:no:elhub:emif:wsdl:polling:marketprocesses:v2", _POLLING),
    Service("PollMeteringValues", "urn:no:elhub:emif:wsdl:polling:meteringvalues:v2", _POLLING),
)

FAULT_NAMESPACE: Final = "urn:no:elhub:emif:wsdl:common:v2"
