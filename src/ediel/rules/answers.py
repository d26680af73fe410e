"""What Elhub and the market parties answer: acknowledgements, refusals, notices of master data and of values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ediel import brs
from ediel.brs import ACKNOWLEDGEMENT
from ediel.codes import Role, StatusType
from ediel.rules._checks import period_ends_after_start, unit_of_product, validity_ends_after_start
from ediel.rules._rule import NOT_APPLICABLE, Flaw, Known, Outcome, Row, Rule

if TYPE_CHECKING:
    from ediel.messages import Acknowledgement, Message, NotifyMeteringPointCharacteristics
    from ediel.messages.answers import AcknowledgementEvent
    from ediel.messages.metering_values import RequestCollectedDataEvent


def _reasons(event: AcknowledgementEvent, _facts: Known) -> Outcome:
    rejected = event.status is StatusType.REJECTED
    if rejected == bool(event.reasons):
        return ()
    return (Flaw("reasons", f"{len(event.reasons)} reasons", "at least one reason" if rejected else "no reason"),)


_ACKNOWLEDGED: Final = Row(
    "reasons", None, "A rejection has reasons, an acceptance has none.",
    "En avvisning har årsaker, en godkjenning har ingen.", _reasons,
)  # fmt: skip


def _from_the_grid(message: Message) -> bool:
    """A reading that the metered data responsible refuses: the only process in which a party sends this message."""
    return message.process.role is Role.MDR


def _refused(message: Acknowledgement, _facts: Known) -> Outcome:
    if not _from_the_grid(message):
        return NOT_APPLICABLE
    found = message.payload.status
    return () if found is StatusType.REJECTED else (Flaw("payload.status", found.value, "41"),)


def _which_payload(message: Acknowledgement, _facts: Known) -> Outcome:
    if not _from_the_grid(message):
        return NOT_APPLICABLE
    if message.payload.original_payload_reference is not None:
        return ()
    return (Flaw("payload.original_payload_reference", expected="the payload that is refused"),)


_311: Final = (
    Row("refusal-status", "EH087", "A refusal from the metered data responsible has status 41.", "En avvisning fra måleverdiansvarlig har status 41.", _refused),
    Row("refusal-payload", "EH086", "A refusal from the metered data responsible names the payload.", "En avvisning fra måleverdiansvarlig oppgir payload.", _which_payload),
)  # fmt: skip


def _same_point(message: NotifyMeteringPointCharacteristics, _facts: Known) -> Outcome:
    first = message.payloads[0].metering_point
    return tuple(
        Flaw(f"payloads.{index}.metering_point", str(payload.metering_point), f"the same metering point, {first}")
        for index, payload in enumerate(message.payloads)
        if payload.metering_point != first
    )


_CHARACTERISTICS: Final = "NotifyMeteringPointCharacteristics"
_NOTIFIED: Final = Row("notice-end", None, "A period of validity ends after it starts.", "En gyldighetsperiode slutter etter at den begynner.", validity_ends_after_start)  # fmt: skip
_ONE_POINT: Final = Row("one-point", None, "All payloads are of one metering point.", "Alle payload gjelder ett målepunkt.", _same_point)  # fmt: skip

_SERIES: Final = (
    Row("series-unit", None, "The unit fits the product: kWh for active, kvarh for reactive energy.", "Enheten passer til produktet: kWh for aktiv, kvarh for reaktiv energi.", unit_of_product),
    Row("series-end", None, "The period ends after it starts.", "Perioden slutter etter at den begynner.", period_ends_after_start),
)  # fmt: skip


def _reminded(event: RequestCollectedDataEvent, _facts: Known) -> Outcome:
    return tuple(
        Flaw(f"reminders.{index}.period.end", str(item.period.end), f"later than {item.period.start}")
        for index, item in enumerate(event.reminders)
        if item.period.end <= item.period.start
    )


_REMINDER: Final = Row("reminder-end", None, "Each period ends after it starts.", "Hver periode slutter etter at den begynner.", _reminded)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for process in brs.ROWS:
        if ACKNOWLEDGEMENT in process.uses:
            yield _ACKNOWLEDGED.of(process.number, "Acknowledgement", source="BIM acknowledgement", standing="inferred")
        for name in dict.fromkeys(use.message for use in process.uses):
            if name in {"NotifyValidatedDataForBillingEnergy", "PriceVolumeCombinationForReconciliation"}:
                for row in _SERIES:
                    yield row.of(process.number, name, source="VAL-313, the same classes", standing="inferred")
            elif name == _CHARACTERISTICS:
                source = "BIM notifymeteringpointcharacteristics"
                yield _NOTIFIED.of(process.number, name, source=source, standing="inferred")
                if process.family != "annual_volume":
                    yield _ONE_POINT.of(process.number, name, source=source, standing="inferred", each=False)
    for row in _311:
        yield row.of("311", "Acknowledgement", source="VAL-311", standing="published", each=False)
    yield _REMINDER.of("314", "RequestCollectedData", source="XSD; 15min reminders", standing="inferred")
