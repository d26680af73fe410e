# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.codes._base import Code as Code
from ediel.codes._base import Standing as Standing
from ediel.codes._lists import ALL as ALL
from ediel.codes._lists import BY_NAME as BY_NAME
from ediel.codes.agencies import Agency as Agency
from ediel.codes.countries import Country as Country
from ediel.codes.documents import DocumentType as DocumentType
from ediel.codes.documents import FaultGroup as FaultGroup
from ediel.codes.documents import Purpose as Purpose
from ediel.codes.documents import QueryType as QueryType
from ediel.codes.documents import ReminderType as ReminderType
from ediel.codes.documents import StatusType as StatusType
from ediel.codes.documents import UpdateIndicator as UpdateIndicator
from ediel.codes.parties import AddressType as AddressType
from ediel.codes.parties import CommunicationChannel as CommunicationChannel
from ediel.codes.parties import Currency as Currency
from ediel.codes.parties import EndReason as EndReason
from ediel.codes.parties import EndUserScheme as EndUserScheme
from ediel.codes.points import CalculationMethod as CalculationMethod
from ediel.codes.points import ChannelResolution as ChannelResolution
from ediel.codes.points import ConsumptionSubType as ConsumptionSubType
from ediel.codes.points import EnovaFeeType as EnovaFeeType
from ediel.codes.points import FormulaType as FormulaType
from ediel.codes.points import MeterReadingCharacteristics as MeterReadingCharacteristics
from ediel.codes.points import MeteringPointType as MeteringPointType
from ediel.codes.points import PhysicalStatus as PhysicalStatus
from ediel.codes.points import Priority as Priority
from ediel.codes.points import ProductionSubType as ProductionSubType
from ediel.codes.points import ReadingResolution as ReadingResolution
from ediel.codes.points import SettlementMethod as SettlementMethod
from ediel.codes.points import VatCode as VatCode
from ediel.codes.points import VersionStatus as VersionStatus
from ediel.codes.processes import BusinessProcess as BusinessProcess
from ediel.codes.processes import IndustryClassification as IndustryClassification
from ediel.codes.processes import Role as Role
from ediel.codes.reasons import ResponseReason as ResponseReason
from ediel.codes.values import BusinessType as BusinessType
from ediel.codes.values import Direction as Direction
from ediel.codes.values import EstimationCode as EstimationCode
from ediel.codes.values import MeterReadReason as MeterReadReason
from ediel.codes.values import Product as Product
from ediel.codes.values import Quality as Quality
from ediel.codes.values import Resolution as Resolution
from ediel.codes.values import Unit as Unit
from ediel.codes.values import ValidationCode as ValidationCode

__all__ = [
    "ALL",
    "AddressType",
    "Agency",
    "BY_NAME",
    "BusinessProcess",
    "BusinessType",
    "CalculationMethod",
    "ChannelResolution",
    "Code",
    "CommunicationChannel",
    "ConsumptionSubType",
    "Country",
    "Currency",
    "Direction",
    "DocumentType",
    "EndReason",
    "EndUserScheme",
    "EnovaFeeType",
    "EstimationCode",
    "FaultGroup",
    "FormulaType",
    "IndustryClassification",
    "MeterReadReason",
    "MeterReadingCharacteristics",
    "MeteringPointType",
    "PhysicalStatus",
    "Priority",
    "Product",
    "ProductionSubType",
    "Purpose",
    "Quality",
    "QueryType",
    "ReadingResolution",
    "ReminderType",
    "Resolution",
    "ResponseReason",
    "Role",
    "SettlementMethod",
    "Standing",
    "StatusType",
    "Unit",
    "UpdateIndicator",
    "ValidationCode",
    "VatCode",
    "VersionStatus",
]
