# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.market._profile import Limit as Limit
from ediel.market._profile import Profile as Profile
from ediel.market._profile import Settlement as Settlement
from ediel.market._profile import What as What
from ediel.market._profile import load as load
from ediel.market._register import Access as Access
from ediel.market._register import Contract as Contract
from ediel.market._register import EndUser as EndUser
from ediel.market._register import Grant as Grant
from ediel.market._register import MeteringPoint as MeteringPoint
from ediel.market._register import Party as Party
from ediel.market._register import PartyGln as PartyGln
from ediel.market._register import Pending as Pending
from ediel.market._register import Record as Record
from ediel.market._register import Register as Register
from ediel.market._snapshot import RegisterFile as RegisterFile
from ediel.market._snapshot import Snapshot as Snapshot
from ediel.market._unknown import UNKNOWN as UNKNOWN
from ediel.market._unknown import Unknown as Unknown
from ediel.market._window import Deadline as Deadline
from ediel.market._window import Window as Window
from ediel.market._window import deadline as deadline
from ediel.market._window import window as window
from ediel.market.intervals import Interval as Interval
from ediel.market.intervals import Intervals as Intervals
from ediel.market.intervals import Line as Line
from ediel.market.invariants import broken as broken
from ediel.market.rights import days_of as days_of
from ediel.market.rights import may_know as may_know

__all__ = [
    "Access",
    "Contract",
    "Deadline",
    "EndUser",
    "Grant",
    "Interval",
    "Intervals",
    "Limit",
    "Line",
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
    "UNKNOWN",
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
