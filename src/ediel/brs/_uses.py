"""The messages of the processes: document types, roles and direction, each with who says so.

Where a table of validation rules is published, its row numbers are the keys. What a page of the business information
model prints is published too, without codes; what is known from examples or test scripts, or printed of Elhub's own
messages and contradicted by the scripts, is inferred. ``None`` stands for what could not be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ediel.brs._row import Use
from ediel.codes import DocumentType, Role

D = DocumentType
R = Role

_SUPPLIER: Final = (R.DDQ,)
_SUPPLIERS: Final = (R.DDQ, R.SLR)
_GRID: Final = (R.DDM,)
_START: Final = (D.CHANGE_OF_SUPPLIER_REQUEST, D.CANCELLATION)
_STARTED: Final = (D.START_OF_SUPPLY_ACKNOWLEDGEMENT, D.CANCELLATION)
_END: Final = (D.END_OF_SUPPLY_REQUEST, D.CANCELLATION)
_ENDED: Final = (D.END_OF_SUPPLY_NOTIFICATION, D.CANCELLATION)
_ROLLBACK: Final = (D.CANCELLATION,)
_QUERY: Final = (D.QUERY,)
_ASKERS: Final = (R.DDQ, R.DDK, R.DDM, R.MDR, R.SLR, R.BSL, R.AG)

# --- start of supply

START: Final = Use("RequestStartOfSupply", "to hub", _START, _SUPPLIER, "BIM 1", "published")
START_ROLLBACK: Final = Use("RequestStartOfSupply", "to hub", _ROLLBACK, _SUPPLIER, "BIM 1", "published")
START_CONFIRM: Final = Use("ConfirmStartOfSupply", "from hub", _STARTED, _SUPPLIER, "BIM 1")
START_REJECT: Final = Use("RejectStartOfSupply", "from hub", _STARTED, _SUPPLIER, "BIM 1")
START_REJECT_INACTIVE: Final = Use("RejectStartOfSupply", "either", _STARTED, (R.DDQ, R.DDM), "BIM 1; examples")
"""The grid access provider may refuse to activate the metering point."""
GRID_START: Final = Use("RequestStartOfSupply", "to hub", _START, _GRID, "BIM 13", "published")
GRID_START_ROLLBACK: Final = Use("RequestStartOfSupply", "to hub", _ROLLBACK, _GRID, "BIM 13", "published")
GRID_START_CONFIRM: Final = Use("ConfirmStartOfSupply", "from hub", _STARTED, _GRID, "BIM 13")
GRID_START_REJECT: Final = Use("RejectStartOfSupply", "from hub", _STARTED, _GRID, "BIM 13")
START_NOTICE: Final = Use(
    "NotifyStartOfSupply", "from hub", _STARTED, (*_SUPPLIERS, R.DDM),
    "BIM 6; BIM 14; test SYS-DDM133-01; test SYS-DDM222-01",
)  # fmt: skip

# --- end of supply

END: Final = Use("RequestEndOfSupply", "to hub", _END, _SUPPLIER, "BIM 10", "published")
END_ROLLBACK: Final = Use("RequestEndOfSupply", "to hub", _ROLLBACK, _SUPPLIER, "BIM 10", "published")
END_CONFIRM: Final = Use("ConfirmEndOfSupply", "from hub", _ENDED, _SUPPLIER, "BIM 10")
END_REJECT: Final = Use("RejectEndOfSupply", "from hub", _ENDED, _SUPPLIER, "BIM 10")
GRID_END: Final = Use("RequestEndOfSupply", "to hub", _END, _GRID, "BIM 22", "published")
GRID_END_ROLLBACK: Final = Use(
    "RequestEndOfSupply", "to hub", _ROLLBACK, _GRID, "VAL-222", "published", (1, 2, 3, 0, 5, 0)
)  # fmt: skip
GRID_END_CONFIRM: Final = Use("ConfirmEndOfSupply", "from hub", _ENDED, _GRID, "BIM 22")
GRID_END_REJECT: Final = Use("RejectEndOfSupply", "from hub", _ENDED, _GRID, "BIM 22")
_NOTIFIED: Final = (D.END_OF_SUPPLY_NOTIFICATION,)
OWN_END_NOTICE: Final = Use(
    "NotifyEndOfSupply", "from hub", _NOTIFIED, _SUPPLIERS,
    "examples; how a supplier of last resort is notified could not be read", roles_standing="assumed",
)  # fmt: skip
"""The supplier that ends its own supply is notified too.

