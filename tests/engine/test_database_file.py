"""The file of a database: for its owner alone; and when it goes away, nobody is told that anything was kept."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from ediel.engine import Engine, Party
from ediel.store import DatabaseGone, Store, StoreError
from tests.support.world import NEW, start


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_a_database_is_made_for_its_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        engine = Engine.open(f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"))
        engine.start(start())
        files = sorted(tmp_path.iterdir())
        assert "a.db-wal" in {path.name for path in files}
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        engine.close()
    finally:
        os.umask(before)


def test_rights_that_were_given_stay(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'a.db'}").close()
    (tmp_path / "a.db").chmod(0o640)
    Store.open(f"sqlite:///{tmp_path / 'a.db'}").close()
    assert stat.S_IMODE((tmp_path / "a.db").stat().st_mode) == 0o640


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'a.db'}")
    with pytest.raises(StoreError):
        Store.open(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("how", ["removed", "replaced", "moved", "its folder removed"])
def test_a_database_that_goes_away_keeps_nothing(tmp_path: Path, how: str) -> None:
    """Six messages were fetched, acknowledged, and gone with the process once; health said ok."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "a.db"
    engine = Engine.open(f"sqlite:///{path}", party=Party(NEW, "DDQ"))
    engine.start(start())
    if how == "removed":
        path.unlink()
    elif how == "replaced":
        shutil.copy(path, tmp_path / "copy")
        (tmp_path / "copy").replace(path)
    elif how == "moved":
        path.rename(tmp_path / "elsewhere")
    else:
        shutil.rmtree(folder)
    with pytest.raises(DatabaseGone, match="removed or replaced"):
        engine.receive(b"<no")
    with pytest.raises(DatabaseGone), engine.store.unit():
        raise AssertionError("nothing is begun")
    with pytest.raises(DatabaseGone):
        engine.browse.processes()
    assert not path.exists() or how == "replaced", "no empty database takes its place"
    engine.close()


def test_a_database_that_goes_away_in_the_middle(tmp_path: Path) -> None:
    """What is committed into a file that nobody can reach any more was not kept."""
    path = tmp_path / "a.db"
    store = Store.open(f"sqlite:///{path}")
    with pytest.raises(DatabaseGone), store.unit():
        path.unlink()
    with pytest.raises(DatabaseGone), store.connection(write=True):
        pass
    store.close()
