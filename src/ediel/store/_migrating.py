"""Bringing the tables to this release: by one process at a time, and beside the tables of somebody else.

Which migrations have run stands in a table of our own, so that a host application keeps ``alembic_version`` for itself.
Releases before migration 0016 wrote theirs there; it is read once, and left behind for them to see.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, TableClause, column, insert, inspect, select, table, update

from ediel.store._revisions import VERSIONS, config, head, revisions
from ediel.store.errors import SchemaOutOfDate

__all__ = ["is_newest", "make_schema", "revision", "upgrade"]

_BEFORE: Final = "alembic_version"
_OURS: Final = "dead_letters"
"""A table that is there since the first migration: where it is not, ``alembic_version`` is somebody else's."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('ediel migrations', 0))"


def revision(engine: Engine) -> str | None:
    """Number of the newest migration that has run; ``None`` for an empty database."""
    with engine.connect() as connection:
        return _revision(connection)


def make_schema(engine: Engine, schema: str) -> None:
    """Make a schema of PostgreSQL where it is not there yet."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_LOCK)  # two that make it at a time would both find it absent
        quoted = engine.dialect.identifier_preparer.quote(schema)
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")


def upgrade(engine: Engine) -> list[str]:
    """Bring the tables to this release; returns the numbers of the migrations that ran.

    All of them run in one transaction, and whoever comes meanwhile waits for it: several processes may begin at once.

    Raises:
        SchemaOutOfDate: a newer release has upgraded them.
    """
    if is_newest(revision(engine)):
        return []
    from alembic import command  # noqa: PLC0415 - only when it is needed: it takes a while to load

    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(_LOCK)
        before = _revision(connection)  # another process may have been quicker
        if is_newest(before):
            connection.rollback()
            return []
        adopted = before is not None and not inspect(connection).has_table(VERSIONS)
        if adopted:
            connection.exec_driver_sql(
                f"CREATE TABLE {VERSIONS} (version_num VARCHAR(32) NOT NULL, "
                f"CONSTRAINT {VERSIONS}_pkc PRIMARY KEY (version_num))"
            )
            connection.execute(insert(_numbers(VERSIONS)).values(version_num=before))
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        if adopted:  # an earlier release must see that a newer one was here
            connection.execute(update(_numbers(_BEFORE)).values(version_num=head()))
        connection.commit()
    order = list(revisions())
    return order if before is None else order[order.index(before) + 1 :]


def is_newest(found: str | None) -> bool:
    """Whether the tables are those of this release.

    Raises:
        SchemaOutOfDate: they are of a newer one.
    """
    if found is not None and found not in revisions():
        raise SchemaOutOfDate(
            f"the tables are of release {found}, and this release knows them up to {head()}: a newer release of "
            "ediel has upgraded them. Use that one, or restore a backup from before",
            found,
        )
    return found == head()


def _revision(connection: Connection) -> str | None:
    inspector = inspect(connection)
    if inspector.has_table(VERSIONS):
        name = VERSIONS
    elif inspector.has_table(_BEFORE) and inspector.has_table(_OURS):
        name = _BEFORE
    else:
        return None
    found = connection.execute(select(_numbers(name))).scalar()
    return None if found is None else str(found)


def _numbers(name: str) -> TableClause:
    return table(name, column("version_num"))
