"""``ediel validate`` as a tool of every day: what counts, many files, archives, settings, corrections, suggestions."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ediel.cli import cli
from ediel.cli._settings import OPTIONS, defaults
from ediel.cli._wire import MISSING_EXTRA, needs_extra
from ediel.cli.validate import command
from tests.support.mistakes import ROLE, all_of, attribute, mistaken, text
from tests.support.places import FIXTURES

ON = ["--on", "2026-11-25"]
START = FIXTURES / "valid" / "RequestStartOfSupply-101.xml"
TODAY = mistaken("RequestStartOfSupply-101", text("PayloadMPEvent/StartOfOccurrence", "2026-11-25T00:00:00+01:00"))
ISSUER = mistaken("RequestStartOfSupply-101", attribute(ROLE, "listAgencyIdentifier", "89"))


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments, *ON])


def summary(*arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(validate(*arguments, "--format", "json").stdout)
    return document


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ((), {"BRS-NO-101/date", "BRS-NO-101/window-latest"}),
        (("--ignore", "BRS-NO-101/date"), {"BRS-NO-101/window-latest"}),
        (("--ignore", "E17"), set()),
        (("--ignore", "assumed"), {"BRS-NO-101/date"}),
        (("--select", "inferred"), {"BRS-NO-101/date"}),
        (("--select", "brs-no-101/win*"), {"BRS-NO-101/window-latest"}),
        (("--select", "BRS-NO-101", "--ignore", "*/date"), {"BRS-NO-101/window-latest"}),
        (("--select", "XSD"), set()),
    ],
)
def test_select_and_ignore(options: tuple[str, ...], rules: set[str], tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(TODAY)
    document = summary(str(path), *options)
    (message,) = document["files"][0]["messages"]
    assert {item["rule"] for item in message["findings"]} == rules
    assert message["verdict"] == ("doubtful" if rules else "not refused")
    assert document["summary"]["rules_unknown"] == len(message["unknown"])
    said = validate(str(path), *options).stderr
    assert ("left out by --select" in said) == (len(rules) < 2)


def test_what_cannot_be_read_is_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a>")
    assert validate(str(tmp_path), "--ignore", "*").exit_code == 2


def test_a_baseline_knows_what_was_found(tmp_path: Path) -> None:
    path, known = tmp_path / "a.xml", tmp_path / "known.json"
    path.write_bytes(ISSUER)
    assert validate(str(path), "--write-baseline", str(known)).exit_code == 1
    assert "7080001100018" not in known.read_text(encoding="utf-8")
    again = validate(str(path), "--baseline", str(known))
    assert again.exit_code == 0
    assert "1 finding was left out by --select, --ignore or --baseline" in again.stderr
    path.write_bytes(mistaken("RequestStartOfSupply-101", all_of(attribute(ROLE, "listAgencyIdentifier", "89"), attribute("Header/DocumentType", "listAgencyIdentifier", "260"))))  # fmt: skip
    new = summary(str(path), "--baseline", str(known))
    assert [item["code"] for item in new["files"][0]["messages"][0]["findings"]] == ["EH025"]
    known.write_text("{}", encoding="utf-8")
    wrong = validate(str(path), "--baseline", str(known))
    assert wrong.exit_code == 2
    assert "is no baseline; --write-baseline makes one" in wrong.output


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_jobs_say_the_same_in_the_same_order(form: str) -> None:
    folders = [str(FIXTURES / "valid"), str(FIXTURES / "invalid"), "nothing-there.xml"]
    one, several = (validate(*folders, "--format", form, "--jobs", jobs) for jobs in ("1", "3"))
    assert one.exit_code == several.exit_code == 2
    assert one.stdout == several.stdout


def test_a_zip_archive_is_read_like_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "messages.ZIP"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("out/a.xml", START.read_bytes())
        archive.writestr("out/b.XML", TODAY)
        archive.writestr("notes.txt", "no message")
        archive.writestr("__MACOSX/c.xml", "nothing")
    found = summary(str(tmp_path))
    assert [(file["path"].rpartition("!")[2], file["verdict"]) for file in found["files"]] == [
        ("out/a.xml", "not refused"),
        ("out/b.XML", "doubtful"),
    ]
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("a.txt", "nothing")
    nothing = validate(str(empty))
    assert (nothing.exit_code, "No file in the archive ends in .xml or .xml.gz" in nothing.output) == (2, True)
    empty.write_bytes(path.read_bytes()[:200])
    broken = validate(str(empty))
    assert (broken.exit_code, "READ/archive" in broken.output, "Traceback" in broken.output) == (2, True, False)


def test_a_large_member_of_an_archive_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that would unpack to more than a message may be is refused before it is unpacked whole."""
    from ediel.cli._inputs import inputs

    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * 3_000_000)
    ((_, data),) = (item for item in inputs(str(path), 1_000_000) if isinstance(item, tuple))
    assert len(data) == 1_000_001
    monkeypatch.setattr("ediel.serve.archives._MEMBERS", 0)
    (report,) = inputs(str(path), 1_000_000)
    assert not isinstance(report, tuple)
    assert "more than 0" in report.findings[0].text


