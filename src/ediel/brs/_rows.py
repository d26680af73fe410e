"""The processes, one row each. A new one is a row here; what else it needs, ``python -m ediel.brs check`` says."""

from __future__ import annotations

from typing import Final

from ediel.brs import _uses as use
from ediel.brs._row import Process
from ediel.codes import BusinessProcess as B
from ediel.codes import EndReason

_START: Final = (use.START, use.START_CONFIRM, use.START_REJECT, use.START_NOTICE, use.END_NOTICE)
_END: Final = (use.END, use.END_CONFIRM, use.END_REJECT, use.OWN_END_NOTICE)
_NAME: Final = "BIM elhub-brs-identifications"
_UNKNOWN: Final = "XSD"

# --- supply: a start

CHANGE_OF_SUPPLIER: Final = Process(
    code=B.BRS_NO_101, family="supply", supply="start", dates="ahead", waits=True, messages=_START,
    tables=("supply", "authorisation"), end_reason=EndReason.CHANGE_OF_SUPPLIER, names_supplier=True,
    rollback=B.BRS_NO_111, source="BRS-NO-101; BIM 1; crossing processes",
)  # fmt: skip
MOVE_IN_AHEAD: Final = Process(
    code=B.BRS_NO_102, family="supply", supply="start", dates="today or ahead", waits=True, end_user="in",
    messages=(use.START, use.START_CONFIRM, use.START_REJECT_INACTIVE, use.START_NOTICE, use.END_NOTICE),
    tables=("supply", "authorisation"), end_reason=EndReason.MOVE_OUT, names_supplier=True, activates=True,
    rollback=B.BRS_NO_111, source="BIM 1; test SYS-DDQ102-01; test SYS-DDM102-03; auth-grant-manager",
)  # fmt: skip
MOVE_IN_BACK: Final = Process(
    code=B.BRS_NO_103, family="supply", supply="start", dates="today or back", waits=False, end_user="in",
    messages=_START, tables=("supply", "authorisation"), last_resort="may begin", end_reason=EndReason.MOVE_OUT,
    names_supplier=True, rollback=B.BRS_NO_111,
    source="BIM 1; crossing processes; test SYS-DDQ201-02; auth-grant-manager",
)  # fmt: skip
CHANGE_FROM_LAST_RESORT: Final = Process(
    code=B.BRS_NO_104, family="supply", supply="start", dates="today or back", waits=False, messages=_START,
    last_resort="ends", end_reason=EndReason.CHANGE_OF_SUPPLIER, names_supplier=True, rollback=B.BRS_NO_111,
    source="BRS-NO-104; BIM 1",
)  # fmt: skip
GRID_MOVE_IN: Final = Process(
    code=B.BRS_NO_123, family="supply", supply="start", waits=True, end_user="in", last_resort="begins",
    messages=(
        use.GRID_START, use.GRID_START_CONFIRM, use.GRID_START_REJECT, use.START_NOTICE, use.GRID_START_END_NOTICE,
    ),
    end_reason=EndReason.MOVE_OUT, rollback=B.BRS_NO_133, source="BIM 13; BIM 6; BRS-NO-133",
)  # fmt: skip
START_ROLLBACK: Final = Process(
    code=B.BRS_NO_111, family="supply", supply="start", names_supplier=True,
    messages=(use.START_ROLLBACK, use.START_CONFIRM, use.START_REJECT, use.START_NOTICE, use.OVERTAKEN_NOTICE),
    source="BIM 1; test SYS-DDQ111-01",
)  # fmt: skip
GRID_MOVE_IN_ROLLBACK: Final = Process(
    code=B.BRS_NO_133, family="supply", supply="start",
    messages=(
        use.GRID_START_ROLLBACK, use.GRID_START_CONFIRM, use.GRID_START_REJECT, use.START_NOTICE, use.OVERTAKEN_NOTICE,
    ),
    source="BRS-NO-133; BIM 13",
)  # fmt: skip

# --- supply: an end

