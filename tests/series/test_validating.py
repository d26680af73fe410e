"""A large document of values is judged by its columns: the report is that of the ordinary way, to the line."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel.cli import validate
from ediel.series import _matched, validating
from ediel.series.validating import inspect_values
from tests.series.series_fuzz import documents, mutated
from tests.series.test_arriving import collected
from tests.support.places import ROOT
from tests.support.wire import poll_response

pytestmark = pytest.mark.skipif(not _matched.available(), reason="the accelerator was not built")
ON = datetime(2026, 11, 27, 9, tzinfo=UTC)
FIXTURES = sorted((ROOT / "fixtures" / "valid").glob("CollectedData-31[23]*.xml")) + sorted(
    (ROOT / "fixtures" / "valid").glob("NotifyValidated*.xml")
)


def agree(data: bytes, **more: Any) -> bool:
    """Whether the columns have judged a document; then their report is the ordinary one."""
    found = inspect_values(data, path="x", on=ON, **more)
    if found is not None:
        assert found == ediel.inspect(data, path="x", on=ON, **more).report
        assert inspect_values(data, path="x", rules=False) == ediel.inspect(data, path="x", level="schema").report
    return found is not None


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixtures(path: Path) -> None:
    assert agree(path.read_bytes())
    assert agree(gzip.compress(path.read_bytes()))


def test_several_in_one_with_lines() -> None:
    values = [path.read_bytes() for path in FIXTURES if path.stem.startswith("Notify")]
    broken = values[0].replace(b"BRS-NO-313", b"BRS-NO-317")
    other = (ROOT / "fixtures" / "valid" / "Acknowledgement-315-refused.xml").read_bytes()
    response = poll_response(*values, broken, other, values[0], channel="PollMeteringValues")
    assert agree(response)
    assert agree(response, strict=True)


@given(st.integers(0, 2**32), st.sampled_from(["plain", "canonical", "pretty"]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_what_rules_refuse_is_reported_with_its_line(seed: int, form: str, strict: bool) -> None:
    data = collected(Random(seed))
    root = etree.fromstring(data)
    if form == "canonical":
        data = etree.tostring(root, method="c14n", exclusive=True)
    elif form == "pretty":
        data = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    assert agree(data, strict=strict) or b"Identification" in data
    agree(data)


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_of_what_is_not_valid_it_says_nothing_else(seed: int) -> None:
    chance = Random(seed)
    agree(mutated(chance.choice(documents()), chance))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"707057", b"707058"),
        (b"+01:00</abie:RegistrationDateTime>", b"+02:00</abie:RegistrationDateTime>"),
        (b"<rsm:Header>", "<!-- Ã¦ --><rsm:Header>".encode()),
    ],
)
def test_what_is_odd_is_left_to_the_ordinary_way(old: bytes, new: bytes) -> None:
    data = (ROOT / "fixtures" / "valid" / "CollectedData-313-hourly.xml").read_bytes()
    assert old in data
    assert inspect_values(data.replace(old, new), on=ON) is None


def test_the_command_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words and exit codes, and no object per series."""
    one = (ROOT / "fixtures" / "valid" / "CollectedData-313-hourly.xml").read_bytes()
    begin, end = one.index(b"<rsm:PayloadEnergyTimeSeries"), one.index(b"</rsm:PayloadEnergyTimeSeries>") + 30
    ident = ediel.read(one).payloads[0].identification.encode()  # type: ignore[attr-defined]
    series = [one[begin:end].replace(ident, b"00000000-0000-4000-8000-%012d" % number) for number in range(300)]
    series[77] = series[77].replace(b"PT1H", b"PT30M").replace(b"PT60M", b"PT30M")
    path = tmp_path / "a.xml"
    path.write_bytes(one[:begin] + b"\n".join(series) + one[end:])
    assert path.stat().st_size > validating.LEAST
    command = ["--format", "json", "--on", "2026-11-27", str(path)]
    quick = CliRunner().invoke(validate.command, command)
    monkeypatch.setattr("ediel.series.validating.inspect_values", lambda *_, **__: None)
    slow = CliRunner().invoke(validate.command, command)
    assert quick.exit_code == slow.exit_code == 1
    assert quick.output == slow.output
    assert "BRS-NO-313/9" in quick.output
