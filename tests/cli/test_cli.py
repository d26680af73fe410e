"""The command line, command by command."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ediel.cli import _COMMANDS, cli, main
from ediel.errors import InvalidProfile, InvalidRegister, UnknownName
from tests.support.helpers import FAULT
from tests.support.places import FIXTURES

VALID = str(FIXTURES / "valid" / "RequestStartOfSupply-101.xml")
POLL = str(FIXTURES / "valid" / "soap-PollMarketProcesses.xml")
BROKEN = str(FIXTURES / "invalid" / "missing-postcode.xml")
UNREADABLE = str(FIXTURES / "invalid" / "not-closed.xml")


def run(*arguments: str, stdin: bytes | str | None = None) -> Result:
    """Fixtures are judged as on the day they were made for, whenever the tests run."""
    dated = arguments[0] != "validate" or {"--level", "--on"} & set(arguments)
    day = [] if dated else ["--on", "2026-11-25"]
    return CliRunner().invoke(cli, [*arguments, *day], input=stdin)


def test_help_lists_every_command_in_its_own_words() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for name, text in _COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.name == name
        assert command.short_help == text
        assert f"  {name} " in result.output
        assert run(name, "--help").exit_code == 0
    assert run("nonsense").exit_code == 2
    assert "0.1" in run("--version").output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([VALID], 0),
        ([POLL], 0),
        ([str(FIXTURES / "valid")], 0),
        ([BROKEN], 1),
        ([VALID, BROKEN], 1),
        ([UNREADABLE], 2),
        ([VALID, UNREADABLE], 2),
        ([BROKEN, UNREADABLE], 2),
        (["nothing-there.xml"], 2),
        ([VALID, "nothing-there.xml"], 2),
        ([str(FIXTURES / "invalid" / "warning-check-digits.xml")], 0),
    ],
)
def test_validate_exit_codes(arguments: list[str], code: int) -> None:
    assert run("validate", *arguments).exit_code == code


def test_validate_empty_folder_checks_nothing(tmp_path: Path) -> None:
    result = run("validate", str(tmp_path))
    assert result.exit_code == 2
    assert "nothing was checked" in result.output


def test_validate_folder_takes_gzip_and_leaves_other_files(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.xml.gz").write_bytes(gzip.compress(Path(VALID).read_bytes()))
    (tmp_path / "notes.txt").write_text("no message")
    result = run("validate", str(tmp_path))
    assert result.exit_code == 0
    assert (
        "1 file, 1 message checked against the schema and 13 rules: 0 refused, 0 doubtful, 1 not refused"
        in result.output
    )


def test_validate_standard_input() -> None:
    result = run("validate", "-", stdin=Path(VALID).read_bytes())
    assert result.exit_code == 0
    assert "-: RequestStartOfSupply" in result.output


def test_validate_text() -> None:
    result = run("validate", VALID, BROKEN)
    assert "Postcode is missing after BuildingNumber" in result.output
    counts = "2 files, 2 messages checked against the schema and 13 rules: 1 refused, 0 doubtful, 1 not refused"
    assert f"{counts}; 17 rules unknown; 1 error, 0 warnings." in result.output
    assert "unknown      16 rules that need the register of the market (--register):" in result.output
    assert result.output.count("BRS-NO-101/point-known") == 1
    quiet = run("validate", "-q", VALID, BROKEN)
    assert VALID not in quiet.output
    assert BROKEN in quiet.output


@pytest.mark.parametrize("form", ["json", "junit", "sarif", "text"])
def test_validate_forms_and_output(form: str, tmp_path: Path) -> None:
    target = tmp_path / "report"
    result = run("validate", VALID, BROKEN, "--format", form, "--output", str(target))
    assert result.exit_code == 1
    assert "The report is in" in result.output
    printed = run("validate", VALID, BROKEN, "--format", form)
    if form != "text":
        assert target.read_text(encoding="utf-8") == printed.output
    if form == "json":
        document = json.loads(printed.output)
        assert [file["messages"][0]["verdict"] for file in document["files"]] == ["not refused", "refused"]
        finding = document["files"][1]["messages"][0]["findings"][0]
        assert (finding["code"], finding["line"]) == ("XSD", 49)


def test_validate_by_rules(tmp_path: Path) -> None:
    """Inferred rules warn, published ones refuse, --strict refuses both, --level schema asks neither."""
    late = str(tmp_path / "late.xml")
    Path(late).write_bytes(Path(VALID).read_bytes().replace(b"2026-12-01", b"2026-11-25"))
    warned = CliRunner().invoke(cli, ["validate", late, "--on", "2026-11-25"])
    assert warned.exit_code == 0
    assert warned.output.startswith("doubtful ")
    assert "warning [E17] line 24: Rule broken: The date lies ahead, and is not today." in warned.output
    assert "rule     BRS-NO-101/date (inferred)" in warned.output
    assert CliRunner().invoke(cli, ["validate", late, "--on", "2026-11-23"]).output.count("warning [") == 0
    assert CliRunner().invoke(cli, ["validate", late, "--on", "2026-11-25", "--strict"]).exit_code == 1
    passed = CliRunner().invoke(cli, ["validate", late, "--on", "2026-11-26"])
    assert passed.exit_code == 1
    assert passed.output.startswith("refused ")
    assert "rule     BRS-NO-101/not-back (published; code by analogy)" in passed.output
    series = str(tmp_path / "series.xml")
    data = (FIXTURES / "valid" / "CollectedData-313-hourly.xml").read_bytes()
    Path(series).write_bytes(data.replace(b">E13<", b">E30<"))
    refused = CliRunner().invoke(cli, ["validate", series, "--on", "2026-11-25"])
    assert refused.exit_code == 1
    assert "error [EH011]" in refused.output
    assert CliRunner().invoke(cli, ["validate", series, "--level", "schema"]).exit_code == 0
    assert " rules (" not in CliRunner().invoke(cli, ["validate", series, "--level", "schema"]).output
    last = CliRunner().invoke(cli, ["validate", series, "--on", "9999-12-31"])
    assert last.exit_code == 2
    assert "is the last day of the calendar" in last.output
    today = CliRunner().invoke(cli, ["validate", series])
    assert "error [EH011]" in today.output


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        ("2026-11-26", (1, 1, 1, 1)),  # yesterday: published
        ("2026-11-25", (0, 1, 1, 1)),  # today: inferred
        ("2026-09-01", (0, 0, 1, 1)),  # before a window that is assumed
        ("2026-11-20", (0, 0, 0, 1)),  # nothing objects, and the register is not asked
    ],
)
def test_validate_fails_on_what_is_asked_for(on: str, codes: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(Path(VALID).read_bytes().replace(b"2026-12-01", b"2026-11-25"))
    text = path.read_text(encoding="utf-8")
    created = text.partition("Creation>")[2].partition("<")[0]
    path.write_text(text.replace(created, "2026-08-01T10:00:00+02:00"), encoding="utf-8")
    found = tuple(
        run("validate", str(path), "--on", on, "--fail-on", level).exit_code
        for level in ("published", "inferred", "assumed", "unknown")
    )
    assert found == codes
    assert run("validate", str(path), "--on", on).exit_code == codes[0]
    assert run("validate", str(path), "--on", on, "--strict").exit_code == codes[2]


def test_validate_by_a_register(tmp_path: Path) -> None:
    market = str(FIXTURES / "market.json")
    result = run("validate", VALID, "--register", market, "--on", "2026-11-27")
    assert result.exit_code == 0
    assert "and 28 rules: 0 refused, 0 doubtful, 1 not refused." in result.output
    text = Path(market).read_text(encoding="utf-8")
    blocked = tmp_path / "blocked.json"
    blocked.write_text(
        text.replace('"blocked_for_switching": false', '"blocked_for_switching": true'), encoding="utf-8"
    )
    result = run("validate", VALID, "--register", str(blocked), "--on", "2026-11-27")
    assert "warning [E22] line 26: Rule broken: The metering point is not blocked for switching." in result.output
    assert run("validate", VALID, "--register", str(blocked), "--on", "2026-11-27", "--strict").exit_code == 1
    blocked.write_text(text.replace('"status": "E22"', '"status": "on"'), encoding="utf-8")
    assert isinstance(run("validate", VALID, "--register", str(blocked)).exception, InvalidRegister)
    assert isinstance(run("validate", VALID, "--register", "nowhere.json").exception, InvalidRegister)
    access = str(FIXTURES / "valid" / "UpdateThirdPartyAccess-622-add.xml")
    unknown = tmp_path / "unknown.json"
    unknown.write_text('{"complete": true}', encoding="utf-8")
    result = run("validate", access, "--register", str(unknown))
    assert result.exit_code == 1
    assert "error [E10] line 27: Rule broken: The metering point is registered." in result.output


def test_validate_by_a_profile_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[[limit]]\n", encoding="utf-8")
    assert isinstance(run("validate", VALID, "--profile", str(path)).exception, InvalidProfile)
    monkeypatch.setenv("EDIEL_PROFILE", str(path))
    assert isinstance(run("validate", VALID).exception, InvalidProfile)


def test_rules() -> None:
    assert "BRS-NO-313" in run("rules").output
    listed = run("rules", "313").output
    assert "BRS-NO-313/13  Payload  E87  published" in listed
    rows = json.loads(run("rules", "BRS-NO-313", "--format", "json").output)
    assert {"key": "BRS-NO-313/13", "code": "E87"}.items() <= next(
        row for row in rows if row["key"].endswith("/13")
    ).items()
    assert len(json.loads(run("rules", "--format", "json").output)) > len(rows)
    assert "| BRS-NO-313/13 | Payload | E87 |" in run("rules", "313", "--format", "markdown").output
    assert "| process | published |" in run("rules", "--format", "markdown").output
    assert isinstance(run("rules", "999").exception, UnknownName)
    explained = run("explain", "brs-no-313/13").output
    assert "code E87" in explained
    assert "published; source: VAL-313" in explained


def test_validate_by_other_schemas() -> None:
    from ediel.xml import packaged

    assert run("validate", VALID, "--schemas", str(packaged().root)).exit_code == 0


def test_people_are_masked_unless_asked_for(tmp_path: Path) -> None:
    data = Path(VALID).read_bytes().replace(b">Kari<", b">" + b"Kari" * 30 + b"<")
    assert "Kari" not in run("validate", "-", stdin=data).output
    assert "KariKari" in run("validate", "-", "--show-person-data", stdin=data).output
    assert "Testesen" not in run("show", VALID).output
    assert "Testesen" in run("show", VALID, "--show-person-data").output
    for form in ("json", "xml"):
        assert "Testesen" not in run("show", VALID, "--format", form).output
        assert "Testesen" in run("show", VALID, "--format", form, "--show-person-data").output


def test_show_text() -> None:
    result = run("show", VALID)
    assert result.exit_code == 0
    assert "document_type: 392 (request for start of supply)" in result.output
    assert "family_name: ***" in result.output
    values = run("show", str(FIXTURES / "valid" / "CollectedData-313-quarter-hourly.xml")).output
    assert "observations: 96 values" in values
    assert "... and 72 more" in values
    assert "Estimated (56, V002, E001)" in values
    reject = run("show", str(FIXTURES / "valid" / "RejectStartOfSupply-101.xml")).output
    assert "reasons[1]: E17 (requested date is outside the time limits)" in reject


def test_show_several_and_none() -> None:
    several = run("show", POLL)
    assert several.output.count("\nheader:") == 0
    assert several.exit_code == 0
    assert [item["message"] for item in json.loads(run("show", POLL, "--format", "json").output)] == [
        "ConfirmStartOfSupply",
        "NotifyStartOfSupply",
        "Acknowledgement",
    ]
    partly = run("show", str(FIXTURES / "invalid" / "poll-one-of-three-wrong.xml"))
    assert partly.exit_code == 1
    assert "StatusType is not allowed" in partly.output
    assert run("show", BROKEN).exit_code == 1
    assert run("show", UNREADABLE).exit_code == 2


def test_show_fault() -> None:
    result = run("show", "-", stdin=FAULT)
    assert '"code_group": "XSD"' in result.output
    assert result.exit_code == 2


@pytest.mark.parametrize("path", sorted((FIXTURES / "valid").glob("[A-Z]*.xml")), ids=lambda path: path.stem)
def test_show_then_generate_gives_the_message_back(path: Path, tmp_path: Path) -> None:
    import ediel

    shown = run("show", str(path), "--format", "json", "--show-person-data")
    target = tmp_path / "out.xml"
    made = run("generate", "-", "--output", str(target), stdin=shown.output)
    assert made.exit_code == 0, made.output
    assert ediel.read(target.read_bytes()) == ediel.read(path.read_bytes())


def test_generate_says_what_is_wrong(tmp_path: Path) -> None:
    for text, problem in (
        ("{", "not JSON"),
        ('{"message": "PollForDate"}', "did you mean PollForData?"),
        ('{"message": "PollForData", "header": {"creation": "now"}}', "header.creation: expected a date and time"),
    ):
        result = run("generate", "-", stdin=text)
        assert result.exit_code == 1
        assert problem in result.output
        assert "Traceback" not in result.output


def test_messages_and_codes() -> None:
    listed = run("messages")
    assert len(listed.output.splitlines()) == 28
    assert len(json.loads(run("messages", "--format", "json").output)) == 28
    assert "moveInToSLR" in run("messages", "requeststartofsupply").output
    assert "Observation" in run("messages", "CollectedData").output
    assert json.loads(run("messages", "PollForData", "--format", "json").output)["title"] == "PollForData"
    assert "DocumentType" in run("codes").output
    assert json.loads(run("codes", "--format", "json").output)["Role"] == 12
    assert "balance supplier / kraftleverandør" in run("codes", "role").output
    assert "meaning not published" in run("codes", "ValidationCode").output
    assert json.loads(run("codes", "Quality", "--format", "json").output)[0]["code"] == "56"


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        (
            "E17",
            ["code E17 of MeteringPointType: consumption", "code E17 of ResponseReason", "used in: MeteringPointType"],
        ),
        ("eh095", ["metering point cannot be activated", "used in: ResponseReasonType"]),
        ("EH140", ["meaning not published"]),
        ("101", ["BRS-NO-101", "leverandørskifte"]),
        ("DDQ", ["balance supplier"]),
        ("ConsentID", ["Access API", "RequestStartOfSupply"]),
        ("Quality", ["element @Quality", "code list Quality"]),
        (
            "RequestStartOfSupply",
            ["namespace urn:no:elhub:emif:market:RequestStartOfSupply:v2", "fetched from PollMarketProcesses"],
        ),
        ("ResponseUpfrontMeteringPointCharacteristics", ["in the same call"]),
        ("7080003824349", ["market party (GLN)", "it is right"]),
        ("metering_point", ["MeteringPointId"]),
        ("header", ["holds Identification"]),
    ],
)
def test_explain(word: str, texts: list[str]) -> None:
    result = run("explain", word)
    assert result.exit_code == 0
    for text in texts:
        assert text in result.output


def test_explain_does_not_repeat_a_person() -> None:
    result = run("explain", "12818525001")
    assert "12818525001" not in result.output


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        ("7080003824349", 0, "market party (GLN) / aktør (GLN): right"),
        ("7080003824340", 1, "the check digit is 0, it should be 9"),
        ("8716867000030", 0, "product, active energy"),
        ("hello", 1, "no identifier"),
        ("12345678901", 1, "***: national identity number"),
    ],
)
def test_id(value: str, code: int, text: str) -> None:
    result = run("id", value)
    assert result.exit_code == code
    assert text in result.output


def test_unexpected_errors_are_ours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(cli, "main", fail)
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "internal error (RuntimeError)" in capsys.readouterr().err
    monkeypatch.setenv("EDIEL_DEBUG", "1")
    with pytest.raises(RuntimeError):
        main([])
