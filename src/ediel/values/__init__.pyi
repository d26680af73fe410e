# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.values._folder import Folder as Folder
from ediel.values._folder import folder as folder
from ediel.values._store import Arrival as Arrival
from ediel.values._store import Changes as Changes
from ediel.values._store import ValuesStore as ValuesStore
from ediel.values.delta import DeltaDelivery as DeltaDelivery
from ediel.values.delta import deliver as deliver
from ediel.values.errors import ValuesError as ValuesError

__all__ = [
    "Arrival",
    "Changes",
    "DeltaDelivery",
    "Folder",
    "ValuesError",
    "ValuesStore",
    "deliver",
    "folder",
]
