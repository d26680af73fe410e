"""Messages by folders: links, files that cannot be read, files without end; and who may read what is written."""

from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

import ediel.transport.folder as module
from ediel.cli._files import emit, shown
from ediel.codes import BusinessProcess
from ediel.testing import conforming
from ediel.transport import Answer, Fate, Folders
from ediel.xml import Limits, write


class Clients:
    """Somebody who takes every message, and remembers what came."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def __call__(self, _sender: str) -> Any:
        return self

    def call(self, message: Any, _service: str | None = None) -> Any:
        self.sent.append(str(message.header.identification))
        return Answer()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Folders, Path, Path, Clients]:
    incoming, outgoing, clients = tmp_path / "in", tmp_path / "out", Clients()
    incoming.mkdir()
    return Folders(incoming, outgoing, clients, ()), incoming, outgoing, clients


def message(number: int) -> bytes:
    made = conforming(
        BusinessProcess.BRS_NO_622, "UpdateThirdPartyAccess", random=Random(number), on=date(2026, 11, 27)
    )
    return write(made)


def turn(folders: Folders) -> dict[str, Fate]:
    return {fate.name: fate for fate in folders.turn(poll=False)}


def test_a_link_is_not_followed(folders: tuple[Folders, Path, Path, Clients], tmp_path: Path) -> None:
    """It could name any file that the daemon may read, and what is in it would be written where others read."""
    made, incoming, outgoing, clients = folders
    (tmp_path / "secret").write_bytes(message(1))
    (incoming / "a.xml").symlink_to(tmp_path / "secret")
    (incoming / "b.xml").symlink_to(tmp_path / "nothing")
    (incoming / "c.xml").write_bytes(message(2))
    found = turn(made)
    assert found["a.xml"].outcome == found["b.xml"].outcome == "later"
    assert "link" in found["a.xml"].text
    assert found["c.xml"].outcome == "sent", found["c.xml"].text
    assert len(clients.sent) == 1
    assert (incoming / "a.xml").is_symlink()
    assert [path.name for path in outgoing.rglob("*.xml")] == ["c.xml"]


def test_one_file_that_cannot_be_read_stops_nothing(
    folders: tuple[Folders, Path, Path, Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, incoming, _, clients = folders
    for name in ("a", "b", "c", "d"):
        (incoming / f"{name}.xml").write_bytes(message(ord(name)))
    whole = module._read

    def broken(path: Path) -> bytes | None:
        if path.name == "a.xml":
            raise OSError(5, "Input/output error")
        if path.name == "b.xml":
            path.unlink()
        if path.name == "c.xml":
            raise MemoryError
        return whole(path)

    monkeypatch.setattr(module, "_read", broken)
    found = turn(made)
    assert [found[f"{name}.xml"].outcome for name in "abcd"] == ["later", "later", "later", "sent"]
    assert "Input/output error" in found["a.xml"].text
    assert len(clients.sent) == 1


def test_a_file_without_end_is_set_aside(
    folders: tuple[Folders, Path, Path, Clients], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight gigabytes ended the command once, again and again."""
    made, incoming, outgoing, _ = folders
    monkeypatch.setattr(module, "LIMITS", Limits(size=1_000_000))
    with (incoming / "a.xml").open("wb") as file:
        file.truncate(2_000_000)
    (incoming / "b.xml").write_bytes(message(3))
    found = turn(made)
    assert (found["a.xml"].outcome, found["b.xml"].outcome) == ("refused", "sent")
    assert "1000000 bytes" in found["a.xml"].text
    assert sorted(path.name for path in (outgoing / "refused").iterdir()) == ["a.xml", "a.xml.report.txt"]
    assert turn(made) == {}


def test_no_pipe_is_waited_for(folders: tuple[Folders, Path, Path, Clients]) -> None:
    made, incoming, _, _ = folders
    os.mkfifo(incoming / "a.xml")
    (incoming / "b.xml").mkdir()
    assert turn(made) == {}


def test_endings_in_capitals(folders: tuple[Folders, Path, Path, Clients]) -> None:
    made, incoming, outgoing, _ = folders
    (incoming / "A.XML").write_bytes(message(4))
    assert turn(made)["A.XML"].outcome == "sent"
    assert (outgoing / "sent" / "A.XML").is_file()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_what_is_written_is_for_its_owner_alone(
    folders: tuple[Folders, Path, Path, Clients], umask: int, tmp_path: Path
) -> None:
    if umask == 0o777 and os.geteuid() != 0:
        pytest.skip("nobody but root works with such a umask")
    made, incoming, outgoing, _ = folders
    (incoming / "a.xml").write_bytes(message(5))
    (incoming / "b.xml").write_bytes(b"<no")
    before = os.umask(umask)
    try:
        turn(made)
        emit(b"1", str(tmp_path / "private"), private=True)
    finally:
        os.umask(before)
    files = [path for path in outgoing.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*files, tmp_path / "private")} <= {0o600, 0o600 & ~umask}


def test_names_are_printed_safely() -> None:
    assert shown("a\nsent      forged.xml: was taken") == "a\\x0asent      forged.xml: was taken"
    assert shown("a\x1b[31m\x9b\u202e.xml") == "a\\x1b[31m\\x9b\\x202e.xml"
    assert shown("målepunkt.xml") == "målepunkt.xml"
