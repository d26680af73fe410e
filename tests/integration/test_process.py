"""The command as a process: what a user sees, what is loaded, what is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.places import FIXTURES

VALID = str(FIXTURES / "valid" / "RequestStartOfSupply-101.xml")


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "ediel", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_errors_reach_the_user_as_one_text() -> None:
    for arguments in (["explain", "xyzzy"], ["codes", "Rolle"], ["messages", "Nope"], ["show", "nothing-there"]):
        result = process(*arguments)
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert result.stderr.startswith("ediel: ")
    assert "did you mean Role?" in process("codes", "Rolle").stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m ediel codes Country | head -1"
    result = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from ediel.cli import cli\n"
        "try: cli.main(['--help'], prog_name='ediel')\nexcept SystemExit: pass\n"
        "heavy = {'lxml', 'pydantic', 'xmlschema', 'ediel.messages', 'ediel.xml', 'ediel.codes'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_valid_file_needs_no_xmlschema() -> None:
    code = (
        f"import sys; from ediel.cli import cli\n"
        f"try: cli.main(['validate', {VALID!r}], prog_name='ediel')\nexcept SystemExit: pass\n"
        "heavy = {'xmlschema', 'hypothesis', 'ediel.messages.metering_values', 'ediel.messages.query'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_import_is_light() -> None:
    code = "import sys, ediel; assert not {'lxml', 'pydantic', 'click'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_validate_output_that_cannot_be_written(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("kept")
    result = subprocess.run(
        [sys.executable, "-m", "ediel", "validate", VALID, "--format", "json", "-o", str(blocker / "x")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("ediel: ")
    assert blocker.read_text() == "kept"


def test_folder_without_schemas(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "ediel", "validate", VALID, "--schemas", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "no XSD document" in result.stderr
