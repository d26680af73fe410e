"""Third-party access at the hub: until when the end user may answer."""

from __future__ import annotations

from collections.abc import Mapping

from ediel import brs
from ediel.calendar import market_day
from ediel.hub.decisions._common import Outcome, Sources
from ediel.messages import Message
from ediel.processes import Instance


def advice(_message: Message, instance: Instance, _outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """The last day of the end user's answer; nothing after the first message."""
    if instance.version:
        return {}
    limit = sources.profile.limit(brs.ACCESS.code, "interval", "answer")
    today = market_day(sources.now)
    return {"answer_by": None if limit is None else sources.profile.shift(today, limit)}
