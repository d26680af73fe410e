"""Never run, only type-checked: what a user's type checker sees of the public names."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

import ediel
from ediel.calendar import midnight
from ediel.codes import BusinessProcess, DocumentType, Role
from ediel.messages import (
    CollectedData,
    Header,
    Message,
    Observation,
    Observations,
    PollForData,
    PollForDataFilter,
    ProcessContext,
    RequestStartOfSupply,
)

message = ediel.read(b"")
assert_type(message, Message)
assert_type(ediel.read_all(b""), tuple[Message, ...])
assert_type(ediel.write(message), bytes)
assert_type(ediel.from_json("{}"), Message)
assert_type(ediel.to_json(message), str)
inspection = ediel.inspect(b"")
assert_type(inspection.report, ediel.Report)
assert_type(inspection.messages[0].message, Message | None)

if isinstance(message, RequestStartOfSupply):
    assert_type(message.payload.start_of_occurrence, datetime)
    assert_type(message.payload.metering_point, str)
    assert_type(message.payload.consent_id, str | None)
    assert_type(message.payload.customer.extended_storage, bool)
if isinstance(message, CollectedData):
    assert_type(message.payloads[0].observations, Observations | None)
    values: Sequence[Observation] = message.payloads[0].observations or ()
    assert_type(values[0].value, Decimal)

poll = PollForData(
    header=Header(
        identification="",
        document_type=DocumentType.QUERY,  # its agency follows by itself
        creation=datetime.now(UTC),
        physical_sender="",
        juridical_sender="",
        juridical_recipient="",
    ),
    process=ProcessContext(business_process=BusinessProcess.POLL, role=Role.DDQ),
    payload=PollForDataFilter(role=Role.DDQ),
)
assert_type(poll.header.creation, datetime)
assert_type(midnight(date(2026, 12, 1)), datetime)

try:
    ediel.read(b"")
except ediel.InvalidMessage as error:
    assert_type(error.report, ediel.Report)
