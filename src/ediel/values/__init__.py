"""The values store: every metering value that has come, in Parquet files, with a manifest in the engine's own database.

A file without a row in the manifest does not exist. The row is committed with the inbox row of the message that brought
the values, or not at all. Needs the extra ``values``; ``engine.values`` is one.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_folder": ("Folder", "folder"),
    "_store": ("Arrival", "Changes", "ValuesStore"),
    "delta": ("DeltaDelivery", "deliver"),
    "errors": ("ValuesError",),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
