"""What a run leaves behind: JSON, JUnit, a page; and the commands."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from lxml import etree, html

from ediel.cli import cli
from ediel.conformance import (
    CaseResult,
    InvalidCase,
    as_html,
    as_json,
    as_junit,
    as_zip,
    case,
    cases,
    matrix,
    read_case,
    run_case,
)
from ediel.errors import UnknownName

CONTRACT = Path(__file__).parents[1] / "contract"
_ABOUT = {"ediel": "0", "target": "simulator"}
_BAD = """
id = "DDQ101-99"
title = "A start that <nobody> refuses"
title_nb = "Oppstart som ingen avviser"
role = "DDQ"
brs = ["101"]
source = "a test"
standing = "assumed"
[[step]]
do = "start"
order = "ChangeOfSupplier"
with = { metering_point = "$point", settlement = "interval", customer = "$customer", addresses = "$addresses", start = "$day+4" }
[[step]]
expect = "RejectStartOfSupply"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[CaseResult]:
    """A case that passes, and one that does not."""
    path = tmp_path_factory.mktemp("cases") / "bad.toml"
    path.write_text(_BAD, encoding="utf-8")
    return [run_case(case("AG622-03-lapsed")), run_case(read_case(path))]


def test_json_has_every_step_and_message(results: list[CaseResult]) -> None:
    found = json.loads(as_json(results, _ABOUT))
    assert [one["verdict"] for one in found["cases"]] == ["passed", "failed"]
    assert found["cases"][1]["fault"] == "the hub's"
    assert [step["verdict"] for step in found["cases"][1]["steps"]] == ["passed", "failed"]
    assert "ConfirmStartOfSupply" in found["cases"][1]["steps"][1]["text"]
    names = [(one["source"], one["target"], one["name"]) for one in found["cases"][0]["messages"]]
    assert names == [("actor", "hub", "UpdateThirdPartyAccess"), ("hub", "actor", "Acknowledgement")]
    assert all(re.fullmatch("[0-9a-f]{64}", one["digest"]) for one in found["cases"][0]["messages"])


def test_junit_counts(results: list[CaseResult]) -> None:
    root = etree.fromstring(as_junit(results).encode())
    etree.XMLSchema(file=str(CONTRACT / "junit.xsd")).assertValid(root)
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert root.xpath("string(//testcase[failure]/@name)").startswith("DDQ101-99 A start that <nobody> refuses")
    assert root.xpath("string(//failure/@message)").startswith("step 2, actor gets RejectStartOfSupply: expected")


@pytest.mark.parametrize(("language", "word"), [("en", "failed"), ("nb", "ikke bestått")])
def test_the_page_needs_nothing_from_elsewhere(results: list[CaseResult], language: str, word: str) -> None:
    page = as_html(results, _ABOUT, language)  # type: ignore[arg-type]
    root = html.document_fromstring(page)
    assert word in root.text_content()
    assert not root.xpath("//script | //link | //img | //iframe")
    assert all(link.startswith("#") for link in root.xpath("//@href"))
    assert {link[1:] for link in root.xpath("//@href")} == set(root.xpath("//details/@id"))
    assert "<nobody>" not in page
    assert root.xpath("//svg")
    assert len(page) / len(results) < 50_000  # a hundred cases stay below five megabytes
    assert root.xpath("//details[@open]/@id") == ["DDQ101-99"]


def test_no_person_is_in_the_evidence(results: list[CaseResult]) -> None:
    from ediel.conformance._market import market
    from ediel.conformance._run import BEGIN

    people = [resident for point in market(BEGIN.date()).metering_points for resident in point.end_users]
    for text in (as_json(results, _ABOUT), as_html(results, _ABOUT), as_junit(results)):
        for one in people:
            assert one.identification not in text
            assert not one.family_name or one.family_name not in text


def test_the_matrix_counts_every_case() -> None:
    rows = list(matrix())
    assert sum(count for _, _, count, _ in rows) == sum(len(one.brs) for one in cases())
    assert all(count == sum(standings.values()) for _, _, count, standings in rows)
    assert {"101", "102", "103", "303", "313", "315", "317", "611", "622", "701"} <= {
        number for _, number, _, _ in rows
    }
    assert not [one.id for one in cases() if one.standing != "published" and not one.why]


def test_an_unknown_case_is_said_to_be_one() -> None:
    with pytest.raises(UnknownName, match="DDQ101-77"):
        case("DDQ101-77")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id = ", "no TOML"),
        (_BAD.replace('"DDQ101-99"', '"x"'), "id: String should match"),
        (_BAD.replace('expect = "RejectStartOfSupply"', 'why = "nothing"'), "one of them"),
        (_BAD.replace("order =", "ordre ="), "Extra inputs"),
        (_BAD.replace('role = "DDQ"', 'role = "XYZ"'), "role: .*'XYZ' is no role; expected one of AG, .*DDQ"),
        ("a = " + "[" * 100_000 + "]" * 100_000, "no TOML: lists or tables are nested too deeply"),
    ],
)
def test_a_file_that_is_no_case(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "case.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidCase, match=says):
        read_case(path)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["conformance", *arguments])


