"""The backend in one piece: the engine, the own tables in the same database, and the handlers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from sqlalchemy.orm import Session, sessionmaker

import ediel
from supplier import handlers
from supplier.tables import connect

__all__ = ["Backend"]


class Backend:
    """What the web pages and the worker share. Safe for threads.

    Args:
        engine: open, with us as balance supplier, and as third party for campaigns.

    Attributes:
        engine: it.
        sessions: transactions of the own tables.
    """

    def __init__(self, engine: ediel.Engine) -> None:
        self.engine = engine
        self._database = connect(engine.store.engine.url.render_as_string(hide_password=False))
        self.sessions: sessionmaker[Session] = sessionmaker(self._database, expire_on_commit=False)
        handlers.subscribe(engine)

    @classmethod
    def open(cls, url: str, party: Iterable[ediel.Party] = ()) -> Self:
        """A backend on a database, such as ``postgresql://...``; all tables are made when they are not there."""
        return cls(ediel.Engine.open(url, party=party))

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()
        self.engine.close()
