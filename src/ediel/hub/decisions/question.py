"""Questions at the hub: to which grid access provider one is passed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ediel.hub.decisions._common import Sources
from ediel.processes import Instance


def advice(message: Any, instance: Instance, sources: Sources) -> Mapping[str, Any]:
    """The grid access provider of the metering point that is asked about."""
    point = sources.view.metering_point(str(message.payload.metering_point))
    return {} if point is None or instance.version else {"grid": point.grid_access_provider}
