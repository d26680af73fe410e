# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.messages._base import Composite as Composite
from ediel.messages._base import FieldSpec as FieldSpec
from ediel.messages._base import fields_of as fields_of
from ediel.messages._models import MESSAGES as MESSAGES
from ediel.messages._models import model as model
from ediel.messages._values import Timestamp as Timestamp
from ediel.messages.access import ExtendedStorage as ExtendedStorage
from ediel.messages.access import UpdateThirdPartyAccess as UpdateThirdPartyAccess
from ediel.messages.access import UpdateThirdPartyAccessEvent as UpdateThirdPartyAccessEvent
from ediel.messages.answers import Acknowledgement as Acknowledgement
from ediel.messages.answers import AcknowledgementEvent as AcknowledgementEvent
from ediel.messages.answers import Reason as Reason
from ediel.messages.fault import ElhubSOAPFault as ElhubSOAPFault
from ediel.messages.header import Header as Header
from ediel.messages.header import Message as Message
from ediel.messages.header import ProcessContext as ProcessContext
from ediel.messages.master_data import NotifyCustomerInformation as NotifyCustomerInformation
from ediel.messages.master_data import NotifyCustomerInformationEvent as NotifyCustomerInformationEvent
from ediel.messages.master_data import NotifyMeteringPointCharacteristics as NotifyMeteringPointCharacteristics
from ediel.messages.master_data import NotifyMeteringPointCharacteristicsEvent as NotifyMeteringPointCharacteristicsEvent
from ediel.messages.master_data import RequestUpdateCustomerInformation as RequestUpdateCustomerInformation
from ediel.messages.master_data import RequestUpdateCustomerInformationEvent as RequestUpdateCustomerInformationEvent
from ediel.messages.master_data import RequestUpdateMasterDataMeteringPoint as RequestUpdateMasterDataMeteringPoint
from ediel.messages.master_data import RequestUpdateMasterDataMeteringPointEvent as RequestUpdateMasterDataMeteringPointEvent
from ediel.messages.metering_values import CollectedData as CollectedData
from ediel.messages.metering_values import CollectedSeries as CollectedSeries
from ediel.messages.metering_values import MeasurementCharacteristics as MeasurementCharacteristics
from ediel.messages.metering_values import NotifyValidatedDataForBillingEnergy as NotifyValidatedDataForBillingEnergy
from ediel.messages.metering_values import Observation as Observation
from ediel.messages.metering_values import ObservationKind as ObservationKind
from ediel.messages.metering_values import Observations as Observations
from ediel.messages.metering_values import Period as Period
from ediel.messages.metering_values import PriceVolumeCombinationForReconciliation as PriceVolumeCombinationForReconciliation
from ediel.messages.metering_values import ProfiledCollected as ProfiledCollected
from ediel.messages.metering_values import ProfiledEstimate as ProfiledEstimate
from ediel.messages.metering_values import ProfiledNotified as ProfiledNotified
from ediel.messages.metering_values import ProfiledQuantity as ProfiledQuantity
from ediel.messages.metering_values import ProfiledReading as ProfiledReading
from ediel.messages.metering_values import ReconciliationCharacteristics as ReconciliationCharacteristics
from ediel.messages.metering_values import ReconciliationObservation as ReconciliationObservation
from ediel.messages.metering_values import ReconciliationPeriod as ReconciliationPeriod
from ediel.messages.metering_values import ReconciliationSeries as ReconciliationSeries
from ediel.messages.metering_values import Reminder as Reminder
from ediel.messages.metering_values import RequestCollectedData as RequestCollectedData
from ediel.messages.metering_values import RequestCollectedDataEvent as RequestCollectedDataEvent
from ediel.messages.metering_values import TimeSeriesPeriod as TimeSeriesPeriod
from ediel.messages.metering_values import ValidatedSeries as ValidatedSeries
from ediel.messages.parties import Communication as Communication
from ediel.messages.parties import Customer as Customer
from ediel.messages.parties import CustomerAddress as CustomerAddress
from ediel.messages.parties import EndOfSupplyCustomer as EndOfSupplyCustomer
from ediel.messages.parties import NotifiedCustomer as NotifiedCustomer
from ediel.messages.parties import StartOfSupplyCustomer as StartOfSupplyCustomer
from ediel.messages.points import AnnualVolume as AnnualVolume
from ediel.messages.points import AnnualVolumeDetail as AnnualVolumeDetail
from ediel.messages.points import CadastralReference as CadastralReference
from ediel.messages.points import GeographicalCoordinate as GeographicalCoordinate
from ediel.messages.points import IndustryAndConsumption as IndustryAndConsumption
from ediel.messages.points import MeasurementDefinition as MeasurementDefinition
from ediel.messages.points import MeasurementDefinitionUpdate as MeasurementDefinitionUpdate
from ediel.messages.points import MeterFacility as MeterFacility
from ediel.messages.points import MeteringPointAddress as MeteringPointAddress
from ediel.messages.points import MeteringPointCharacteristics as MeteringPointCharacteristics
from ediel.messages.points import ProductCharacteristics as ProductCharacteristics
from ediel.messages.points import TaxationProfile as TaxationProfile
from ediel.messages.polling import PollForData as PollForData
from ediel.messages.polling import PollForDataFilter as PollForDataFilter
from ediel.messages.query import AddressSearch as AddressSearch
from ediel.messages.query import EndUserReference as EndUserReference
from ediel.messages.query import RequestDataFromElhub as RequestDataFromElhub
from ediel.messages.query import RequestDataFromElhubEvent as RequestDataFromElhubEvent
from ediel.messages.query import RequestToElhub as RequestToElhub
from ediel.messages.query import RequestToElhubEvent as RequestToElhubEvent
from ediel.messages.query import RequestToGridAccessProvider as RequestToGridAccessProvider
from ediel.messages.query import RequestToGridAccessProviderEvent as RequestToGridAccessProviderEvent
from ediel.messages.query import RequestUpfrontMeteringPointCharacteristics as RequestUpfrontMeteringPointCharacteristics
from ediel.messages.query import RequestUpfrontMeteringPointCharacteristicsEvent as RequestUpfrontMeteringPointCharacteristicsEvent
from ediel.messages.query import ResponseFromElhub as ResponseFromElhub
from ediel.messages.query import ResponseFromElhubEvent as ResponseFromElhubEvent
from ediel.messages.query import ResponseFromGridAccessProvider as ResponseFromGridAccessProvider
from ediel.messages.query import ResponseFromGridAccessProviderEvent as ResponseFromGridAccessProviderEvent
from ediel.messages.query import ResponseUpfrontMeteringPointCharacteristics as ResponseUpfrontMeteringPointCharacteristics
from ediel.messages.query import ResponseUpfrontMeteringPointCharacteristicsEvent as ResponseUpfrontMeteringPointCharacteristicsEvent
from ediel.messages.services import FAULT_NAMESPACE as FAULT_NAMESPACE
from ediel.messages.services import Operation as Operation
from ediel.messages.services import POLL_CHANNELS as POLL_CHANNELS
from ediel.messages.services import SERVICES as SERVICES
from ediel.messages.services import Service as Service
from ediel.messages.shared_production import NotifySharedProduction as NotifySharedProduction
from ediel.messages.shared_production import NotifySharedProductionEvent as NotifySharedProductionEvent
from ediel.messages.shared_production import Participant as Participant
from ediel.messages.shared_production import Participants as Participants
from ediel.messages.shared_production import RequestUpdateSharedProduction as RequestUpdateSharedProduction
from ediel.messages.shared_production import RequestUpdateSharedProductionEvent as RequestUpdateSharedProductionEvent
from ediel.messages.shared_production import VirtualCalculation as VirtualCalculation
from ediel.messages.supply_answers import ConfirmEndOfSupply as ConfirmEndOfSupply
from ediel.messages.supply_answers import ConfirmEndOfSupplyEvent as ConfirmEndOfSupplyEvent
from ediel.messages.supply_answers import ConfirmStartOfSupply as ConfirmStartOfSupply
from ediel.messages.supply_answers import ConfirmStartOfSupplyEvent as ConfirmStartOfSupplyEvent
from ediel.messages.supply_answers import RejectEndOfSupply as RejectEndOfSupply
from ediel.messages.supply_answers import RejectEvent as RejectEvent
from ediel.messages.supply_answers import RejectStartOfSupply as RejectStartOfSupply
from ediel.messages.supply_notices import NotifyEndOfSupply as NotifyEndOfSupply
from ediel.messages.supply_notices import NotifyEndOfSupplyEvent as NotifyEndOfSupplyEvent
from ediel.messages.supply_notices import NotifyStartOfSupply as NotifyStartOfSupply
from ediel.messages.supply_notices import NotifyStartOfSupplyEvent as NotifyStartOfSupplyEvent
from ediel.messages.supply_requests import RequestEndOfSupply as RequestEndOfSupply
from ediel.messages.supply_requests import RequestEndOfSupplyEvent as RequestEndOfSupplyEvent
from ediel.messages.supply_requests import RequestStartOfSupply as RequestStartOfSupply
from ediel.messages.supply_requests import RequestStartOfSupplyEvent as RequestStartOfSupplyEvent

