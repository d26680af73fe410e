"""What people do wrong, for every process and role: verdict, rule, code, place and advice of each."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from ediel import brs, rules
from ediel.report._words import advice, text_of
from tests.support.mistake_rows import MISTAKES, Mistake
from tests.support.mistakes import mistaken
from tests.support.places import FIXTURES

ON = date(2026, 11, 25)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda item: f"{item.fixture}: {item.what}")
def test_mistake(mistake: Mistake) -> None:
    report = rules.inspect(mistaken(mistake.fixture, mistake.edit), on=ON).report
    (message,) = report.messages
    assert message.verdict == report.verdict == mistake.verdict
    found = [item for item in message.findings if (item.rule, item.path) == (mistake.rule, mistake.path)]
    assert found, [item.rule for item in message.findings]
    finding = found[0]
    assert finding.code == mistake.code
    assert finding.line
    assert (advice(finding) or finding.text) == mistake.advice
    right = {item.rule for item in rules.inspect((FIXTURES / "valid" / f"{mistake.fixture}.xml").read_bytes(), on=ON).report.all_findings()}  # fmt: skip
    assert mistake.rule not in right, "it is the mistake that is found"
    expected = {"refused": finding.refuses, "doubtful": finding.objects, "not refused": not finding.objects}
    assert expected[mistake.verdict]
    if finding.rule.startswith(("BRS-", "POLL/", "PLAUSIBLE/")):
        assert text_of(finding, "nb") != finding.text


def test_every_process_and_every_role_has_mistakes() -> None:
    assert len(MISTAKES) >= 150
    processes = Counter(item.rule.partition("/")[0] for item in MISTAKES)
    asked = {row.code.value for row in brs.ROWS if row.requests}
    assert asked - set(processes) == set()
    assert {item.verdict for item in MISTAKES} == {"refused", "doubtful", "not refused"}
    fixtures = {item.fixture.partition("-")[0] for item in MISTAKES}
    assert {name for row in brs.ROWS for name in row.requests} - fixtures == set()


def test_in_every_process_something_can_be_refused() -> None:
    """Each process in which market parties send something has a published rule that a message alone can break."""
    for row in brs.ROWS:
        if row.requests:
            assert any(rule.standing == "published" and rule.needs != "register" for rule in rules.rules_of(row.code))
            refused = [item for item in MISTAKES if item.rule.startswith(f"{row.code}/") and item.verdict == "refused"]
            assert refused, row.code
