"""Opening a database: SQLite embedded, PostgreSQL by URL. One transaction per unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, PendingRollbackError
from sqlalchemy.pool import PoolProxiedConnection

from ediel.store._file import DatabaseFile, file_of
from ediel.store._held import Held, Turn
from ediel.store._keyring import Keyring, has_keys, key_of, load_keys
from ediel.store._migrating import is_newest, make_schema, revision, upgrade
from ediel.store._opening import connect, same_database, schema_of, searching, url_of
from ediel.store._revisions import head
from ediel.store._sealed import keys_of, use_keys
from ediel.store._statements import Statement, Statements
from ediel.store._translated import translated
from ediel.store._unit import Unit, Values
from ediel.store.errors import DatabaseAway, SchemaOutOfDate, StoreError

_JOINED: Final[ContextVar[tuple[Store, Connection] | None]] = ContextVar("joined", default=None)
"""The transaction that everything of this thread or task writes into, where there is one."""
_HELD: Final[ContextVar[tuple[Store, Held] | None]] = ContextVar("held", default=None)
"""The connection that everything of this thread or task uses, where there is one."""


class Store:
    """A database with the tables of this release.

    ``Store.open("sqlite:///market.db")`` or ``Store.open("postgresql://...")``. Safe to share between threads.
    ``?schema=ediel`` at the end of a PostgreSQL URL keeps all tables in a schema of their own.

    Attributes:
        upgraded: numbers of the migrations that ran when it was opened.
        schema: the schema of PostgreSQL that holds the tables, where the URL names one.
        trace: gives the span in which rows are written, as a ``traceparent``; ``None`` where nothing is traced.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.dialect = engine.dialect.name
        self.schema = schema_of(engine.url)
        self._statements = Statements(engine.dialect)
        self._idle: list[PoolProxiedConnection] = []
        self._turn: AbstractContextManager[None] = Turn() if self.dialect == "sqlite" else nullcontext()
        path = file_of(engine.url)
        self._file = None if path is None else DatabaseFile(path)
        module: Any = engine.dialect.loaded_dbapi
        self._errors: tuple[type[Exception], ...] = (module.Error,)
        self.upgraded: list[str] = []
        self.trace: Callable[[], str | None] = lambda: None

    @classmethod
    def open(cls, url: str, *, upgrade: bool = True, key: bytes | str | None = None) -> Self:
        """A store at a URL; the tables are made, or brought to this release, unless ``upgrade`` is false.

        Args:
            url: ``sqlite:///FILE`` or ``postgresql://...``.
            upgrade: bring the tables to this release.
            key: 32 bytes by which the database is encrypted, or will be from now on; that of ``EDIEL_KEY_FILE`` or
                ``EDIEL_KEY`` when not given, and none where there is neither.

        Raises:
            WrongKey: the database is encrypted, and the key is another, or none.
            StoreError: the URL is wrong, its driver is not installed, or the database cannot be reached.
            SchemaOutOfDate: the tables are of another release and ``upgrade`` is false.
        """
        try:
            engine = connect(url_of(url))
        except OSError as error:
            raise StoreError(f"the database cannot be made: {error.strerror or type(error).__name__}") from None
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise StoreError(
                f"{url.partition('@')[0].partition('://')[0]}: this is no database URL that can be used: {error}. "
                "Give sqlite:///FILE, or postgresql://... with the extra ediel[postgres] installed"
            ) from None
        store = cls(engine)
        try:
            if upgrade:
                if store.schema is not None:
                    make_schema(engine, store.schema)
                store.upgraded = store.upgrade()
            elif not is_newest(found := store.revision()):
                raise SchemaOutOfDate(
                    f"the tables are of release {found or 'none'}, expected {head()}: run ediel db upgrade", found
                )
            store.unlock(key_of(key))
        except DBAPIError as error:
            store.close()
            raise translated(error.orig or error, "cannot be used") from None
        except BaseException:
            store.close()
            raise
        return store

    def unlock(self, key: bytes | None, *, make: bool = True) -> None:
        """Get at the keys of the database; ``make`` them where it has none and one is given.

        Raises:
            WrongKey: the database is encrypted, and the key is another, or none.
        """
        with self.connection() as connection:
            known = has_keys(connection)
        if not known and (key is None or not make):
            return
        with self.connection(write=not known) as connection:
            self.use_keys(load_keys(connection, key))

    @property
    def keys(self) -> Keyring | None:
        """The data keys of an encrypted database."""
        return keys_of(self.engine.dialect)

    def use_keys(self, keys: Keyring | None) -> None:
        """Seal and open by these keys from now on."""
        use_keys(self.engine.dialect, keys)
        self._statements = Statements(self.engine.dialect)

    def upgrade(self) -> list[str]:
        """Bring the tables to this release; returns the numbers of the migrations that ran.

        Raises:
            SchemaOutOfDate: a newer release has upgraded them.
        """
        return upgrade(self.engine)

    def revision(self) -> str | None:
        """Number of the newest migration that has run; ``None`` for an empty database."""
        return revision(self.engine)

    def unit(self, *, locks: tuple[str, ...] = ()) -> AbstractContextManager[Unit]:
        """A unit of work: what it writes is committed together at the end, or not at all.

        Args:
            locks: names that no two units hold at a time, such as metering points. (SQLite has one writer anyway.)

        Raises:
            Conflict: another writer was there first.
            DatabaseGone: the file of the database was removed or replaced; what was written may be lost.
            StoreError: the database refuses, for instance because the disk is full.
        """
        joined = self.joined()
        if joined is not None:
            return self._part(joined, locks)
        return self._in_held(locks) if self._held() is not None else _OwnUnit(self, locks)

    @contextmanager
    def _in_held(self, locks: tuple[str, ...]) -> Iterator[Unit]:
        """A unit of work with the connection that is held."""
        with self._raw(write=True) as connection, _OwnUnit(self, locks, connection) as unit:
            yield unit

    def _lock(self, cursor: DBAPICursor, locks: tuple[str, ...]) -> None:
        for name in sorted(set(locks)) if self.dialect == "postgresql" else ():
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    def joined(self) -> Connection | None:
        """The transaction of somebody else that this thread or task writes into; ``None`` when there is none."""
        joined = _JOINED.get()
        return joined[1] if joined is not None and joined[0] is self else None

    @contextmanager
    def join(self, connection: Connection) -> Iterator[None]:
        """Let everything that this thread or task writes go into a transaction of somebody else.

        Whoever began the transaction commits it, or rolls it back with all that was written here.

        Args:
            connection: a connection of SQLAlchemy to the same database, in a transaction.

        Raises:
            StoreError: it is a connection to another database.
        """
        if not same_database(connection.engine.url, self.engine.url):
            raise StoreError(
                f"the connection is to {connection.engine.url.render_as_string()}; "
                f"expected one to {self.engine.url.render_as_string()}, the database of the engine"
            )
        if self.keys is not None:  # what is read and written there by SQLAlchemy is sealed and opened, too
            use_keys(connection.dialect, self.keys)
        token = _JOINED.set((self, connection))
        try:
            with nullcontext() if self.schema is None else searching(connection, self.schema):
                yield
        finally:
            _JOINED.reset(token)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that everything of this thread or task goes into; committed at the end, or not at all.

        Raises:
            StoreError: the database refuses.
        """
        with self.connection(write=True) as connection, self.join(connection):
            yield connection

    @contextmanager
    def _part(self, connection: Connection, locks: tuple[str, ...]) -> Iterator[Unit]:
        """A unit of work inside a transaction of somebody else."""
        connection.begin_nested().commit()  # begins the transaction where the driver has not done so yet
        cursor = connection.connection.cursor()
        try:
            self._lock(cursor, locks)
            unit = Unit(cursor, self._statements, self._errors, self.trace)
            yield unit
            unit.flush()
        except self._errors as error:
            raise translated(error) from error
        finally:
            cursor.close()

    @contextmanager
    def connection(self, *, write: bool = False) -> Iterator[Connection]:
        """A connection for lists, and for tables of somebody else; what it writes is committed at the end.

        Raises:
            StoreError: the database refuses.
        """
        joined = self.joined()
        if joined is not None:
            try:
                yield joined
            except DBAPIError as error:
                raise translated(error.orig or error) from error
            except PendingRollbackError as error:
                raise DatabaseAway("the connection was lost in the middle of a transaction; try again later") from error
            return
        held = self._held()
        try:
            self._check_file()
            with (
                self._turn if write else nullcontext(),
                self.engine.connect() if held is None else held.part(write=write) as connection,
            ):
                if write and self.dialect == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver itself begins nothing
                try:
                    yield connection
                except BaseException:
                    if held is None:  # a connection that is held rolls back by itself
                        connection.rollback()
                    raise
                if write:
                    connection.commit()
                    self._check_file()
        except DBAPIError as error:
            raise translated(error.orig or error) from error
        except PendingRollbackError as error:
            raise DatabaseAway("the connection was lost in the middle of a transaction; try again later") from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do everything of this thread or task with one connection, which is opened when it is needed.

        For what asks often, such as a call to a hub. Transactions begin and end in it as they do elsewhere.
        """
        if self._held() is not None or self.joined() is not None:
            yield
            return
        held = Held(self.engine)
        token = _HELD.set((self, held))
        try:
            yield
        finally:
            _HELD.reset(token)
            held.close()

    def _held(self) -> Held | None:
        held = _HELD.get()
        return held[1] if held is not None and held[0] is self else None

    def compiled(self, statement: Select[Any]) -> Statement:
        """A statement that is written once, for ``rows``; its ``bindparam`` are filled in the order of its text."""
        return self._statements.compiled(statement)

    def rows(self, statement: Statement, *parameters: object) -> list[Values]:
        """Rows of a compiled statement, as the driver gives them: for what is asked with every message.

        Raises:
            StoreError: the database refuses.
        """
        self._check_file()
        joined = self.joined()
        with self._raw() if joined is None else nullcontext(joined.connection) as connection:
            try:
                cursor = connection.cursor()
                try:
                    cursor.execute(statement.text, statement.key(*parameters))
                    return [statement.row(row) for row in cursor.fetchall()]
                finally:
                    cursor.close()
            except self._errors as error:
                raise translated(error) from error

    def _check_file(self) -> None:
        """Is what is written there to stay? Asked before, so that no empty database is made, and after a commit."""
        if self._file is not None:
            self._file.check()

    @contextmanager
    def _raw(self, *, write: bool = False) -> Iterator[PoolProxiedConnection]:
        """A connection of the driver: the one that is held, or one of those that wait to be used again."""
        held = self._held()
        if held is not None:
            with held.part(write=write) as connection:
                yield connection.connection
            return
        own = self._new()
        try:
            yield own
        finally:
            self._give_back(own)

    def _new(self) -> PoolProxiedConnection:
        """A connection of the driver.

        Raises:
            StoreError: the database cannot be reached.
        """
        try:
            return self._connection()
        except DBAPIError as error:
            raise translated(error.orig or error) from error
        except self._errors as error:
            raise translated(error) from error

    def _roll_back(self, connection: PoolProxiedConnection) -> None:
        """Roll back; where the connection is lost, the database has done so, and it is not used again."""
        try:
            connection.rollback()
        except self._errors:
            connection.invalidate()

    def _connection(self) -> PoolProxiedConnection:
        """A connection for a unit; to an SQLite file, one that was used before where there is one."""
        try:
            return self._idle.pop()
        except IndexError:
            return self.engine.raw_connection()

    def _give_back(self, connection: PoolProxiedConnection) -> None:
        if self.dialect == "sqlite":
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Let go of every connection."""
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


class _OwnUnit:
    """A unit of work that is a transaction of its own."""

    def __init__(self, store: Store, locks: tuple[str, ...], connection: PoolProxiedConnection | None = None) -> None:
        self._store = store
        self._locks = locks
        self._given = connection

    def __enter__(self) -> Unit:
        store = self._store
        store._turn.__enter__()
        try:
            store._check_file()
            self._connection = self._given or store._new()
        except BaseException:
            store._turn.__exit__(None, None, None)
            raise
        self._cursor = self._connection.cursor()
        try:
            if store.dialect == "sqlite":
                self._cursor.execute("BEGIN IMMEDIATE")
            store._lock(self._cursor, self._locks)
        except BaseException as error:
            self._ended(error)
            raise
        self._unit = Unit(self._cursor, store._statements, store._errors, store.trace)
        return self._unit

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            try:
                self._unit.flush()
                if self._store.dialect == "sqlite":
                    self._cursor.execute("COMMIT")  # prepared once; that of the driver is prepared each time
                else:
                    self._connection.commit()
                self._store._check_file()
            except BaseException as failure:
                self._ended(failure)
                raise
        self._ended(error)

    def _ended(self, error: BaseException | None) -> None:
        """Roll back after an error, and let go of everything.

        Raises:
            StoreError: it was an error of the database.
        """
        store = self._store
        try:
            if error is not None:
                store._roll_back(self._connection)
                if isinstance(error, store._errors):
                    raise translated(error) from error
        finally:
            self._cursor.close()
            if self._given is None:
                store._give_back(self._connection)
            store._turn.__exit__(None, None, None)
