"""Crossing processes: what happens to a request that arrives while another process is under way on the metering point.

Only the first rows of the standard's table could be read. A pair that is not here is unknown, not allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from ediel import brs
from ediel.codes import BusinessProcess

if TYPE_CHECKING:
    from ediel.market import Pending

Action = Literal["accept", "reject", "accept and cancel the ongoing"]
When = Literal["earlier", "same day", "later", "in time", "too late"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A row: what is done with an incoming process while another is ongoing.

    Attributes:
        ongoing: process under way, last three digits of the BRS number.
        incoming: process that is asked for.
        when: the new date against that of the ongoing process; for a move-in back in time, whether it arrives before the
            cancellation deadline of the ongoing process (``in time``) or not (``too late``).
        action: what is done; ``None`` where the source is unclear or could not be read.
        moment: when the ongoing process is cancelled: ``now``, or ``deadline``, the cancellation deadline of the
            incoming process; ``None`` when it is not cancelled.
        source: who says so.
    """

    ongoing: str
    incoming: str
    when: When
    action: Action | None
    moment: Literal["now", "deadline"] | None
    source: str


_TABLE: Final = "crossing processes, Elhubstandard 2.1/2.2"

CROSSINGS: Final = (
    Crossing("101", "101", "earlier", "reject", None, _TABLE),
    Crossing("101", "101", "same day", "reject", None, _TABLE),
    Crossing("101", "101", "later", "accept", None, _TABLE),
    Crossing("101", "102", "earlier", "accept and cancel the ongoing", "deadline", _TABLE),
    Crossing("101", "102", "same day", None, None, f"{_TABLE}; the page contradicts itself"),
    Crossing("101", "102", "later", "accept", None, _TABLE),
    Crossing("101", "103", "in time", "accept and cancel the ongoing", "now", _TABLE),
    Crossing("101", "103", "too late", None, None, f"{_TABLE}; the row is cut"),
    Crossing("102", "101", "earlier", "accept", None, "on crossing processes, the worked example"),
    Crossing("102", "101", "later", "reject", None, "on crossing processes, the worked example"),
)  # fmt: skip


def crossing(ongoing: Pending, incoming: BusinessProcess, by: str, day: date, received: date | None) -> Crossing | None:
    """The row for a request that meets an ongoing process; ``None`` when no row is known.

    Args:
        ongoing: the process under way.
        incoming: the process that is asked for.
        by: GLN of the party that asks. Two switches of one and the same supplier are in no row.
        day: the date that is asked for.
        received: the Norwegian day on which the request arrives; ``None`` when unknown.
    """
    pair = (brs.of(ongoing.process).number, brs.of(incoming).number)
    if ongoing.process is incoming and by == ongoing.party:
        return None
    when: When
    if brs.of(incoming).back_in_time:
        if received is None or ongoing.cancellation is None:
            return None
        when = "in time" if received < ongoing.cancellation else "too late"
    else:
        when = "earlier" if day < ongoing.day else "same day" if day == ongoing.day else "later"
    return next((row for row in CROSSINGS if (row.ongoing, row.incoming, row.when) == (*pair, when)), None)
