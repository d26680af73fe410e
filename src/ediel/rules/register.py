"""Rules that need to know the market: whether the point exists, who supplies it, who its end user is, what is under way.

Elhub judges by its own register; these judge by what is at hand (``ediel.market.Register``). The hub's codes for most of
them are not published, and then there is none here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ediel import brs
from ediel.codes import MeteringPointType, PhysicalStatus, SettlementMethod, Standing, UpdateIndicator
from ediel.rules import _parties as parties
from ediel.rules import _points as points
from ediel.rules import _rights as rights
from ediel.rules._ask import about_point
from ediel.rules._rule import Check, Row, Rule


@dataclass(frozen=True, slots=True)
class _Entry:
    row: Row
    processes: tuple[str, ...]
    source: str
    standing: Standing = "inferred"


def _entry(
    name: str,
    code: str | None,
    text: str,
    text_nb: str,
    check: Check,
    processes: str,
    source: str,
    standing: Standing = "inferred",
) -> _Entry:
    row = Row(name, code, text, text_nb, check, "register", "Register")
    return _Entry(row, tuple(processes.split()), source, standing)


_ALL: Final = " ".join(row.number for row in brs.ROWS if row.requests)
_STARTS: Final = " ".join(
    row.number for row in brs.requesting("RequestStartOfSupply") if row.names_supplier and not brs.is_rollback(row.code)
)
"""Starts of supply that a supplier asks for."""
_ROLLBACKS: Final = " ".join(row.number for row in brs.ROWS if row.requests and brs.is_rollback(row.code))
_CONSENTED: Final = " ".join(row.number for row in brs.ROWS if row.with_consent)
_CROSSING: Final = " ".join(row.number for row in brs.ROWS if row.supply is not None and row.dates is not None)
"""Starts and ends of supply whose date can be judged."""
_CANCELLED: Final = " ".join(row.number for row in brs.ROWS if row.waits and row.dates is not None)

_TABLE: Final = (
    _entry("sender-known", None, "The sender is a known and active party.", "Avsenderen er en kjent og aktiv aktør.", parties.sent_in(parties.sender_known), _ALL, "Ediel portal: the hub's source of parties"),
    _entry("sender-role", None, "The sender has the role that it acts in.", "Avsenderen har rollen den opptrer i.", parties.sent_in(parties.sender_role), _ALL, "Ediel portal: the hub's source of parties"),
    _entry("physical-sender", None, "The physical sender may act for the juridical sender.", "Fysisk avsender kan opptre for juridisk avsender.", parties.sent_in(parties.acts_for), _ALL, "EMIF; BIM general"),
    _entry("recipient", None, "The recipient is Elhub.", "Mottakeren er Elhub.", parties.sent_in(parties.recipient), _ALL.replace(" 601", ""), "BIM general"),
    _entry("point-known", "E10", "The metering point is registered.", "Målepunktet er registrert.", points.point_known, "101 102 103 104 111 122 123 133 201 202 211 221 222 301 302 303 311 312 313 315 317 332 402 601 602", "BIM error codes; BRS-NO-622"),
    _entry("1", "E10", "The metering point is registered.", "Målepunktet er registrert.", points.point_known, "622", "BRS-NO-622", "published"),
    _entry("point-new", None, "The metering point is not registered yet.", "Målepunktet er ikke registrert fra før.", points.point_new, "121", "BRS-NO-121"),
    _entry("accounting-point", "EH010", "The metering point is an accounting point.", "Målepunktet er et avregningspunkt.", points.accounting, f"{_STARTS} 123", "BRS-NO-622, by analogy"),
    _entry("2", "EH010", "The metering point is an accounting point.", "Målepunktet er et avregningspunkt.", points.accounting, "622", "BRS-NO-622", "published"),
    _entry("not-closed", None, "The metering point is not closed.", "Målepunktet er ikke avsluttet.", points.not_closed, f"{_STARTS} 122 123", "status page: a closed point is never used again"),
    _entry("active", None, "The metering point is active.", "Målepunktet er aktivt.", points.active, "101", "test SYS-DDQ101-01"),
    _entry("not-blocked", "E22", "The metering point is not blocked for switching.", "Målepunktet er ikke sperret for leverandørskifte.", points.not_blocked, "101", "BIM error codes"),
    _entry("has-end-user", "EH016", "The metering point has an end user on the date.", "Målepunktet har en sluttbruker på datoen.", points.on_day(points.has_end_user), "101 104", "BRS-NO-622, by analogy"),
    _entry("3", "EH016", "The metering point has an end user on the day the process starts.", "Målepunktet har en sluttbruker den dagen prosessen starter.", about_point(rights.end_user_today), "622", "BRS-NO-622", "published"),
    _entry("end-user", None, "The customer is the end user of the metering point.", "Kunden er sluttbruker i målepunktet.", points.end_user(same=True), "101 104", "auth-grant-manager"),
    _entry("end-user", None, "The customer is the end user of the metering point.", "Kunden er sluttbruker i målepunktet.", points.end_user(same=True, back=1), "201 202", "BRS-NO-201"),
    _entry("new-end-user", None, "The customer is not the end user of the metering point already.", "Kunden er ikke sluttbruker i målepunktet fra før.", points.end_user(same=False, back=1), "102 103", "auth-grant-manager"),
    _entry("other-supplier", None, "The present supplier is another one.", "Nåværende kraftleverandør er en annen.", points.on_day(points.other_supplier), "101", "test SYS-DDQ101-01"),
    _entry("supplier-authorised", "E16", "The supplier is known and active.", "Kraftleverandøren er kjent og aktiv.", parties.supplier_authorised, _STARTS, "BIM error codes"),
    _entry("last-resort", None, "The date is the day on which last-resort supply began.", "Datoen er dagen leveringsplikten begynte.", points.on_day(points.last_resort), "104", "BRS-NO-104"),
    _entry("supplies", None, "The sender supplies the metering point.", "Avsenderen leverer kraft til målepunktet.", points.on_day(points.supplies), "201 202 301", "BRS-NO-201; BRS-NO-301"),
    _entry("own-point", None, "The metering point belongs to the sender's grid.", "Målepunktet hører til avsenderens nett.", about_point(points.own_point), "122 123 211 302 317 402", "roles of the standard: the grid access provider of the point"),
    _entry("cancels-own", None, "A cancellation is of a process of the sender that is under way.", "En kansellering gjelder en prosess avsenderen har gående.", about_point(rights.cancels_own, requests_only=False), _CANCELLED, "crossing processes; BIM requeststartofsupply"),
    _entry("rollback-time", None, "A rollback comes after the cancellation deadline.", "En reversering kommer etter kanselleringsfristen.", about_point(rights.rolls_back_late_enough, requests_only=False), _ROLLBACKS, "BRS-NO-133; BRS-NO-222"),
    _entry("crossing", None, "No process is under way that the request may not cross.", "Ingen gående prosess står i veien for forespørselen.", about_point(rights.crossings), _CROSSING, "crossing processes, Elhubstandard 2.1/2.2"),
    _entry("consent", None, "The consent is active, of this person, and for this supplier and metering point.", "Samtykket er aktivt, gitt av denne personen, og gjelder denne kraftleverandøren og dette målepunktet.", rights.consent, _CONSENTED, "auth-grant-manager; EI-1363"),
    _entry("interval-settled", None, "The metering point is interval settled.", "Målepunktet er intervallavregnet.", points.interval, "313", "BRS-NO-313"),
    _entry("profiled", None, "The metering point is profiled.", "Målepunktet er profilavregnet.", points.profiled, "312 332", "BRS-NO-312"),
    _entry("quarter-hours", None, "Quarter-hourly values are of a point that is read in quarters.", "Kvartersverdier gjelder et målepunkt som avleses per kvarter.", about_point(points.quarter), "313", "15min channels"),
    _entry("may-ask", None, "The asker has to do with the metering point on those days.", "Den som spør, har med målepunktet å gjøre de dagene.", about_point(rights.may_ask), "303 315", "BRS-NO-315; test SYS-DDQ315-02"),
    _entry("4", "EH088", "The end user approves the request.", "Sluttbrukeren godkjenner forespørselen.", rights.approved, "622", "BRS-NO-622", "published"),
    _entry("5", "EH017", "Who asks for access does not have it already.", "Den som ber om tilgang, har den ikke fra før.", rights.has_access(UpdateIndicator.ADD, has=False), "622", "BRS-NO-622", "published"),
    _entry("6", "EH017", "Who changes or ends an access has one.", "Den som endrer eller avslutter en tilgang, har en.", rights.has_access(UpdateIndicator.UPDATE, UpdateIndicator.DELETE, has=True), "622", "BRS-NO-622 (the row is cut)"),
    _entry("active", None, "All metering points are active.", "Alle målepunkt er aktive.", rights.participants(rights.BOTH, rights.is_one_of("status", PhysicalStatus.ACTIVE), "an active metering point, E22"), "701", "BRS-NO-701"),
    _entry("interval-settled", None, "All metering points are interval settled.", "Alle målepunkt er intervallavregnet.", rights.participants(rights.BOTH, rights.is_one_of("settlement", SettlementMethod.NON_PROFILED), "an interval settled point, E02"), "701", "BRS-NO-701"),
    _entry("contributors", None, "Contributors are production or combined points.", "De som gir, er produksjons- eller kombinerte målepunkt.", rights.participants(("contributors",), rights.is_one_of("type", MeteringPointType.PRODUCTION, MeteringPointType.COMBINED), "a production or combined point, E18 or E19"), "701", "BRS-NO-701"),
    _entry("recipients", None, "Recipients are consumption points.", "De som mottar, er forbruksmålepunkt.", rights.participants(("recipients",), rights.receives, "a consumption point, E17"), "701", "BRS-NO-701"),
    _entry("own-points", None, "All metering points belong to the sender's grid.", "Alle målepunkt hører til avsenderens nett.", rights.participants(rights.BOTH, rights.of_the_sender, "a metering point of the sender's own grid"), "701", "BRS-NO-701: the grid access provider sets it up"),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for entry in _TABLE:
        for process in entry.processes:
            sent = brs.of(f"BRS-NO-{process}").requests
            yield entry.row.of(process, *sent, source=entry.source, standing=entry.standing, each=False)
