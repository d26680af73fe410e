"""For procrastinate's own tools: ``EDIEL_DB=postgresql://... procrastinate --app ediel.workers.inspecting.app shell``.

It lists, retries and cancels jobs; it does none.
"""

from __future__ import annotations

import os

from procrastinate import App, PsycopgConnector

from ediel.store import StoreError, url_of
from ediel.workers.procrastinating import conninfo, jobs_schema

__all__ = ["app"]  # noqa: F822 - made when it is asked for


def __getattr__(name: str) -> App:
    """The app, once it is asked for.

    Raises:
        StoreError: EDIEL_DB names no PostgreSQL database.
    """
    if name != "app":
        raise AttributeError(name)
    url = url_of(os.environ.get("EDIEL_DB", "sqlite://"))
    if url.get_backend_name() != "postgresql":
        raise StoreError("EDIEL_DB names no PostgreSQL database; its jobs are what there is to inspect")
    return App(
        connector=PsycopgConnector(conninfo=conninfo(url), kwargs={"options": f"-c search_path={jobs_schema()}"})
    )
