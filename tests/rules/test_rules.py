"""Every rule fails where it must, passes where it must, and nothing else fails with it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID as UUID_OF

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ediel
from ediel import brs, rules
from ediel.codes import (
    Agency,
    BusinessProcess,
    BusinessType,
    DocumentType,
    FormulaType,
    MeteringPointType,
    Role,
)
from ediel.market import load
from ediel.messages import MESSAGES, Message, model
from ediel.rules import Usage
from ediel.testing import Sampler, conforming
from ediel.testing.strategies import messages_of_process
from tests.support.places import FIXTURES
from tests.support.rule_cases import (
    BASES,
    CASES,
    CHARACTERISTICS,
    ON,
    PASSES_611,
    REACHABLE,
    UUID,
    at_days,
    base_of,
    changed,
    failed,
    fixture,
    new_point,
    of_organisation,
    of_person,
    one_value_fewer,
    outcomes,
    search,
)


def _uses() -> list[tuple[Usage, str]]:
    return [(usage, row.number) for row in brs.ROWS for usage in row.uses]


def _made(usage: Usage, process: str) -> Any:
    """A message whose header and process are right."""
    message: Any = Sampler(Random(3)).message(model(usage.message))
    document = usage.documents[0] if usage.documents else DocumentType.QUERY
    role = usage.roles[0] if usage.roles else Role.DDQ
    header = message.header.model_copy(
        update={
            "document_type": document,
            "document_type_agency": Agency(document.agency or ""),
            "request_positive_acknowledgement": None,
        }
    )
    context = message.process.model_copy(
        update={
            "business_process": BusinessProcess(f"BRS-NO-{process}"),
            "role": role,
            "role_agency": Agency("89" if role in {Role.SLR, Role.BSL} else "6"),
        }
    )
    return message.model_copy(update={"header": header, "process": context})


def _common(usage: Usage, process: str) -> dict[str, Any]:
    """The rules of the block, by name."""
    found = {}
    for rule in rules.rules_for(BusinessProcess(f"BRS-NO-{process}"), usage.message):
        if rule.part in {"Header", "Process"}:
            found[rule.text.split(" is ")[0]] = rule
    return found


COVERED: dict[str, set[str]] = {"passed": set(), "failed": set()}


def _note(message: Message, *, only_common: bool = False) -> dict[str, str]:
    found = outcomes(message)
    for key, outcome in found.items():
        if outcome in COVERED:
            COVERED[outcome].add(key)
    if only_common:
        parts = {rule.key: rule.part for rule in rules.all_rules()}
        return {key: outcome for key, outcome in found.items() if parts[key] in {"Header", "Process"}}
    return found


@pytest.mark.parametrize(("usage", "process"), _uses(), ids=lambda item: getattr(item, "message", item))
def test_header_and_process(usage: Usage, process: str) -> None:
    """Each check of the common block fails alone, and passes on the message as it should be."""
    right = _made(usage, process)
    assert set(_note(right, only_common=True).values()) <= {"passed", "not applicable"}
    wrong_document = next(
        item for item in DocumentType if item not in (usage.documents or ()) and item.agency == right.header.document_type.agency
    )  # fmt: skip
    wrong_role = next(
        item for item in (Role.PQ, Role.DDX) if item not in (usage.roles or ())
    )  # fmt: skip
    other = Agency("6" if right.header.document_type_agency == "260" else "260")
    changes = {
        "The document type": changed(right, "header.document_type", wrong_document),
        "The issuer of the document type": changed(right, "header.document_type_agency", other),
        "RequestPositiveAcknowledgement": changed(right, "header.request_positive_acknowledgement", True),
        "The role": changed(right, "process.role", wrong_role),
        "The issuer of the role": changed(
            right, "process.role_agency", Agency("89" if right.process.role_agency == "6" else "6")
        ),
    }
    block = _common(usage, process)
    assert set(block) - {"The message"} <= set(changes)
    for name, message in changes.items():
        expected = {block[name].key} if name in block else set()
        assert {key for key, outcome in _note(message, only_common=True).items() if outcome == "failed"} == expected, (
            name
        )


@pytest.mark.parametrize("listed", [False, True], ids=["other", "listed"])
@pytest.mark.parametrize("process", sorted({process for _, process in _uses()}))
def test_message_of_the_process(process: str, listed: bool) -> None:
    """A message that the process does not use; every process has a rule for that, with the code of the tables.

    Where a source prints all processes of the message, it is refused, whatever is known of the process.
    """
    uses = {usage.message for usage, number in _uses() if number == process}
    names = ("RequestEndOfSupply", "UpdateThirdPartyAccess") if listed else ("RequestToElhub", "RequestCollectedData")
    name = next(item for item in names if item not in uses)
    message: Any = Sampler(Random(3)).message(model(name))
    message = changed(message, "process.business_process", BusinessProcess(f"BRS-NO-{process}"))
    _note(message)
    (verdict,) = [item for item in rules.judge(message, ON) if item.outcome != "not applicable"]
    assert verdict.outcome == "failed"
    assert (verdict.rule.code, verdict.rule.part) == ("EH055", "Header")
    tabled = any(usage.codes == "published" for usage, number in _uses() if number == process)
    assert verdict.rule.standing == ("published" if listed or tabled else "inferred")
    assert verdict.rule.code_standing == ("published" if tabled else "inferred")
    assert verdict.flaws[0].found == f"BRS-NO-{process}"


@pytest.mark.parametrize("name", sorted(BASES))
def test_bases_pass(name: str) -> None:
    message = BASES[name]()
    found = _note(message)
    assert {key for key, outcome in found.items() if outcome == "failed"} == set()
    if name in {"101", "102", "103", "104", "111", "123", "133", "201", "202", "211", "221", "301"}:
        for other in (of_person(message), of_organisation(message)):
            assert "failed" not in _note(other).values()


@pytest.mark.parametrize("key", sorted(CASES))
def test_each_rule_fails_alone(key: str) -> None:
    base, change, follow = CASES[key]
    message = change(base_of(base))
    assert {found for found, outcome in _note(message).items() if outcome == "failed"} == {key, *follow}
    flaws = [finding for finding in rules.findings(message, rules.judge(message, ON)) if finding.rule == key]
    assert flaws
    for finding in flaws:
        assert finding.path is not None
        assert finding.path.startswith(f"/{message.name()}/")
        assert finding.severity == ("error" if finding.standing == "published" else "warning")


@pytest.mark.parametrize("row", sorted(PASSES_611))
def test_other_searches_pass(row: str) -> None:
    message = search(PASSES_611[row])(BASES["611"]())
    found = _note(message)
    assert found[f"BRS-NO-611/{row}"] == "passed"
    assert "failed" not in found.values()


def test_more_that_passes() -> None:
    """What the bases leave out."""
    _note(
        search({"customer": True, "address": {"postcode": "70*", "street_name": "Storg*", "building_number": "1*"}})(
            BASES["611"]()
        )
    )
    for process in ("101", "102", "103", "104", "123", "201", "202"):
        message = changed(BASES[process](), "header.document_type", DocumentType.CANCELLATION)
        message = changed(message, "header.document_type_agency", Agency("260"))
        at_once = {"BRS-NO-103/no-cancellation"} if process == "103" else set()
        assert failed(message) == {f"BRS-NO-{process}/original-reference"} | at_once
        assert failed(changed(message, "payload.original_reference", UUID)) == at_once
        _note(changed(message, "payload.original_reference", UUID))
    business = changed(
        BASES["324"](),
        "payload.business_type",
        next(item for item in BusinessType if item.value[:2] not in {"MP", "HP"}),
    )
    assert _note(business)["BRS-NO-324/15"] == "passed"
    for process in ("121", "122"):
        for kind in ("E17", "E18"):
            message = changed(BASES[process](), f"{CHARACTERISTICS}.metering_point_type", MeteringPointType(kind))
            _note(message)
    for usage, number in _uses():
        for seed in range(8):
            _note(conforming(BusinessProcess(f"BRS-NO-{number}"), usage.message, random=Random(seed), on=ON))
    for process in (BusinessProcess.BRS_NO_302, BusinessProcess.BRS_NO_402):
        _note(changed(new_point(), "process.business_process", process))
    reading: Any = BASES["311"]()
    kept = tuple(item for item in reading.payloads if item.profiled_observation is not None)
    assert _note(reading.model_copy(update={"payloads": kept}))["BRS-NO-311/start"] == "passed"
    one = fixture("CollectedData-332-replacement")
    assert "failed" not in _note(one).values()
    manual: Any = changed(BASES["701"](), "payload.calculation.formula", FormulaType.MANUAL)
    recipients = manual.payload.calculation.participants.recipients
    thirds = tuple(item.model_copy(update={"share": Decimal("0.333333")}) for item in (recipients * 3)[:3])
    assert (
        _note(changed(manual, "payload.calculation.participants.recipients", thirds))["BRS-NO-701/shares"] == "passed"
    )


def test_every_rule_is_tested() -> None:
    """Runs last in this file: each rule that can be judged has failed and has passed above."""
    for usage, process in _uses():
        test_header_and_process(usage, process)
    for process in sorted({process for _, process in _uses()}):
        test_message_of_the_process(process, False)
        test_message_of_the_process(process, True)
    for name in BASES:
        test_bases_pass(name)
    for key in CASES:
        test_each_rule_fails_alone(key)
    for row in PASSES_611:
        test_other_searches_pass(row)
    test_more_that_passes()
    assert set(CASES) <= REACHABLE
    assert REACHABLE - COVERED["failed"] == set()
    without = {
        row.code.value
        for row in brs.ROWS
        if not {usage.message for usage in row.uses} & set(brs.PRINTED)
        and not any(usage.codes == "published" for usage in row.uses)
    }
    assert REACHABLE - COVERED["passed"] == {f"{process}/message" for process in without} & REACHABLE


def test_rows() -> None:
    keys = [rule.key for rule in rules.all_rules()]
    assert len(set(keys)) == len(keys)
    for rule in rules.all_rules():
        assert rule.key.startswith(f"{rule.process.value}/")
        assert rule.text.endswith(".")
        assert rule.text_nb.endswith(".")
        assert rule.source
        assert all(name in MESSAGES for name in rule.messages)
        assert (rule.part == "Register") == (rule.needs == "register")


def test_without_a_date_rules_that_need_one_are_unknown() -> None:
    for process in ("101", "104", "201", "313", "332"):
        unknown = {verdict.rule.needs for verdict in rules.judge(BASES[process]()) if verdict.outcome == "unknown"}
        assert "date" in unknown


def test_moments_and_days() -> None:
    message: Any = BASES["313"]()
    end = message.payloads[0].period.end
    before = {verdict.rule.key: verdict.outcome for verdict in rules.judge(message, end - timedelta(hours=1))}
    after = {verdict.rule.key: verdict.outcome for verdict in rules.judge(message, end)}
    assert (before["BRS-NO-313/14"], after["BRS-NO-313/14"]) == ("failed", "passed")
    with pytest.raises(ValueError, match="no time zone"):
        rules.judge(message, datetime(2026, 1, 1))  # noqa: DTZ001


def test_clock_changes() -> None:
    for name, count in (("23-hours", 23), ("25-hours", 25)):
        message: Any = fixture(f"CollectedData-313-{name}")
        assert any(len(series.observations) == count for series in message.payloads)
        assert outcomes(message)["BRS-NO-313/13"] == "passed"


def test_profile_of_the_user_counts() -> None:
    profile = load()
    rows = tuple(replace(row, count=-100) if row.what == "back" else row for row in profile.limits)
    message = at_days(-60)(BASES["104"]())
    assert any(verdict.outcome == "failed" for verdict in rules.judge(message, ON, profile=profile))
    assert not any(
        verdict.outcome == "failed" for verdict in rules.judge(message, ON, profile=replace(profile, limits=rows))
    )


def test_forwarded_readings_are_unknown() -> None:
    message = changed(BASES["311"](), "process.role", Role.MDR)
    found = outcomes(message)
    assert failed(message) == set()
    assert found["BRS-NO-311/role"] == "unknown"


@given(st.integers(0, 10_000), st.sampled_from(sorted(MESSAGES)), st.booleans())
def test_any_valid_message_can_be_judged(seed: int, name: str, wild: bool) -> None:
    """Whatever the schema takes: a verdict for each rule, a place for each flaw, and counts that add up."""
    message: Any = Sampler(Random(seed), wild=wild).message(model(name))
    verdicts = rules.judge(message, ON)
    count = rules.count(verdicts)
    assert count.applied + count.not_applicable + count.unknown == len(verdicts)
    data = ediel.write(message)
    inspection = rules.inspect(data, on=ON)
    report = inspection.messages[0].report
    assert replace(report.rules, unknown=0) == replace(count, unknown=0)
    assert len(report.undecided) == report.rules.unknown == (count.unknown or (0 if count.applied else 1))
    for finding in inspection.report.all_findings():
        assert finding.path
        assert finding.line


@given(messages_of_process(on=ON))
def test_what_conforms_breaks_no_rule(message: Message) -> None:
    """Whatever a process's own strategy draws: the schema takes it, and no rule of any standing objects."""
    found = rules.inspect(ediel.write(message), on=ON)
    objecting = [finding.rule for finding in found.report.all_findings()]
    assert [key for key in objecting if not key.startswith("PLAUSIBLE/")] == []
    assert found.messages[0].report.rules.applied


