"""What no rule forbids and is hardly meant: warnings of ``ediel validate`` and ``ediel.inspect``, each a mistake people make.

They are no rules: the stand-in hub refuses nothing by them, and the engine sends what they warn of. The measures (a day,
a year, ten gigawatts) are of this module, and no source has them; what follows from a source is inferred and names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from ediel import brs
from ediel.calendar import is_midnight, market_day, midnight
from ediel.codes import CommunicationChannel, FormulaType, QueryType, Role, Standing, UpdateIndicator
from ediel.identifiers import ELHUB
from ediel.report import Finding, Severity
from ediel.rules._ask import cancels, requested_field
from ediel.rules._judge import Alike, Line, wire_path
from ediel.rules._rule import Flaw, Known

if TYPE_CHECKING:
    from ediel.messages import (
        CollectedData,
        Message,
        RequestDataFromElhub,
        RequestUpdateMasterDataMeteringPoint,
        RequestUpdateSharedProduction,
        UpdateThirdPartyAccess,
    )
    from ediel.messages.parties import Communication
    from ediel.rules._shapes import SupplyRequest

Look = Callable[..., Iterator[Flaw]]
"""Takes the message and the facts; gives a flaw for each place that is hardly meant."""

_TO_HUB: Final = tuple(sorted({use.message for row in brs.ROWS for use in row.messages if use.way == "to hub"}))
_SUPPLY: Final = ("RequestStartOfSupply", "RequestEndOfSupply")
_UPDATE: Final = "RequestUpdateMasterDataMeteringPoint"
_SHARED: Final = "RequestUpdateSharedProduction"
_ACCESS: Final = "UpdateThirdPartyAccess"
_QUERY: Final = "RequestDataFromElhub"
_YEAR: Final = timedelta(days=366)
_QUARTER: Final = timedelta(days=92)
_POWER: Final = 10_000_000
"""kW: more than any metering point has."""
HUGE: Final = _POWER * 1000 // 12
"""Thousandths of a kWh in five minutes of that: no lesser value is hardly meant, in any interval."""
_FOREIGN: Final = re.compile(r"(\+|00)(?!47)\d{5,15}")
_NORWEGIAN: Final = re.compile(r"(\+47|0047)?\d{8}")
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _sent_in(message: Message, facts: Known) -> str | None:
    """The hub that a market party sends a message to; ``None`` where the hub sends it, or is not known."""
    hub = ELHUB if facts.register is None else facts.register.hub
    return None if message.header.juridical_sender == hub else hub


def _recipient(message: Message, facts: Known) -> Iterator[Flaw]:
    hub, found = _sent_in(message, facts), message.header.juridical_recipient
    if hub is not None and found != hub and any(item.way == "to hub" for item in _uses(message)):
        yield Flaw("header.juridical_recipient", str(found), hub)


def _uses(message: Message) -> Iterator[brs.Use]:
    return (item for item in brs.of(message.process.business_process).uses if item.message == message.name())


def _created_ahead(message: Message, facts: Known) -> Iterator[Flaw]:
    created = message.header.creation
    if facts.moment is not None and created > facts.moment + timedelta(days=1):
        yield Flaw("header.creation", str(created), f"not after {facts.day}")


def _other_supplier(message: SupplyRequest, facts: Known) -> Iterator[Flaw]:
    supplier, sender = message.payload.balance_supplier, message.header.juridical_sender
    asked_by_supplier = message.process.role is Role.DDQ and _sent_in(message, facts) is not None
    last_resort = getattr(message.payload, "move_in_to_slr", None)
    if asked_by_supplier and supplier is not None and supplier != sender and not last_resort:
        yield Flaw("payload.balance_supplier", str(supplier), f"{sender}, the juridical sender")


def _time_of_day(message: SupplyRequest, _facts: Known) -> Iterator[Flaw]:
    field = requested_field(message.payload)
    moment: datetime = getattr(message.payload, field)
    if not is_midnight(moment):
        yield Flaw(f"payload.{field}", str(moment), midnight(market_day(moment)).isoformat())


def _reach(right: Callable[[str], bool], *channels: CommunicationChannel) -> Look:
    """A way to reach the customer that leads nowhere. What is there is about a person, and not shown."""

    def look(message: SupplyRequest, _facts: Known) -> Iterator[Flaw]:
        ways: Sequence[Communication] = message.payload.customer.communication
        for index, way in enumerate(ways):
            if way.channel in channels and not right(way.complete_number.strip()):
                yield Flaw(f"payload.customer.communication.{index}.complete_number")

    return look


def _phone(text: str) -> bool:
    number = re.sub(r"[\s().-]", "", text)
    return bool(_NORWEGIAN.fullmatch(number) or _FOREIGN.fullmatch(number))


def _cancelled_at_once(message: SupplyRequest, _facts: Known) -> Iterator[Flaw]:
    if message.process.business_process is brs.CHANGE_FROM_LAST_RESORT.code and cancels(message):
        yield Flaw(
            "header.document_type", message.header.document_type.value, "392; a rollback goes by its own process"
        )


def _no_point(message: RequestDataFromElhub, _facts: Known) -> Iterator[Flaw]:
    query = message.payload
    if query.query_type is QueryType.MDMP and query.metering_point is None:
        yield Flaw("payload.metering_point", expected="a metering point")


def _acknowledged(*processes: brs.Process) -> Look:
    codes = {row.code for row in processes}

    def look(message: Message, _facts: Known) -> Iterator[Flaw]:
        found = message.header.request_positive_acknowledgement
        if message.process.business_process in codes and found is not None:
            yield Flaw("header.request_positive_acknowledgement", None, "nothing")

    return look


def _query_ahead(message: RequestDataFromElhub, facts: Known) -> Iterator[Flaw]:
    period = message.payload.period
    if facts.moment is not None and period is not None and period.end > facts.moment:
        yield Flaw("payload.period.end", str(period.end), f"not after {facts.day}")


def _once(message: RequestUpdateMasterDataMeteringPoint, _facts: Known) -> Iterator[Flaw]:
    seen: set[str] = set()
    for index, payload in enumerate(message.payloads):
        if payload.metering_point in seen:
            yield Flaw(f"payloads.{index}.metering_point", str(payload.metering_point), "each metering point once")
        seen.add(payload.metering_point)


def _start_near(message: Message, facts: Known) -> Iterator[Flaw]:
    """A start three months back or a year ahead; the process that corrects back in time is left alone."""
    if facts.moment is None or message.process.business_process is brs.POINT_CORRECTION.code:
        return
    fields = vars(message)
    payloads = [("payload", fields["payload"])] if "payload" in fields else [
        (f"payloads.{index}", payload) for index, payload in enumerate(fields["payloads"])
    ]  # fmt: skip
    for place, payload in payloads:
        start: datetime | None = payload.start_of_occurrence
        if start is not None and not -_QUARTER <= start - facts.moment <= _YEAR:
            yield Flaw(f"{place}.start_of_occurrence", str(start), f"a day nearer to {facts.day}")


def _other_process(message: RequestUpdateMasterDataMeteringPoint, _facts: Known) -> Iterator[Flaw]:
    row = brs.of(message.process.business_process)
    if row.uses and row.use(message.name()) is None:
        known = ", ".join(item.code.value for item in brs.requesting(message.name()))
        yield Flaw("process.business_process", row.code.value, f"one of {known}")


def _ends_far(message: UpdateThirdPartyAccess, facts: Known) -> Iterator[Flaw]:
    end = message.payload.end_of_occurrence
    if facts.moment is not None and end is not None and end - facts.moment > 10 * _YEAR:
        yield Flaw("payload.end_of_occurrence", str(end), f"within ten years of {facts.day}")


def _end_of_what_ends(message: UpdateThirdPartyAccess, _facts: Known) -> Iterator[Flaw]:
    event = message.payload
    if event.update_indicator is UpdateIndicator.DELETE and event.end_of_occurrence is not None:
        yield Flaw("payload.end_of_occurrence", str(event.end_of_occurrence), "nothing; Delete takes effect at once")


def _needless_shares(message: RequestUpdateSharedProduction, _facts: Known) -> Iterator[Flaw]:
    calculation = message.payload.calculation
    if calculation.formula in {None, FormulaType.MANUAL} or calculation.participants is None:
        return
    for index, item in enumerate(calculation.participants.recipients):
        if item.share is not None:
            at = f"payload.calculation.participants.recipients.{index}.share"
            yield Flaw(at, str(item.share), "nothing; shares go with Manual")
            return


def _on_both_sides(message: RequestUpdateSharedProduction, _facts: Known) -> Iterator[Flaw]:
    participants = message.payload.calculation.participants
    if participants is None:
        return
    giving = {item.metering_point for item in participants.contributors}
    for index, item in enumerate(participants.recipients):
        if item.metering_point in giving:
            at = f"payload.calculation.participants.recipients.{index}.metering_point"
            yield Flaw(at, str(item.metering_point), "a consumption point that does not give too")


def _without_id(message: RequestUpdateSharedProduction, _facts: Known) -> Iterator[Flaw]:
    event = message.payload
    by_name = event.calculation.id is None and event.calculation.name is not None
    if event.update_indicator is not UpdateIndicator.ADD and by_name:
        yield Flaw("payload.calculation.id", expected="Id of the calculation, beside its Name or instead of it")


def _huge(message: CollectedData, _facts: Known) -> Iterator[Flaw]:
    if isinstance(message.payloads, Alike):
        return  # whoever has columns looks at the greatest of them all
    for index, series in enumerate(message.payloads):
        values, period = series.observations, series.period
        step = None if period is None or period.resolution is None else period.resolution.step
        if values is None or not len(values) or step is None or step > timedelta(hours=1):
            continue
        most = max(values.thousandths)
        if most > _POWER * 1000 * (step / timedelta(hours=1)):
            position = values.thousandths.index(most)
            words = f"{most / 1000:,.3f} in one interval".replace(",", " ")
            yield Flaw(f"payloads.{index}.observations.{position}.value", words, "less than 10 gigawatts")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that is hardly meant.

    Attributes:
        name: key of its findings, after ``PLAUSIBLE/``.
        messages: names of the messages it is looked for in; empty: all.
        text, text_nb: what is odd and what to do, in English and Norwegian.
        look: the function.
        source: who says so, or that nobody does.
        standing: inferred where it follows from a source.
        code: the hub's code, by analogy.
        severity: ``info`` where it is only worth knowing.
    """

    name: str
    messages: tuple[str, ...]
    text: str
    text_nb: str
    look: Look
    source: str = "nobody: a measure of this package"
    standing: Standing = "assumed"
    code: str | None = None
    severity: Severity = "warning"


