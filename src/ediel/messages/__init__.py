"""The typed BIM: one frozen model per message and per part of one.

Modules are loaded when a name is first used, so that reading one message does not pay for the other 27.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_base": ("Composite", "FieldSpec", "fields_of"),
    "_models": ("MESSAGES", "model"),
    "_values": ("Timestamp",),
    "access": ("ExtendedStorage", "UpdateThirdPartyAccess", "UpdateThirdPartyAccessEvent"),
    "answers": ("Acknowledgement", "AcknowledgementEvent", "Reason"),
    "fault": ("ElhubSOAPFault",),
    "header": ("Header", "Message", "ProcessContext"),
    "master_data": (
        "NotifyCustomerInformation", "NotifyCustomerInformationEvent", "NotifyMeteringPointCharacteristics",
        "NotifyMeteringPointCharacteristicsEvent", "RequestUpdateCustomerInformation",
        "RequestUpdateCustomerInformationEvent", "RequestUpdateMasterDataMeteringPoint",
        "RequestUpdateMasterDataMeteringPointEvent",
    ),
    "metering_values": (
        "CollectedData", "CollectedSeries", "MeasurementCharacteristics", "NotifyValidatedDataForBillingEnergy",
        "Observation", "ObservationKind", "Observations", "Period", "PriceVolumeCombinationForReconciliation",
        "ProfiledCollected", "ProfiledEstimate", "ProfiledNotified", "ProfiledQuantity", "ProfiledReading",
        "ReconciliationCharacteristics", "ReconciliationObservation", "ReconciliationPeriod", "ReconciliationSeries",
        "Reminder", "RequestCollectedData", "RequestCollectedDataEvent", "TimeSeriesPeriod", "ValidatedSeries",
    ),
    "parties": (
        "Communication", "Customer", "CustomerAddress", "EndOfSupplyCustomer", "NotifiedCustomer",
        "StartOfSupplyCustomer",
    ),
    "points": (
        "AnnualVolume", "AnnualVolumeDetail", "CadastralReference", "GeographicalCoordinate",
        "IndustryAndConsumption", "MeasurementDefinition", "MeasurementDefinitionUpdate", "MeterFacility",
        "MeteringPointAddress", "MeteringPointCharacteristics", "ProductCharacteristics", "TaxationProfile",
    ),
    "polling": ("PollForData", "PollForDataFilter"),
    "query": (
        "AddressSearch", "EndUserReference", "RequestDataFromElhub", "RequestDataFromElhubEvent", "RequestToElhub",
        "RequestToElhubEvent", "RequestToGridAccessProvider", "RequestToGridAccessProviderEvent",
        "RequestUpfrontMeteringPointCharacteristics", "RequestUpfrontMeteringPointCharacteristicsEvent",
        "ResponseFromElhub", "ResponseFromElhubEvent", "ResponseFromGridAccessProvider",
        "ResponseFromGridAccessProviderEvent", "ResponseUpfrontMeteringPointCharacteristics",
        "ResponseUpfrontMeteringPointCharacteristicsEvent",
    ),
    "services": ("FAULT_NAMESPACE", "POLL_CHANNELS", "SERVICES", "Operation", "Service"),
    "shared_production": (
        "NotifySharedProduction", "NotifySharedProductionEvent", "Participant", "Participants",
        "RequestUpdateSharedProduction", "RequestUpdateSharedProductionEvent", "VirtualCalculation",
    ),
    "supply_answers": (
        "ConfirmEndOfSupply", "ConfirmEndOfSupplyEvent", "ConfirmStartOfSupply", "ConfirmStartOfSupplyEvent",
        "RejectEndOfSupply", "RejectEvent", "RejectStartOfSupply",
    ),
    "supply_notices": (
        "NotifyEndOfSupply", "NotifyEndOfSupplyEvent", "NotifyStartOfSupply", "NotifyStartOfSupplyEvent",
    ),
    "supply_requests": (
        "RequestEndOfSupply", "RequestEndOfSupplyEvent", "RequestStartOfSupply", "RequestStartOfSupplyEvent",
    ),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