def test_lines_and_positions() -> None:
    text = ediel.write(one_value_fewer(BASES["313"]()))
    report = rules.inspect(text, on=ON).report
    (finding,) = [item for item in report.all_findings() if item.rule == "BRS-NO-313/13"]
    assert finding.code == "E87"
    assert finding.path is not None
    assert finding.path.split("/")[-1].startswith("Observation")
    assert finding.expected == "24 values"
    assert report.messages[0].valid is False
    strict = rules.inspect(ediel.write(at_days(0)(BASES["101"]())), on=ON, strict=True)
    assert not strict.valid
    assert strict.report.verdict == "doubtful"
    assert rules.inspect(ediel.write(at_days(0)(BASES["101"]())), on=ON).valid


DATED = ("RequestStartOfSupply-104", "CollectedData-313-hourly", "RequestDataFromElhub-315", "RequestDataFromElhub-324",
         "RequestUpdateSharedProduction-701-add", "CollectedData-332-replacement")  # fmt: skip


@pytest.mark.parametrize("name", DATED)
@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "9999-12-31T24:00:00Z", "2000-01-01T00:00:00Z"])
@pytest.mark.parametrize("on", [ON, date(2099, 1, 1), date(2, 1, 1)])
def test_dates_at_the_ends_of_the_calendar(name: str, moment: str, on: date) -> None:
    """What the schema takes can be judged, on any day."""
    data = (FIXTURES / "valid" / f"{name}.xml").read_bytes()
    for text in (data, re.sub(rb"\d{4}-\d\d-\d\dT[^<]*", moment.encode(), data)):
        assert rules.inspect(text, on=on).messages[0].report.rules.applied
    with pytest.raises(ValueError, match="the last day"):
        rules.inspect(data, on=date.max)


def test_many_broken_series_are_cut_and_said_to_be() -> None:
    base: Any = one_value_fewer(BASES["313"]())
    one = base.payloads[0]
    payloads = tuple(one.model_copy(update={"identification": str(UUID_OF(int=number))}) for number in range(1200))
    report = rules.inspect(ediel.write(base.model_copy(update={"payloads": payloads})), on=ON).report
    found = list(report.all_findings())
    assert len(found) == 1001
    assert {finding.rule for finding in found} == {"BRS-NO-313/13", "READ/many-findings"}
    paths = {finding.path for finding in found if finding.rule == "BRS-NO-313/13"}
    assert len(paths) == 1000


def test_wire_path_of_an_unknown_field() -> None:
    with pytest.raises(LookupError, match="no field colour"):
        rules.wire_path(BASES["101"](), "payload.colour")