MOVE_OUT: Final = Process(
    code=B.BRS_NO_201, family="supply", supply="end", dates="ahead", waits=True, end_user="out", messages=_END,
    end_reason=EndReason.MOVE_OUT, rollback=B.BRS_NO_221, source="BRS-NO-201; BIM 10",
)  # fmt: skip
END_OF_SUPPLY: Final = Process(
    code=B.BRS_NO_202, family="supply", supply="end", dates="ahead", waits=True, last_resort="begins",
    messages=(use.END, use.END_CONFIRM, use.END_REJECT, use.START_NOTICE, use.OWN_END_NOTICE),
    rollback=B.BRS_NO_221, source="BRS-NO-202; BIM 10; BIM 6",
)  # fmt: skip
GRID_MOVE_OUT: Final = Process(
    code=B.BRS_NO_211, family="supply", supply="end", waits=True, end_user="out",
    messages=(use.GRID_END, use.GRID_END_CONFIRM, use.GRID_END_REJECT, use.END_NOTICE),
    end_reason=EndReason.MOVE_OUT, rollback=B.BRS_NO_222, source="BIM 22; test SYS-DDQ211-02",
)  # fmt: skip
DEACTIVATION_WITH_END_USER: Final = Process(
    code=B.BRS_NO_214, family="supply", supply="end", messages=(use.DEACTIVATION_NOTICE,),
    source="BRS-NO-214: supply, grid and third-party contracts end with the day; how it is asked for could not be read",
)  # fmt: skip
END_ROLLBACK: Final = Process(
    code=B.BRS_NO_221, family="supply", supply="end",
    messages=(use.END_ROLLBACK, use.END_CONFIRM, use.END_REJECT, use.START_NOTICE, use.OVERTAKEN_NOTICE),
    source="BIM 10; BIM 6; BIM 14",
)  # fmt: skip
GRID_MOVE_OUT_ROLLBACK: Final = Process(
    code=B.BRS_NO_222, family="supply", supply="end", names_supplier=False,
    messages=(use.GRID_END_ROLLBACK, use.GRID_END_CONFIRM, use.GRID_END_REJECT, use.START_NOTICE, use.OVERTAKEN_NOTICE),
    source="VAL-222; BRS-NO-222", standing="published",
)  # fmt: skip

# --- master data

NEW_POINT: Final = Process(
    code=B.BRS_NO_121, family="master_data", messages=(use.NEW_POINT, use.POINT_NOTICE), rollback=B.BRS_NO_131,
    source="VAL-121; EI-270", standing="published",
)  # fmt: skip
ACTIVATION: Final = Process(
    code=B.BRS_NO_122, family="master_data", messages=(use.NEW_POINT,), tables=("supply",), rollback=B.BRS_NO_132,
    source="VAL-122; test SYS-DDM102-03: it answers a move-in on an inactive metering point", standing="published",
)  # fmt: skip
NEW_POINT_ROLLBACK: Final = Process(code=B.BRS_NO_131, family="master_data", source=_NAME)
ACTIVATION_ROLLBACK: Final = Process(code=B.BRS_NO_132, family="master_data", source=_NAME)
CUSTOMER_UPDATE: Final = Process(
    code=B.BRS_NO_301, family="master_data", messages=(use.CUSTOMER, use.CUSTOMER_NOTICE),
    source="VAL-301; BRS-NO-301", standing="published",
)  # fmt: skip
POINT_UPDATE: Final = Process(
    code=B.BRS_NO_302, family="master_data", messages=(use.POINT, use.POINT_NOTICE),
    source="BIM requestupdatemasterdatameteringpoint; EI-270; test DDQ302-01",
)  # fmt: skip
CHANGE_BY_ELHUB: Final = Process(
    code=B.BRS_NO_305, family="master_data", messages=(use.START_NOTICE, use.POINT_NOTICE),
    source="BIM 6; BIM 14; EI-270; BRS-NO-305",
)  # fmt: skip
POINT_CORRECTION: Final = Process(
    code=B.BRS_NO_402, family="master_data", messages=(use.POINT, use.POINT_NOTICE), clears=False,
    source="BIM requestupdatemasterdatameteringpoint; EI-270",
)  # fmt: skip
SETTLEMENT_CHANGE: Final = Process(code=B.BRS_NO_306, source=_NAME)
DEACTIVATION: Final = Process(code=B.BRS_NO_212, source=_NAME, rollback=B.BRS_NO_223)
REMOVAL: Final = Process(code=B.BRS_NO_213, source=_NAME, rollback=B.BRS_NO_224)
DEACTIVATION_ROLLBACK: Final = Process(code=B.BRS_NO_223, source=_NAME)
REMOVAL_ROLLBACK: Final = Process(code=B.BRS_NO_224, source=_NAME)

# --- annual volume

ANNUAL_VOLUME: Final = Process(
    code=B.BRS_NO_317, family="annual_volume", messages=(use.POINT, use.VOLUME_NOTICE), source="BRS-NO-317; EI-270",
)  # fmt: skip

# --- query