Supply of last resort that BRS-NO-202 begins may have an end already; one that it has told of, a move-out may overtake.
"""
END_NOTICE: Final = Use(
    "NotifyEndOfSupply", "from hub", _NOTIFIED, _SUPPLIERS, "examples; test SYS-DDQ211-02; BRS-NO-104"
)  # fmt: skip
"""Who leaves may be the supplier of last resort."""
GRID_START_END_NOTICE: Final = Use(
    "NotifyEndOfSupply", "from hub", _NOTIFIED, _SUPPLIERS, "BRS-NO-133: an old supplier is notified of the rollback"
)  # fmt: skip
OVERTAKEN_NOTICE: Final = Use(
    "NotifyEndOfSupply", "from hub", _NOTIFIED, _SUPPLIERS,
    "a rollback may end another supply; how its supplier is notified could not be read", "assumed",
)  # fmt: skip
DEACTIVATION_NOTICE: Final = Use(
    "NotifyEndOfSupply", "from hub", _NOTIFIED, _SUPPLIERS, "BRS-NO-214 notifies suppliers; the message is inferred"
)  # fmt: skip

# --- master data

_UPDATE: Final = "RequestUpdateMasterDataMeteringPoint"
_CHARACTERISTICS: Final = "NotifyMeteringPointCharacteristics"
NEW_POINT: Final = Use(_UPDATE, "to hub", (D.MASTER_DATA_UPDATE,), _GRID, "VAL-121; VAL-122", "published")
POINT: Final = Use(
    _UPDATE, "to hub", (D.MASTER_DATA_UPDATE,), _GRID, "BIM 15; BIM requestupdatemasterdatameteringpoint", "published"
)  # fmt: skip
CUSTOMER: Final = Use(
    "RequestUpdateCustomerInformation", "to hub", (D.MASTER_DATA_REQUEST,), _SUPPLIERS, "VAL-301", "published"
)  # fmt: skip
CUSTOMER_NOTICE: Final = Use("NotifyCustomerInformation", "from hub", (D.MASTER_DATA_REQUEST,), None, "BIM 6")
POINT_NOTICE: Final = Use(_CHARACTERISTICS, "from hub", None, None, "EI-270; BIM 6; test DDQ302-01")
"""EI-270 lists the processes of the message; its document type outside of queries could not be found."""
VOLUME_NOTICE: Final = Use(_CHARACTERISTICS, "from hub", None, (R.DDQ, R.DDM), "BRS-NO-317; EI-270")

# --- queries and questions

QUERY: Final = Use(
    "RequestDataFromElhub", "to hub", _QUERY, _ASKERS, "BIM 5", "published", roles_standing="inferred"
)  # fmt: skip
"""The list of roles was read in part: that a third party asks follows from the text, and others may."""
SETTLEMENT_QUERY: Final = Use(
    "RequestDataFromElhub", "to hub", _QUERY, (R.DDM, R.DDQ, R.DDK, R.BSL, R.SLR), "VAL-324", "published",
    (1, 2, 3, 4, 6, 7), acknowledgement=False,
)  # fmt: skip
POINT_ANSWER: Final = Use(_CHARACTERISTICS, "from hub", _QUERY, None, "examples")
CUSTOMER_ANSWER: Final = Use("NotifyCustomerInformation", "from hub", _QUERY, None, "BIM 6")
SEARCH: Final = Use(
    "RequestUpfrontMeteringPointCharacteristics", "to hub", (D.MASTER_DATA_REQUEST,), (R.DDQ, R.QRY, R.AG),
    "VAL-611", "published", (1, 2, 3, 4, 6, 0), acknowledgement=False,
)  # fmt: skip
SEARCH_ANSWER: Final = Use(
    "ResponseUpfrontMeteringPointCharacteristics", "from hub", (D.UPFRONT_MASTER_DATA,), (R.DDQ, R.QRY, R.AG),
    "examples",
)  # fmt: skip
GRID_QUESTION: Final = Use(
    "RequestToGridAccessProvider", "passed on", _QUERY, (R.DDQ, R.BSL, R.SLR), "VAL-601", "published"
)  # fmt: skip
GRID_ANSWER: Final = Use("ResponseFromGridAccessProvider", "passed on", _QUERY, _GRID, "VAL-601", "published")
HUB_QUESTION: Final = Use("RequestToElhub", "to hub", _QUERY, None, "examples")
HUB_ANSWER: Final = Use("ResponseFromElhub", "from hub", _QUERY, None, "examples")

# --- metering values

_NOTICE: Final = "NotifyValidatedDataForBillingEnergy"
_VALUES: Final = (D.VALIDATED_PERIOD_DATA, D.VALIDATED_TIME_SERIES, D.CANCELLED_DATA, D.QUERY)
READING: Final = Use(
    "CollectedData", "passed on", (D.VALIDATED_PERIOD_DATA,), _SUPPLIER, "VAL-311", "published",
    passed_to=(R.MDR, R.DDM),
)  # fmt: skip
VOLUMES: Final = Use("CollectedData", "to hub", (D.PERIOD_VOLUMES,), (R.DDE,), "BIM 16; examples", "published")
INTERVALS: Final = Use(
    "CollectedData", "to hub", (D.INTERVAL_VOLUMES,), (R.DDE,), "VAL-313", "published",
    (1, 2, 3, 4, 6, 7), acknowledgement=False,
)  # fmt: skip
WITHDRAWAL: Final = Use(
    "CollectedData", "to hub", (D.PERIOD_VOLUMES,), (R.DDE,), "VAL-332", "published", acknowledgement=False
)  # fmt: skip
VALUES: Final = Use(
    _NOTICE, "from hub", _VALUES, (R.DDQ, R.DDK, R.DDM, R.MDR, R.SLR, R.AG),
    "BIM 7; test SLR312-01; test SLR313-01; test SLR315-01",
)  # fmt: skip
SETTLEMENT: Final = Use(_NOTICE, "from hub", (D.VALIDATED_TIME_SERIES, D.AGGREGATED_DATA), None, "BIM 8")
RECONCILIATION: Final = Use(
    "PriceVolumeCombinationForReconciliation", "from hub", (D.VALIDATED_TIME_SERIES,), None, "examples"
)  # fmt: skip
REMINDER: Final = Use("RequestCollectedData", "from hub", (D.REMINDER,), (R.MDR,), "examples")

# --- access, shared production

ACCESS: Final = Use(
    "UpdateThirdPartyAccess", "to hub", (D.MASTER_DATA_REQUEST,), (R.AG,), "BRS-NO-622; examples",
    roles_standing="published",
)  # fmt: skip
"""Whoever asks for access does so as a third party, says the text of the process; the document type is of examples."""
SHARED: Final = Use(
    "RequestUpdateSharedProduction", "to hub", (D.MASTER_DATA_UPDATE,), _GRID, "BIM 40; examples", "published"
)  # fmt: skip
SHARED_NOTICE: Final = Use("NotifySharedProduction", "from hub", (D.MASTER_DATA_UPDATE,), _GRID, "BIM 40; examples")

PRINTED: Final[Mapping[str, str]] = {
    "CollectedData": "BIM 16; VAL-311",
    "RequestDataFromElhub": "BIM 5",
    "RequestEndOfSupply": "BIM 10; BIM 22",
    "RequestStartOfSupply": "BIM 1; BIM 13",
    "RequestToGridAccessProvider": "VAL-601",
    "RequestUpdateCustomerInformation": "BIM 3; VAL-301",
    "RequestUpdateSharedProduction": "BIM 40",
    "RequestUpfrontMeteringPointCharacteristics": "VAL-611",
    "ResponseFromGridAccessProvider": "VAL-601",
    "UpdateThirdPartyAccess": "BRS-NO-622",
}
"""Messages of market parties whose whole list of processes a source prints, and that source."""