def test_fix_writes_beside_and_says_what(tmp_path: Path) -> None:
    path = tmp_path / "a.b.xml"
    path.write_bytes(ISSUER)
    result = validate(str(path), "--fix")
    assert result.exit_code == 1
    target = tmp_path / "a.fixed.xml"
    assert f"{target}: not refused" in result.stderr
    assert "listAgencyIdentifier is 6, not 89 (BRS-NO-101/RequestStartOfSupply/role-agency)" in result.stderr
    assert path.read_bytes() == ISSUER
    assert validate(str(target)).exit_code == 0
    (tmp_path / "right.xml").write_bytes(START.read_bytes())
    assert validate(str(tmp_path / "right.xml"), "--fix").exit_code == 0
    assert not (tmp_path / "right.fixed.xml").exists()


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "a.xml").write_bytes(TODAY)
    monkeypatch.chdir(below)
    assert validate("a.xml").exit_code == 0
    (tmp_path / "pyproject.toml").write_text('[tool.ediel.validate]\nfail-on = "inferred"\n', encoding="utf-8")
    assert validate("a.xml").exit_code == 1
    assert validate("a.xml", "--fail-on", "published").exit_code == 0
    (tmp_path / "a" / "ediel.toml").write_text('[validate]\nignore = ["E17"]\nfail-on = "assumed"\n', encoding="utf-8")
    assert validate("a.xml").exit_code == 0
    (below / "ediel.toml").write_text('[hub]\nenvironment = "mt1"\n', encoding="utf-8")
    assert defaults(below)["ignore"] == ["E17"], "a file without options of this command is passed over"
    (below / "ediel.toml").write_text('[validate]\nbaseline = "known.json"\nformat = "json"\n', encoding="utf-8")
    assert defaults(below) == {"known": str(below / "known.json"), "form": "json"}
    (below / "ediel.toml").write_text("[validate]\nfail_on = 1\n", encoding="utf-8")
    wrong = validate("a.xml")
    assert (wrong.exit_code, "[validate] has no option fail_on; did you mean fail-on?" in wrong.output) == (2, True)
    (below / "ediel.toml").write_text("[validate", encoding="utf-8")
    broken = validate("a.xml")
    assert (broken.exit_code, "cannot be read" in broken.output) == (2, True)


def test_settings_are_options_of_the_command() -> None:
    names = {option.removeprefix("--") for item in command.params for option in item.opts}
    assert set(OPTIONS) <= names
    assert not {"on", "show-person-data", "fix"} & set(OPTIONS), "said each time"


def test_a_configuration_of_the_wire_may_hold_them_too(tmp_path: Path) -> None:
    from ediel.transport import Config, InvalidConfig

    path = tmp_path / "ediel.toml"
    path.write_text('[hub]\nenvironment = "mt1"\n[validate]\nlang = "nb"\n[other]\n', encoding="utf-8")
    with pytest.raises(InvalidConfig) as caught:  # a certificate is missing, and there is a table that nobody knows
        Config.read(path)
    assert "other" in str(caught.value)
    assert "validate" not in str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["valdate"], "Did you mean validate"),
        (["mesages"], "Did you mean messages"),
        (["rules", "999"], "did you mean BRS-NO-622 or BRS-NO-623 or BRS-NO-701?"),
        (["rules", "BRS-NO-31"], "did you mean BRS-NO-3"),
        (["codes", "Rol"], "did you mean Role"),
        (["explain", "EH13x"], "did you mean EH13"),
        (["conformance", "show", "DDQ101-1"], "did you mean DDQ101-01"),
    ],
)
def test_what_is_misspelt_is_answered_with_what_was_meant(arguments: list[str], hint: str) -> None:
    done = subprocess.run([sys.executable, "-m", "ediel", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_extra_has_an_exit_code_of_its_own() -> None:
    error = needs_extra(ModuleNotFoundError("No module named 'x'", name="x"), "hub")
    assert isinstance(error, click.ClickException)
    assert error.exit_code == MISSING_EXTRA == 3
    assert "pip install 'ediel[hub]'" in error.message


def test_norwegian(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(TODAY)
    said = validate(str(path), "--lang", "nb").output
    assert said.startswith("tvilsom ")
    assert "advarsel [E17] linje 24: Regelen er brutt: Datoen ligger fram i tid, og er ikke i dag." in said
    assert "16 regler som krever registeret over markedet (--register):" in said
    assert (
        "1 fil, 1 melding sjekket mot skjemaet og 14 regler: 0 avvist, 1 tvilsom, 0 ikke avvist; 16 regler ukjent;"
        in said
    )
