"""Codes of a message's header and of answers: document type, status, update indicator, reminder, query."""

from ediel.codes._base import Code


class DocumentType(Code):
    """What a message is. The agency is 6 for numbers and 260 for E-codes (BIM 3.1)."""

    QUERY = "21", "6", "query, or information on given criteria", None, "BIM"
    CHANGE_OF_SUPPLIER_REQUEST = "392", "6", "request for start of supply", None, "BIM"
    END_OF_SUPPLY_NOTIFICATION = "406", "6", "notification to the supplier of contract termination", None, "BIM"
    START_OF_SUPPLY_ACKNOWLEDGEMENT = "414", "6", "acknowledgement of start of supply", None, "BIM"
    END_OF_SUPPLY_REQUEST = "432", "6", "notification of contract termination", None, "BIM"
    CANCELLATION = "E02", "260", "cancellation or rollback of start or end of supply", None, "BIM"
    UPFRONT_MASTER_DATA = "E07", "260", "master data of a metering point", None, "BIM", "inferred"
    MASTER_DATA_REQUEST = "E10", "260", "request for change of master data, or for upfront master data", None, "BIM"
    INTERVAL_VOLUMES = "E13", "260", "metered data, interval volumes", None, "BIM"
    PERIOD_VOLUMES = "E30", "260", "collected data: period volume, meter index, withdrawal", None, "BIM"
    AGGREGATED_DATA = "E31", "260", "aggregated metered data", None, "BIM"
    REMINDER = "E39", "260", "request for collected data", None, "BIM", "inferred"
    MASTER_DATA_UPDATE = "E58", "260", "update of master data of a metering point", None, "BIM", "inferred"
    VALIDATED_PERIOD_DATA = "E65", "260", "validated metered data, period volume", None, "BIM"
    VALIDATED_TIME_SERIES = "E66", "260", "validated metered data, time series", None, "BIM"
    CANCELLED_DATA = "E67", "260", "cancellation of metered data", None, "BIM"
    ERR = "ERR", None, None, None, "XSD"
    ACKNOWLEDGEMENT = "294", "6", "application acknowledgement and error report", None, "BIM acknowledgement"


class StatusType(Code):
    """Whether an acknowledged message was accepted."""

    ACCEPTED = "39", "6", "accepted", "godkjent", "BIM acknowledgement"
    REJECTED = "41", "6", "rejected", "avvist", "BIM acknowledgement"


class UpdateIndicator(Code):
    """What to do with the thing that the message names."""

    ADD = "Add", None, "add or create", None, "BIM updatethirdpartyaccess"
    DELETE = "Delete", None, "remove or deactivate", None, "BIM updatethirdpartyaccess"
    UPDATE = "Update", None, "change", None, "BIM updatethirdpartyaccess"


class ReminderType(Code):
    """Which values are missing (BRS-NO-314)."""

    ESTIMATED_ANNUAL_CONSUMPTION = "EAC", None, "estimated annual consumption", None, "XSD", "inferred"
    INTERVAL_VALUES = "IV", None, "interval values", None, "XSD", "inferred"
    METER_INDEX = "MI", None, "meter index", None, "XSD", "inferred"
    PERIOD_VOLUME = "PV", None, "period volume", None, "XSD", "inferred"


class QueryType(Code):
    """What is asked for (RequestDataFromElhub)."""

    MVRV = "MVRV", None, "meter readings and period volumes", None, "BIM 5"
    MVTS = "MVTS", None, "metering values as time series", None, "BIM 5"
    MVVT = "MVVT", None, "both readings with volumes and time series", None, "BIM 5"
    MDCU = "MDCU", None, "master data of the customer", None, "BIM 5"
    MDMP = "MDMP", None, "master data of the metering point", None, "BIM 5"
    STLM = "STLM", None, "settlement basis", None, "BIM 5"


class Purpose(Code):
    """Why a metering point is looked up (since EMIF 2.4.2, EI-1751)."""

    START_OF_SUPPLY = "StartOfSupply", None, "to start a supply", None, "XSD 2.4.2"
    ACCESS_REQUEST = "AccessRequest", None, "to ask for third-party access", None, "XSD 2.4.2"
    OTHER = "Other", None, "another purpose", None, "XSD 2.4.2"


class FaultGroup(Code):
    """Group of a SOAP fault (``ElhubSOAPFault/CodeGroup``)."""

    XSD = "XSD", None, "the message is not valid against the schema", None, "SoapUI 2.3"
    COMPRESSION = "Compression", None, "compressed content cannot be read", None, "XSD", "inferred"
    SECURITY = "Security", None, "authentication, signature, organisation number or authorisation", None, "SoapUI 2.3"
    SYSTEM = "System", None, "internal error in Elhub", None, "SoapUI 2.3"
    UUID = "UUID", None, "a problem with the message identification", None, "XSD", "inferred"
    SIZE = "Size", None, "the message is too big", None, "SoapUI 2.3"
    DATE = "Date", None, "a problem with a date", None, "XSD", "inferred"
    OTHER = "Other", None, "other, for instance an encoding that is not UTF-8", None, "SoapUI 2.3"
