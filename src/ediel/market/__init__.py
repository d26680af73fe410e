"""The market profile: time limits of the processes, as data with a source and a standing per row.

A limit that no source gives is absent. Absent means unknown, never "no limit".
"""

from ediel.market._profile import Limit, Profile, Settlement, load
from ediel.market._window import Deadline, Window, window

__all__ = ["Deadline", "Limit", "Profile", "Settlement", "Window", "load", "window"]
