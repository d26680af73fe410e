"""The market profile and the register.

The profile holds the time limits of the processes, as data with a source and a standing per row. A limit that no source
gives is absent. Absent means unknown, never "no limit". The register says what is known of metering points and parties.
``intervals`` is the calculus of days beneath it, ``lines`` and ``point`` what happens to a metering point and when it
was known, ``invariants`` what must always be so, and ``rights`` who may know of which days.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_profile": ("Limit", "Profile", "Settlement", "What", "load"),
    "_register": (
        "Access", "Contract", "EndUser", "Grant", "MeteringPoint", "Party", "PartyGln", "Pending", "Record",
        "Register",
    ),
    "_snapshot": ("RegisterFile", "Snapshot"),
    "_unknown": ("UNKNOWN", "Unknown"),
    "intervals": ("Interval", "Intervals", "Line"),
    "invariants": ("broken",),
    "rights": ("days_of", "may_know"),
    "_window": ("Deadline", "Window", "deadline", "window"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
