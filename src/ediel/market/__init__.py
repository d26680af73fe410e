"""The market profile and the register.

The profile holds the time limits of the processes, as data with a source and a standing per row. A limit that no source
gives is absent. Absent means unknown, never "no limit". The register says what is known of metering points and parties.
``intervals`` is the calculus of days beneath it, ``lines`` and ``point`` what happens to a metering point and when it
was known, ``invariants`` what must always be so, and ``rights`` who may know of which days.
"""

from typing import TYPE_CHECKING, Final

from ediel._lazy import lazily

if TYPE_CHECKING:
    from ediel.market._profile import Limit, Profile, Settlement, What, load
    from ediel.market._register import (
        Access,
        Contract,
        EndUser,
        Grant,
        MeteringPoint,
        Party,
        PartyGln,
        Pending,
        Record,
        Register,
    )
    from ediel.market._snapshot import RegisterFile, Snapshot
    from ediel.market._unknown import UNKNOWN, Unknown
    from ediel.market._window import Deadline, Window, deadline, window
    from ediel.market.intervals import Interval, Intervals, Line, LineRefused
    from ediel.market.invariants import broken
    from ediel.market.rights import days_of, may_know

_HOME: Final[dict[str, str]] = {
    **dict.fromkeys(("Limit", "Profile", "Settlement", "What", "load"), "_profile"),
    **dict.fromkeys(("Deadline", "Window", "deadline", "window"), "_window"),
    **dict.fromkeys(
        (
            "Access",
            "Contract",
            "EndUser",
            "Grant",
            "MeteringPoint",
            "Party",
            "PartyGln",
            "Pending",
            "Record",
            "Register",
        ),
        "_register",
    ),
    **dict.fromkeys(("UNKNOWN", "Unknown"), "_unknown"),
    **dict.fromkeys(("RegisterFile", "Snapshot"), "_snapshot"),
    **dict.fromkeys(("Interval", "Intervals", "Line", "LineRefused"), "intervals"),
    **dict.fromkeys(("days_of", "may_know"), "rights"),
    "broken": "invariants",
}

__getattr__ = lazily(__name__, _HOME, globals())

__all__ = [
    "UNKNOWN",
    "Access",
    "Contract",
    "Deadline",
    "EndUser",
    "Grant",
    "Interval",
    "Intervals",
    "Limit",
    "Line",
    "LineRefused",
    "MeteringPoint",
    "Party",
    "PartyGln",
    "Pending",
    "Profile",
    "Record",
    "Register",
    "RegisterFile",
    "Settlement",
    "Snapshot",
    "Unknown",
    "What",
    "Window",
    "broken",
    "days_of",
    "deadline",
    "load",
    "may_know",
    "window",
]
