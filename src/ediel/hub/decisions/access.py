"""Third-party access at the hub: until when the end user may answer, and whether there is one to change or end."""

from __future__ import annotations

from collections.abc import Mapping

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import UpdateIndicator
from ediel.hub.decisions._common import Outcome, Sources
from ediel.messages import Message, UpdateThirdPartyAccess
from ediel.processes import Instance


def advice(message: Message, instance: Instance, _outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """The last day of the end user's answer; nothing after the first message."""
    if instance.version or not isinstance(message, UpdateThirdPartyAccess):
        return {}
    today = market_day(sources.now)
    if message.payload.update_indicator is not UpdateIndicator.ADD:
        point = sources.view.metering_point(message.payload.metering_point)
        has = None if point is None else point.access_on(str(message.header.juridical_sender), today)
        return {"verdict": "refused"} if has is None else {}
    limit = sources.profile.limit(brs.ACCESS.code, "interval", "answer")
    return {"answer_by": None if limit is None else sources.profile.shift(today, limit)}
