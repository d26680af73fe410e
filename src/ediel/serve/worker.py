"""The app as worker processes make it, with the settings that their parent has handed over."""

from __future__ import annotations

from starlette.applications import Starlette

from ediel.serve._settings import ServeSettings
from ediel.serve.app import asgi

__all__ = ["app"]


def app() -> Starlette:
    """The app of one worker process."""
    return asgi(ServeSettings.handed_over())