_PHONES: Final = (CommunicationChannel.MOBILE, CommunicationChannel.PHONE)
_CUSTOMERS: Final = (*_SUPPLY, "RequestUpdateCustomerInformation")

DOUBTS: Final = (
    Doubt("recipient", _TO_HUB, "The recipient is not Elhub.", "Mottakeren er ikke Elhub.", _recipient, "BIM general; examples", "inferred"),
    Doubt("creation", (), "The message was created in the future.", "Meldingen er laget fram i tid.", _created_ahead),
    Doubt("supplier", _SUPPLY, "The balance supplier is another one than the sender.", "Kraftleverandøren er en annen enn avsenderen.", _other_supplier, "examples; tests: a supplier asks for itself", "inferred"),
    Doubt("time-of-day", ("RequestStartOfSupply",), "The time of day is not used.", "Klokkeslettet brukes ikke.", _time_of_day, "BIM requeststartofsupply", "published", severity="info"),
    Doubt("phone", _CUSTOMERS, "A phone number has 8 digits, or + and the number of the country before it.", "Et telefonnummer har 8 siffer, eller + og landets nummer foran.", _reach(_phone, *_PHONES), "user forum 2020-12-17", "inferred"),
    Doubt("e-mail", _CUSTOMERS, "An e-mail address has the form name@domain.", "En e-postadresse har formen navn@domene.", _reach(lambda text: bool(_MAIL.fullmatch(text)), CommunicationChannel.EMAIL)),
    Doubt("cancellation", ("RequestStartOfSupply",), "A change from last resort takes effect at once, and is hardly cancelled.", "Et bytte fra leveringsplikt trer i kraft straks, og kanselleres neppe.", _cancelled_at_once, "BRS-NO-104; test SYS-DDQ111-04", "inferred", "EH011"),
    Doubt("query-point", (_QUERY,), "Nothing else than a metering point can say which master data are asked for.", "Bare et målepunkt kan si hvilke grunndata det spørres etter.", _no_point, "BIM 5", "inferred"),
    Doubt("query-acknowledgement", (_QUERY,), "RequestPositiveAcknowledgement is given in a query, which is answered anyway.", "RequestPositiveAcknowledgement er oppgitt i en spørring, som besvares uansett.", _acknowledged(brs.MASTER_DATA_QUERY, brs.VALUES_QUERY), "VAL-324: the same message", "inferred", "EH065"),
    Doubt("values-acknowledgement", ("CollectedData",), "RequestPositiveAcknowledgement is given with metering values.", "RequestPositiveAcknowledgement er oppgitt med måleverdier.", _acknowledged(brs.PERIOD_VOLUMES), "VAL-332: the same message", "inferred", "EH065"),
    Doubt("query-ahead", (_QUERY,), "Values are asked for that lie in the future.", "Det spørres etter verdier fram i tid.", _query_ahead),
    Doubt("once", (_UPDATE,), "The same metering point stands in two payloads.", "Det samme målepunktet står i to payload.", _once),
    Doubt("start", (_UPDATE, _SHARED), "The start lies more than three months back or a year ahead.", "Starten ligger mer enn tre måneder tilbake eller ett år fram.", _start_near),
    Doubt("process", (_UPDATE,), "The process is not known to use this message.", "Prosessen er ikke kjent for å bruke denne meldingen.", _other_process, "BIM requestupdatemasterdatameteringpoint, read in part"),
    Doubt("access-end", (_ACCESS,), "The access ends more than ten years ahead.", "Tilgangen slutter mer enn ti år fram i tid.", _ends_far),
    Doubt("access-delete", (_ACCESS,), "An access that is deleted has an end.", "En tilgang som slettes, har en slutt.", _end_of_what_ends, "process of third-party access", "inferred"),
    Doubt("shares", (_SHARED,), "Shares are given with a formula that does not use them.", "Andeler er oppgitt med en formel som ikke bruker dem.", _needless_shares, "BIM requestupdatesharedproduction", "inferred"),
    Doubt("both-sides", (_SHARED,), "A metering point gives and receives.", "Et målepunkt både gir og mottar.", _on_both_sides, "process of shared production: production gives, consumption receives", "inferred"),
    Doubt("calculation-id", (_SHARED,), "A calculation to change or end is named by its name alone.", "En beregning som endres eller avsluttes, er bare oppgitt med navn.", _without_id),
    Doubt("value", ("CollectedData",), "A value is larger than any metering point can have.", "En verdi er større enn noe målepunkt kan ha.", _huge),
)  # fmt: skip
"""Everything that is looked for."""


@cache
def _of(message: str) -> tuple[Doubt, ...]:
    return tuple(doubt for doubt in DOUBTS if not doubt.messages or message in doubt.messages)


def doubts(message: Message, facts: Known, *, line: Line | None = None) -> Iterator[Finding]:
    """A warning for each thing in a message that is hardly meant.

    Args:
        message: a typed message.
        facts: the day of judgement; what needs one is not looked for without it.
        line: finds lines; without it findings have none.
    """
    for doubt in _of(message.name()):
        try:
            flaws = list(doubt.look(message, facts))
        except OverflowError:  # dates that lead out of the calendar
            continue
        for flaw in flaws:
            path = wire_path(message, flaw.at)
            yield Finding(
                rule=f"PLAUSIBLE/{doubt.name}",
                text=doubt.text,
                severity=doubt.severity,
                path=path,
                line=line(path) if line else None,
                found=flaw.found,
                expected=flaw.expected,
                code=doubt.code,
                standing=doubt.standing,
                source=doubt.source,
                code_standing="inferred",
                text_nb=doubt.text_nb,
                layer="process",
            )
