"""Questions at the hub: to which grid access provider one is passed on."""

from __future__ import annotations

from collections.abc import Mapping

from ediel.hub.decisions._common import Outcome, Sources
from ediel.messages import Message, RequestToElhub, RequestToGridAccessProvider
from ediel.processes import Instance


def advice(message: Message, instance: Instance, _outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """The grid access provider of the metering point that is asked about."""
    if instance.version or not isinstance(message, RequestToGridAccessProvider | RequestToElhub):
        return {}
    point = sources.view.metering_point(str(message.payload.metering_point))
    return {} if point is None else {"grid": point.grid_access_provider}
