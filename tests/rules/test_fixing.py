"""What is corrected, and what is never guessed."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
from lxml import etree

import ediel
from ediel import rules
from ediel.rules.fixing import Fixed, fix
from tests.support.mistakes import ROLE, Edit, all_of, attribute, before, mistaken, text, without
from tests.support.places import FIXTURES

JUDGE = partial(rules.inspect, on=date(2026, 11, 25))
START = "RequestStartOfSupply-101"
RIGHT = (FIXTURES / "valid" / f"{START}.xml").read_bytes()


def fixed(edit: Edit, fixture: str = START) -> Fixed | None:
    return fix(mistaken(fixture, edit), JUDGE)


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        (before("PayloadMPEvent/BalanceSupplierInvolvedEnergyParty", "PayloadMPEvent/StartOfOccurrence"), "XSD/order"),
        (before("PayloadMPEvent/ConsumerInvolvedCustomerAddress", "PayloadMPEvent/StartOfOccurrence"), "XSD/order"),
        (before("ProcessEnergyContext", "Header"), "XSD/order"),
        (attribute(ROLE, "listAgencyIdentifier", "89"), "BRS-NO-101/RequestStartOfSupply/role-agency"),
        (
            attribute("Header/DocumentType", "listAgencyIdentifier", "260"),
            "BRS-NO-101/RequestStartOfSupply/document-type-agency",
        ),
        (text("PayloadMPEvent/StartOfOccurrence", "2026-12-01T00:00:00Z"), "PLAUSIBLE/time-of-day"),
        (
            all_of(
                attribute(ROLE, "listAgencyIdentifier", "89"),
                before("PayloadMPEvent/BalanceSupplierInvolvedEnergyParty", "PayloadMPEvent/StartOfOccurrence"),
                text("PayloadMPEvent/StartOfOccurrence", "2026-12-01T00:00:00Z"),
            ),
            "XSD/order",
        ),
    ],
)
def test_what_is_certain_is_corrected(edit: Edit, rule: str) -> None:
    """The message is the one that it was before the mistake."""
    found = fixed(edit)
    assert found is not None
    assert rule in {item.rule for item in found.corrections}
    assert not list(found.inspection.report.all_findings())
    assert ediel.read(found.data) == ediel.read(RIGHT)
    assert fix(found.data, JUDGE) is None


@pytest.mark.parametrize(
    "edit",
    [
        text("PayloadMPEvent/MeteringPointUsedDomainLocation/Identification", "707057542000000118"),
        text("PayloadMPEvent/ConsumerInvolvedCustomerParty/Identification", "12818525019"),
        text("PayloadMPEvent/StartOfOccurrence", "2026-12-01T14:30:00+01:00"),
        text("PayloadMPEvent/StartOfOccurrence", "2026-12-01T00:00:00+02:00"),
        text(ROLE, "DDM"),
        without("PayloadMPEvent/BalanceSupplierInvolvedEnergyParty"),
    ],
)
def test_nothing_is_guessed(edit: Edit) -> None:
    assert fixed(edit) is None


def test_a_day_of_values_is_left_alone() -> None:
    """Whether the values are those of the day of UTC, or the stamps are wrong, nobody can tell."""
    edit = all_of(
        text("PayloadEnergyTimeSeries/ObservationPeriodTimeSeriesPeriod/Start", "2026-11-19T00:00:00Z"),
        text("PayloadEnergyTimeSeries/ObservationPeriodTimeSeriesPeriod/End", "2026-11-20T00:00:00Z"),
    )
    assert fixed(edit, "CollectedData-313-hourly") is None


def test_what_is_signed_is_left_alone() -> None:
    soap = etree.parse(str(FIXTURES / "valid" / "soap-RequestStartOfSupply-101.xml")).getroot()
    data = etree.tostring(soap).replace(b'listAgencyIdentifier="6">DDQ', b'listAgencyIdentifier="89">DDQ')
    assert fix(data, JUDGE) is not None
    header = b'<x xmlns="urn:x"><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></x>'
    signed = data.replace(b"<soapenv:Body", header + b"<soapenv:Body", 1)
    assert signed != data
    assert JUDGE(signed).messages
    assert fix(signed, JUDGE) is None


def test_comments_stay_and_bad_files_are_left_alone() -> None:
    data = mistaken(START, attribute(ROLE, "listAgencyIdentifier", "89")).replace(
        b"<rsm:Header>", b"<!-- mine --><rsm:Header>"
    )
    found = fix(data, JUDGE)
    assert found is not None
    assert b"<!-- mine -->" in found.data
    assert fix(b"no XML", JUDGE) is None
    assert fix(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', JUDGE) is None