MASTER_DATA_QUERY: Final = Process(
    code=B.BRS_NO_303, family="query", messages=(use.POINT_ANSWER, use.CUSTOMER_ANSWER, use.QUERY),
    source="BIM 5; BIM 6; examples",
)  # fmt: skip
VALUES_QUERY: Final = Process(
    code=B.BRS_NO_315, family="query", messages=(use.VALUES, use.QUERY), channel="PollMeteringValues",
    source="BIM 5; BIM 7",
)  # fmt: skip
SETTLEMENT_QUERY: Final = Process(
    code=B.BRS_NO_324, family="query", messages=(use.SETTLEMENT, use.SETTLEMENT_QUERY), channel="PollMeteringValues",
    source="VAL-324; BIM 8", standing="published",
)  # fmt: skip
POINT_SEARCH: Final = Process(
    code=B.BRS_NO_611, family="query", messages=(use.SEARCH, use.SEARCH_ANSWER), channel="in the call",
    source="VAL-611; examples", standing="published",
)  # fmt: skip

# --- question

GRID_QUESTION: Final = Process(
    code=B.BRS_NO_601, family="question", messages=(use.GRID_QUESTION, use.GRID_ANSWER), source="VAL-601; BIM 11, 12",
    standing="published",
)  # fmt: skip
HUB_QUESTION: Final = Process(
    code=B.BRS_NO_602, family="question", messages=(use.HUB_QUESTION, use.HUB_ANSWER), source="examples",
)  # fmt: skip

# --- metering values. Where acknowledgements of 315 and 324 wait is published; of the others it is inferred.

READING: Final = Process(
    code=B.BRS_NO_311, family="metering_values", messages=(use.READING,), channel="PollMeteringValues",
    source="VAL-311; BIM 19", standing="published",
)  # fmt: skip
PERIOD_VOLUMES: Final = Process(
    code=B.BRS_NO_312, family="metering_values", messages=(use.VOLUMES, use.VALUES), channel="PollMeteringValues",
    source="BIM 16; BIM 7; examples",
)  # fmt: skip
INTERVAL_VALUES: Final = Process(
    code=B.BRS_NO_313, family="metering_values", messages=(use.INTERVALS, use.VALUES), channel="PollMeteringValues",
    source="VAL-313; BIM 7", standing="published",
)  # fmt: skip
REMINDER: Final = Process(
    code=B.BRS_NO_314, family="metering_values", messages=(use.REMINDER,), channel="PollMeteringValues",
    source="examples; 15min reminders",
)  # fmt: skip
WITHDRAWAL: Final = Process(
    code=B.BRS_NO_332, family="metering_values", messages=(use.WITHDRAWAL, use.VALUES), channel="PollMeteringValues",
    source="VAL-332; BIM 7", standing="published",
)  # fmt: skip
QUALITY_ASSURANCE: Final = Process(
    code=B.BRS_NO_321, family="metering_values", messages=(use.SETTLEMENT,), tables=(), source="BIM 8"
)  # fmt: skip
PRELIMINARY_CONSUMPTION: Final = Process(
    code=B.BRS_NO_322, family="metering_values", messages=(use.SETTLEMENT,), tables=(), source="BIM 8"
)  # fmt: skip
IMBALANCE_DATA: Final = Process(
    code=B.BRS_NO_502, family="metering_values", messages=(use.SETTLEMENT,), tables=(), source="BIM 8"
)  # fmt: skip
RECONCILIATION: Final = Process(
    code=B.BRS_NO_503, family="metering_values", messages=(use.RECONCILIATION,), tables=(), source="examples"
)  # fmt: skip
IMBALANCE_STRUCTURE: Final = Process(code=B.BRS_NO_501, source=_NAME)
GRID_LOSS: Final = Process(code=B.BRS_NO_318, source=_NAME)

# --- access, shared production

ACCESS: Final = Process(
    code=B.BRS_NO_622, family="access", messages=(use.ACCESS,), source="BRS-NO-622; examples", standing="published"
)  # fmt: skip
ACCESS_OVERVIEW: Final = Process(code=B.BRS_NO_623, source="VAL-622")
SHARED_PRODUCTION: Final = Process(
    code=B.BRS_NO_701, family="shared_production", messages=(use.SHARED, use.SHARED_NOTICE),
    source="BRS-NO-701; BIM 40; examples",
)  # fmt: skip

# --- in the code list, and nothing else is known

_REST: Final = tuple(
    Process(code=code, source=_UNKNOWN) for code in (B.BRS_NO_391, B.BRS_NO_511, B.BRS_NO_512, B.POLL)
)  # fmt: skip

ROWS: Final[tuple[Process, ...]] = tuple(
    sorted(
        (*(row for row in tuple(globals().values()) if isinstance(row, Process)), *_REST),
        key=lambda row: row.code.value,
    )
)
