# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.serve._settings import ServeSettings as ServeSettings
from ediel.serve.app import asgi as asgi

__all__ = [
    "ServeSettings",
    "asgi",
]