__all__ = [
    "Acknowledgement",
    "AcknowledgementEvent",
    "AddressSearch",
    "AnnualVolume",
    "AnnualVolumeDetail",
    "CadastralReference",
    "CollectedData",
    "CollectedSeries",
    "Communication",
    "Composite",
    "ConfirmEndOfSupply",
    "ConfirmEndOfSupplyEvent",
    "ConfirmStartOfSupply",
    "ConfirmStartOfSupplyEvent",
    "Customer",
    "CustomerAddress",
    "ElhubSOAPFault",
    "EndOfSupplyCustomer",
    "EndUserReference",
    "ExtendedStorage",
    "FAULT_NAMESPACE",
    "FieldSpec",
    "GeographicalCoordinate",
    "Header",
    "IndustryAndConsumption",
    "MESSAGES",
    "MeasurementCharacteristics",
    "MeasurementDefinition",
    "MeasurementDefinitionUpdate",
    "Message",
    "MeterFacility",
    "MeteringPointAddress",
    "MeteringPointCharacteristics",
    "NotifiedCustomer",
    "NotifyCustomerInformation",
    "NotifyCustomerInformationEvent",
    "NotifyEndOfSupply",
    "NotifyEndOfSupplyEvent",
    "NotifyMeteringPointCharacteristics",
    "NotifyMeteringPointCharacteristicsEvent",
    "NotifySharedProduction",
    "NotifySharedProductionEvent",
    "NotifyStartOfSupply",
    "NotifyStartOfSupplyEvent",
    "NotifyValidatedDataForBillingEnergy",
    "Observation",
    "ObservationKind",
    "Observations",
    "Operation",
    "POLL_CHANNELS",
    "Participant",
    "Participants",
    "Period",
    "PollForData",
    "PollForDataFilter",
    "PriceVolumeCombinationForReconciliation",
    "ProcessContext",
    "ProductCharacteristics",
    "ProfiledCollected",
    "ProfiledEstimate",
    "ProfiledNotified",
    "ProfiledQuantity",
    "ProfiledReading",
    "Reason",
    "ReconciliationCharacteristics",
    "ReconciliationObservation",
    "ReconciliationPeriod",
    "ReconciliationSeries",
    "RejectEndOfSupply",
    "RejectEvent",
    "RejectStartOfSupply",
    "Reminder",
    "RequestCollectedData",
    "RequestCollectedDataEvent",
    "RequestDataFromElhub",
    "RequestDataFromElhubEvent",
    "RequestEndOfSupply",
    "RequestEndOfSupplyEvent",
    "RequestStartOfSupply",
    "RequestStartOfSupplyEvent",
    "RequestToElhub",
    "RequestToElhubEvent",
    "RequestToGridAccessProvider",
    "RequestToGridAccessProviderEvent",
    "RequestUpdateCustomerInformation",
    "RequestUpdateCustomerInformationEvent",
    "RequestUpdateMasterDataMeteringPoint",
    "RequestUpdateMasterDataMeteringPointEvent",
    "RequestUpdateSharedProduction",
    "RequestUpdateSharedProductionEvent",
    "RequestUpfrontMeteringPointCharacteristics",
    "RequestUpfrontMeteringPointCharacteristicsEvent",
    "ResponseFromElhub",
    "ResponseFromElhubEvent",
    "ResponseFromGridAccessProvider",
    "ResponseFromGridAccessProviderEvent",
    "ResponseUpfrontMeteringPointCharacteristics",
    "ResponseUpfrontMeteringPointCharacteristicsEvent",
    "SERVICES",
    "Service",
    "StartOfSupplyCustomer",
    "TaxationProfile",
    "TimeSeriesPeriod",
    "Timestamp",
    "UpdateThirdPartyAccess",
    "UpdateThirdPartyAccessEvent",
    "ValidatedSeries",
    "VirtualCalculation",
    "fields_of",
    "model",
]
