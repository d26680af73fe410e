"""``ediel validate --watch``: files are judged again when they are written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from click.testing import CliRunner

from ediel.cli import cli
from ediel.cli._watching import changes
from tests.support.places import FIXTURES

GOOD = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_bytes()


def _moved(path: Path, data: bytes, seconds: int) -> None:
    path.write_bytes(data)
    os.utime(path, (seconds, seconds))


def test_what_is_new_or_written_is_given(tmp_path: Path) -> None:
    """By a clock of its own: whatever happens to the files happens in the pauses."""
    a, b = tmp_path / "a.xml", tmp_path / "b.xml"
    _moved(a, b"1", 1)
    happenings: list[Callable[[], object]] = [
        lambda: None,
        lambda: _moved(b, b"1", 2),
        lambda: None,  # b is whole
        lambda: _moved(a, b"2", 3),
        lambda: _moved(a, b"23", 4),  # and is still being written
        lambda: None,
        lambda: None,
        a.unlink,
        lambda: _moved(a, b"23", 4),
        lambda: None,
    ]
    left = iter(happenings)

    def pause(_: float) -> None:
        next(left, lambda: None)()

    found = [
        [Path(path).name for path in files] for files in islice(changes([str(tmp_path)], (".xml",), pause=pause), 4)
    ]
    assert found == [["a.xml"], ["b.xml"], ["a.xml"], ["a.xml"]]


def test_a_folder_is_watched_until_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "one.xml").write_bytes(GOOD)
    command = [sys.executable, "-u", "-m", "ediel", "validate", "--watch", "--on", "2026-11-25", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        first = _until(run.stdout.readline, "Watching")
        (tmp_path / "two.xml").write_bytes(b"<no")
        second = _until(run.stdout.readline, "Watching")
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 2, "as it stands, one file cannot be read"
        assert "Traceback" not in run.stderr.read()
    assert "one.xml" in first
    assert "two.xml" in second
    assert "one.xml" not in second


def _until(read: Callable[[], str], word: str) -> str:
    text = ""
    ends = time.monotonic() + 120
    while word not in text:
        line = read()
        assert line, text
        text += line
        assert time.monotonic() < ends
    return text


def test_what_cannot_be_watched_is_said() -> None:
    for more in (["-"], ["--format", "json", "a.xml"], ["-o", "x", "a.xml"]):
        result = CliRunner().invoke(cli, ["validate", "--watch", *more])
        assert result.exit_code == 2
        assert "--watch prints text" in result.output
