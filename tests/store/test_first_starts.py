"""First starts at the same time, newer releases, and tables beside those of a host application."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from ediel.engine import Engine, Party
from ediel.store import SchemaOutOfDate, Store, StoreError, head, revisions
from tests.support.databases import KINDS, url
from tests.support.world import NEW, start

START = """
import sys
sys.stdin.readline()
from ediel.engine import Engine, Party
engine = Engine.open(sys.argv[1], party=Party("7080001100018", "DDQ"))
print(",".join(engine.store.upgraded))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_three_first_starts_at_once(kind: str, tmp_path: Path) -> None:
    """All of them come up; one of them has made the tables."""
    where = url(kind, tmp_path)
    command = [sys.executable, "-c", START, where]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    found = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], [err[-1500:] for _, err in found]
    made = [out.strip() for out, _ in found if out.strip()]
    assert made == [",".join(revisions())], "one makes them, and the others find them"
    engine = Engine.open(where, upgrade=False)
    assert len(engine.parties) == 1
    engine.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("upgrade", [True, False])
def test_a_newer_release_is_refused_with_what_to_do(kind: str, upgrade: bool, tmp_path: Path) -> None:
    where = url(kind, tmp_path)
    store = Store.open(where)
    with store.connection(write=True) as connection:
        connection.execute(text("UPDATE ediel_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(SchemaOutOfDate, match=r"release 9999.*newer release of ediel.*Use that one") as caught:
        Store.open(where, upgrade=upgrade)
    assert "db upgrade" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_keeps_its_own_alembic(kind: str, tmp_path: Path) -> None:
    """The version table of a host application is neither read nor written, whatever is in it."""
    where = url(kind, tmp_path)
    store = Store.open(where)
    with store.connection(write=True) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    store.close()
    again = Store.open(where)
    assert again.upgraded == []
    with again.connection() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
    again.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_with_alembic_comes_first(kind: str, tmp_path: Path) -> None:
    where = url(kind, tmp_path)
    host = create_engine(where.replace("postgresql://", "postgresql+psycopg://"))
    with host.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('5f2a')"))
    store = Store.open(where)
    assert store.revision() == head()
    with store.connection() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "5f2a"
    store.close()
    host.dispose()


def test_an_older_database_brings_its_version_along(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript((Path(__file__).parent / "first-release.sql").read_text(encoding="utf-8"))
    connection.close()
    store = Store.open(f"sqlite:///{path}")
    assert store.upgraded == list(revisions()[1:])
    with store.connection() as opened:
        numbers = [
            opened.execute(text(f"SELECT version_num FROM {table}")).scalar()
            for table in ("ediel_version", "alembic_version")
        ]
    assert numbers == [head(), head()], "a release from before reads the old table, and refuses"
    store.close()


def test_a_schema_of_its_own(tmp_path: Path) -> None:
    """Beside a host application's tables of the same names, and in its transaction."""
    where = url("postgresql", tmp_path)
    host = create_engine(where.replace("postgresql://", "postgresql+psycopg://"))
    with host.begin() as connection:
        connection.execute(text("CREATE TABLE events (host int)"))
    mark = "&" if "?" in where else "?"
    engine = Engine.open(f"{where}{mark}schema=ediel", party=Party(NEW, "DDQ"))
    with host.connect() as connection:
        engine.start(start(), connection=connection)
        connection.execute(text("INSERT INTO events VALUES (7)"))
        assert connection.execute(text("SELECT count(*) FROM events WHERE host = 7")).scalar() == 1
        connection.commit()
    assert len(engine.browse.processes()) == 1
    with host.connect() as connection:
        assert connection.execute(text("SHOW search_path")).scalar() == '"$user", public'
        assert "outbox" in inspect(connection).get_table_names(schema="ediel")
        assert inspect(connection).get_table_names(schema="public") == ["events"]
    engine.close()
    with pytest.raises(StoreError, match="small letters"):
        Store.open(f"{where}{mark}schema=a;b")
    host.dispose()
