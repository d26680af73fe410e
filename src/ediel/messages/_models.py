"""The messages by name, and where the model of each is: loaded when it is asked for."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Final

from ediel.errors import UnknownName

if TYPE_CHECKING:
    from ediel.messages.header import Message

MESSAGES: Final[dict[str, str]] = {
    "RequestStartOfSupply": "supply_requests",
    "ConfirmStartOfSupply": "supply_answers",
    "RejectStartOfSupply": "supply_answers",
    "NotifyStartOfSupply": "supply_notices",
    "RequestEndOfSupply": "supply_requests",
    "ConfirmEndOfSupply": "supply_answers",
    "RejectEndOfSupply": "supply_answers",
    "NotifyEndOfSupply": "supply_notices",
    "NotifyMeteringPointCharacteristics": "master_data",
    "NotifyCustomerInformation": "master_data",
    "RequestUpdateMasterDataMeteringPoint": "master_data",
    "RequestUpdateCustomerInformation": "master_data",
    "RequestUpdateSharedProduction": "shared_production",
    "NotifySharedProduction": "shared_production",
    "CollectedData": "metering_values",
    "NotifyValidatedDataForBillingEnergy": "metering_values",
    "RequestCollectedData": "metering_values",
    "PriceVolumeCombinationForReconciliation": "metering_values",
    "RequestDataFromElhub": "query",
    "RequestUpfrontMeteringPointCharacteristics": "query",
    "ResponseUpfrontMeteringPointCharacteristics": "query",
    "RequestToGridAccessProvider": "query",
    "ResponseFromGridAccessProvider": "query",
    "RequestToElhub": "query",
    "ResponseFromElhub": "query",
    "UpdateThirdPartyAccess": "access",
    "Acknowledgement": "answers",
    "PollForData": "polling",
}
"""The 28 messages, and the module that each is in."""


@cache
def model(name: str) -> type[Message]:
    """The model of a message, by its name on the wire.

    Raises:
        UnknownName: there is no such message.
    """
    try:
        module = MESSAGES[name]
    except KeyError:
        raise UnknownName("message", name, tuple(MESSAGES)) from None
    found: type[Message] = getattr(importlib.import_module(f"ediel.messages.{module}"), name)
    return found
