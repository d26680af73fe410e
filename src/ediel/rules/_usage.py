"""Which message a process uses, with which document types and roles: the first rows of every published table.

Where a table is published its row numbers are the keys. What is only known from the business information model, from
examples or from test scripts is inferred. ``None`` stands for what could not be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from ediel.codes import BusinessProcess, DocumentType, Role, Standing

D = DocumentType
R = Role


@dataclass(frozen=True, slots=True)
class Usage:
    """One use of a message.

    Attributes:
        message: name of the message.
        processes: the last three digits of the BRS numbers, or POLL.
        documents: document types; ``None`` when unknown.
        roles: roles; ``None`` when unknown.
        source: who says so.
        standing: ``published`` for a printed table of validation rules.
        rows: number of the row in that table for message, document-type, document-type-agency,
            positive-acknowledgement, role, role-agency; 0 where the table has none, empty where it has no numbers.
        acknowledgement: whether ``RequestPositiveAcknowledgement`` may be given.
    """

    message: str
    processes: tuple[str, ...]
    documents: tuple[DocumentType, ...] | None
    roles: tuple[Role, ...] | None
    source: str
    standing: Standing = "inferred"
    rows: tuple[int, ...] = ()
    acknowledgement: bool = True


_SUPPLIER: Final = (R.DDQ,)
_GRID: Final = (R.DDM,)
_START: Final = (D.CHANGE_OF_SUPPLIER_REQUEST, D.CANCELLATION)
_STARTED: Final = (D.START_OF_SUPPLY_ACKNOWLEDGEMENT, D.CANCELLATION)
_END: Final = (D.END_OF_SUPPLY_REQUEST, D.CANCELLATION)
_ENDED: Final = (D.END_OF_SUPPLY_NOTIFICATION, D.CANCELLATION)
_ROLLBACK: Final = (D.CANCELLATION,)
_QUERY: Final = (D.QUERY,)
_ASKERS: Final = (R.DDQ, R.DDK, R.DDM, R.MDR, R.SLR, R.BSL, R.AG)
_VALUES: Final = (D.VALIDATED_PERIOD_DATA, D.VALIDATED_TIME_SERIES, D.CANCELLED_DATA, D.QUERY)

_SPECIFIC: Final = (
    Usage("RequestStartOfSupply", ("101", "102", "103", "104"), _START, _SUPPLIER, "BIM 1"),
    Usage("RequestStartOfSupply", ("111",), _ROLLBACK, _SUPPLIER, "BIM 1"),
    Usage("RequestStartOfSupply", ("123",), _START, _GRID, "BIM 13"),
    Usage("RequestStartOfSupply", ("133",), _ROLLBACK, _GRID, "BIM 13"),
    Usage("ConfirmStartOfSupply", ("101", "102", "103", "104", "111"), _STARTED, _SUPPLIER, "BIM 1"),
    Usage("ConfirmStartOfSupply", ("123", "133"), _STARTED, _GRID, "BIM 13"),
    Usage("RejectStartOfSupply", ("101", "103", "104", "111"), _STARTED, _SUPPLIER, "BIM 1"),
    Usage("RejectStartOfSupply", ("102",), _STARTED, (R.DDQ, R.DDM), "BIM 1; examples"),
    Usage("RejectStartOfSupply", ("123", "133"), _STARTED, _GRID, "BIM 13"),
    Usage(
        "NotifyStartOfSupply", ("101", "102", "103", "104", "111", "123", "133", "202", "221", "222", "305"),
        _STARTED, (R.DDQ, R.SLR, R.DDM), "BIM 6; BIM 14; test SYS-DDM133-01; test SYS-DDM222-01",
    ),
    Usage("RequestEndOfSupply", ("201", "202"), _END, _SUPPLIER, "BIM 10"),
    Usage("RequestEndOfSupply", ("221",), _ROLLBACK, _SUPPLIER, "BIM 10"),
    Usage("RequestEndOfSupply", ("211",), _END, _GRID, "BIM 22"),
    Usage("RequestEndOfSupply", ("222",), _ROLLBACK, _GRID, "VAL-222", "published", (1, 2, 3, 0, 5, 0)),
    Usage("ConfirmEndOfSupply", ("201", "202", "221"), _ENDED, _SUPPLIER, "BIM 10"),
    Usage("ConfirmEndOfSupply", ("211", "222"), _ENDED, _GRID, "BIM 22"),
    Usage("RejectEndOfSupply", ("201", "202", "221"), _ENDED, _SUPPLIER, "BIM 10"),
    Usage("RejectEndOfSupply", ("211", "222"), _ENDED, _GRID, "BIM 22"),
    Usage(
        "NotifyEndOfSupply", ("101", "102", "103", "104", "201", "202", "211"),
        (D.END_OF_SUPPLY_NOTIFICATION,), _SUPPLIER, "examples; test SYS-DDQ211-02",
    ),
    Usage(
        "RequestUpdateMasterDataMeteringPoint", ("121", "122"),
        (D.MASTER_DATA_UPDATE,), _GRID, "VAL-121; VAL-122", "published",
    ),
    Usage(
        "RequestUpdateMasterDataMeteringPoint", ("302", "317", "402"),
        (D.MASTER_DATA_UPDATE,), _GRID, "BIM requestupdatemasterdatameteringpoint",
    ),
    Usage(
        "RequestUpdateCustomerInformation", ("301",),
        (D.MASTER_DATA_REQUEST,), (R.DDQ, R.SLR), "VAL-301", "published",
    ),
    Usage("NotifyMeteringPointCharacteristics", ("303",), _QUERY, None, "examples"),
    Usage("NotifyMeteringPointCharacteristics", ("317",), None, (R.DDQ, R.DDM), "BRS-NO-317; EI-270"),
    Usage("NotifyCustomerInformation", ("303",), _QUERY, None, "BIM 6"),
    Usage("NotifyCustomerInformation", ("301",), (D.MASTER_DATA_REQUEST,), None, "BIM 6"),
    Usage("CollectedData", ("311",), (D.VALIDATED_PERIOD_DATA,), _SUPPLIER, "VAL-311", "published"),
    Usage("CollectedData", ("312",), (D.PERIOD_VOLUMES,), (R.DDE,), "BIM 16; examples"),
    Usage(
        "CollectedData", ("313",), (D.INTERVAL_VOLUMES,), (R.DDE,), "VAL-313", "published",
        (1, 2, 3, 4, 6, 7), acknowledgement=False,
    ),
    Usage(
        "CollectedData", ("332",), (D.PERIOD_VOLUMES,), (R.DDE,), "VAL-332", "published", acknowledgement=False,
    ),
    Usage(
        "NotifyValidatedDataForBillingEnergy", ("312", "313", "315", "332"),
        _VALUES, (R.DDQ, R.DDK, R.DDM, R.MDR, R.AG), "BIM 7",
    ),
    Usage(
        "NotifyValidatedDataForBillingEnergy", ("321", "322", "324", "502"),
        (D.VALIDATED_TIME_SERIES, D.AGGREGATED_DATA), None, "BIM 8",
    ),
    Usage("PriceVolumeCombinationForReconciliation", ("503",), (D.VALIDATED_TIME_SERIES,), None, "examples"),
    Usage("RequestCollectedData", ("314",), (D.REMINDER,), (R.MDR,), "examples"),
    Usage("RequestDataFromElhub", ("303", "315"), _QUERY, _ASKERS, "BIM 5"),
    Usage(
        "RequestDataFromElhub", ("324",), _QUERY, (R.DDM, R.DDQ, R.DDK, R.BSL, R.SLR), "VAL-324", "published",
        (1, 2, 3, 4, 6, 7), acknowledgement=False,
    ),
    Usage("RequestToGridAccessProvider", ("601",), _QUERY, (R.DDQ, R.BSL, R.SLR), "VAL-601", "published"),
    Usage("ResponseFromGridAccessProvider", ("601",), _QUERY, _GRID, "VAL-601", "published"),
    Usage("RequestToElhub", ("602",), _QUERY, None, "examples"),
    Usage("ResponseFromElhub", ("602",), _QUERY, None, "examples"),
    Usage(
        "RequestUpfrontMeteringPointCharacteristics", ("611",), (D.MASTER_DATA_REQUEST,), (R.DDQ, R.QRY, R.AG),
        "VAL-611", "published", (1, 2, 3, 4, 6, 0), acknowledgement=False,
    ),
    Usage(
        "ResponseUpfrontMeteringPointCharacteristics", ("611",),
        (D.UPFRONT_MASTER_DATA,), (R.DDQ, R.QRY, R.AG), "examples",
    ),
    Usage("UpdateThirdPartyAccess", ("622",), (D.MASTER_DATA_REQUEST,), (R.AG,), "BRS-NO-622; examples"),
    Usage("RequestUpdateSharedProduction", ("701",), (D.MASTER_DATA_UPDATE,), _GRID, "BIM 40; examples"),
    Usage("NotifySharedProduction", ("701",), (D.MASTER_DATA_UPDATE,), _GRID, "BIM 40; examples"),
)  # fmt: skip
_ALL: Final = tuple(dict.fromkeys(process for usage in _SPECIFIC for process in usage.processes))
ACKNOWLEDGEMENT: Final = Usage("Acknowledgement", _ALL, (D.ACKNOWLEDGEMENT,), None, "BIM acknowledgement")
"""Goes with every process; in which role is not published."""
USAGES: Final = (*_SPECIFIC, ACKNOWLEDGEMENT)
"""PollForData is not here: it goes with no process."""


@cache
def uses_of(process: BusinessProcess) -> tuple[Usage, ...]:
    """The uses of messages in a process; none when nothing is known of it."""
    number = digits(process)
    return tuple(usage for usage in USAGES if number in usage.processes)


def digits(process: BusinessProcess) -> str:
    """The last three digits of a BRS number, by which the tables name it."""
    return str(process.value).removeprefix("BRS-NO-")