def test_list_show_and_matrix() -> None:
    listed = _run("list", "--role", "AG", "--brs", "BRS-NO-622").stdout
    assert "AG622-01" in listed
    assert "DDQ" not in listed
    shown = _run("show", "AG622-03-lapsed").stdout
    assert "1. actor starts AccessRequest" in shown
    assert "access is lapsed" in shown
    assert len(_run("matrix").stdout.splitlines()) == 1 + len(list(matrix()))


def test_run_a_case_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(_BAD, encoding="utf-8")
    found = _run("run", "--file", str(path), "--format", "json", "--output", str(tmp_path / "out.json"))
    assert found.exit_code == 1
    assert "step 2, actor gets RejectStartOfSupply: expected RejectStartOfSupply" in found.stderr
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["cases"][0]["case"] == "DDQ101-99"


def test_the_case_in_the_docs_passes(tmp_path: Path) -> None:
    text = (CONTRACT.parents[1] / "docs" / "conformance.md").read_text(encoding="utf-8")
    path = tmp_path / "own.toml"
    path.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert run_case(read_case(path)).verdict == "passed"
    path.write_text(
        path.read_text(encoding="utf-8").replace('state = "accepted"', 'state = "started"'), encoding="utf-8"
    )
    result = run_case(read_case(path))
    assert (result.verdict, result.failed_at, result.fault) == ("failed", 3, "the actor's")


def test_run_of_nothing_is_no_success() -> None:
    found = _run("run", "--role", "XX")
    assert found.exit_code == 2
    assert "no case fits" in found.stderr


def test_a_case_that_asks_for_what_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(_BAD.replace("ChangeOfSupplier", "ChangeOfMind"), encoding="utf-8")
    result = run_case(read_case(path))
    assert (result.verdict, result.fault, result.failed_at) == ("inconclusive", "the case's", 0)
    assert 'skipped="1"' in as_junit([result])


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        (("$day+4", "$tomorrow"), 0, "tomorrow"),
        (("$customer", "$nobody"), 0, "there is no $nobody"),
        (('"RejectStartOfSupply"', '"ConfirmStartOfSupply"\nwhere = { "payload.reasons.9.code" = "E10" }'), 1, ""),
        (('expect = "RejectStartOfSupply"', 'process = "other"\nstate = "accepted"'), 1, "no step has begun other"),
        (('settlement = "interval"', 'settlement = "12818525018"'), 0, "ChangeOfSupplier cannot be made: settlement: "),
    ],
)
def test_a_mistake_in_a_case_is_the_case_s(tmp_path: Path, change: tuple[str, str], place: int, says: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(_BAD.replace(*change), encoding="utf-8")
    result = run_case(read_case(path))
    assert result.failed is not None
    assert result.failed_at == place
    assert says in result.failed.text
    assert "12818525018" not in as_json([result], _ABOUT)


def test_a_run_as_one_file_to_hand_over(results: list[CaseResult]) -> None:
    data = as_zip(results, _ABOUT)
    assert data == as_zip(results, _ABOUT), "the same run, the same bytes"
    with ZipFile(BytesIO(data)) as packed:
        names = set(packed.namelist())
        assert {"evidence-en.html", "evidence-nb.html", "evidence.json", "junit.xml", "SHA256SUMS"} < names
        assert {f"cases/{result.case.id}.json" for result in results} < names
        for line in packed.read("SHA256SUMS").decode().splitlines():
            digest, _, name = line.partition("  ")
            assert sha256(packed.read(name)).hexdigest() == digest


def test_a_template_is_a_case_that_passes(tmp_path: Path) -> None:
    target = tmp_path / "AG611-90.toml"
    assert _run("new", "AG611-90", "--output", str(target)).exit_code == 0
    assert "is there already" in _run("new", "AG611-90", "--output", str(target)).output
    assert "expected a role" in _run("new", "what").output
    assert _run("run", "--file", str(target)).exit_code == 0


@pytest.mark.parametrize("role", ["DDX", "PQ", "DDZ"])
def test_a_role_that_nobody_in_the_market_has_is_told(tmp_path: Path, role: str) -> None:
    target = tmp_path / "AG611-90.toml"
    assert _run("new", "AG611-90", "--output", str(target)).exit_code == 0
    target.write_text(target.read_text().replace('role = "AG"', f'role = "{role}"'))
    found = _run("run", "--file", str(target))
    assert isinstance(found.exception, InvalidCase)
    assert f"AG611-90: no party of the stand-in market is {role}; expected one of AG," in str(found.exception)


def test_a_system_that_does_not_come() -> None:
    found = _run("host", "AG611-01", "--port", "0", "--patience", "0.5", "--format", "json")
    assert found.exit_code == 1
    assert "let your system send RequestUpfrontMeteringPointCharacteristics" in found.stderr
    (one,) = json.loads(found.stdout)["cases"]
    assert (one["verdict"], one["fault"]) == ("failed", "the actor's")
    assert "is none of" in _run("host", "AG611-01", "--misbehaviour", "rain").output
