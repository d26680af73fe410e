"""Annual volumes at the hub: who is notified of them, and the sum of a year of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ediel.calendar import market_day
from ediel.codes import Direction, Product
from ediel.hub._view import View
from ediel.hub.decisions._common import Outcome, Sources
from ediel.hub.decisions._latest import latest_intervals
from ediel.hub.decisions.metering_values import MOST
from ediel.messages import CollectedSeries, Message, RequestUpdateMasterDataMeteringPoint
from ediel.processes import Instance, Kept
from ediel.processes.annual_volume import Volume, VolumeNotice


def advice(message: Message, _instance: Instance, outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """The volumes that the hub has accepted, and who is notified of them."""
    if not outcome.accepted or not isinstance(message, RequestUpdateMasterDataMeteringPoint):
        return {}
    volumes = tuple(
        Volume(
            metering_point=str(item.metering_point),
            day=market_day(item.start_of_occurrence),
            annual_volume=item.annual_volume,
        )
        for item in message.payloads
        if item.identification not in outcome.failed
        and item.annual_volume is not None
        and item.start_of_occurrence is not None
    )
    sender = message.header.juridical_sender
    return {"volumes": Kept.of(volumes), "notices": volume_notices(sources.view, volumes, without=sender)}


def volume_notices(view: View, volumes: Iterable[Volume], *, without: str | None = None) -> tuple[VolumeNotice, ...]:
    """Who is notified of annual volumes: supplier and grid access provider (EI-270), not the one who sent them."""
    result: dict[tuple[str, str], list[Volume]] = {}
    for volume in volumes:
        point = view.metering_point(volume.metering_point)
        if point is None:
            continue
        day = max(volume.day, market_day(view.now))
        notified = [
            (item.supplier, "DDQ") for item in point.contracts if item.holds_on(day) and item.kind == "ordinary"
        ]
        for gln, role in (*notified, (point.grid_access_provider, "DDM")):
            if gln != without:
                result.setdefault((gln, role), []).append(volume)
    return tuple(
        VolumeNotice(gln, role, tuple(notified[first : first + MOST]))
        for (gln, role), notified in sorted(result.items())
        for first in range(0, len(notified), MOST)
    )


def total(
    found: list[tuple[datetime, CollectedSeries]], direction: Direction, start: datetime, end: datetime
) -> int | None:
    """Whole kWh of active energy in a period, from the latest values; ``None`` where an interval is missing."""
    thousandths = 0
    covered = timedelta()
    for series in latest_intervals(found, start, end, None):
        if series.characteristics.direction is direction and series.product.product is Product.ACTIVE_ENERGY:
            assert series.observations is not None
            assert series.period.start is not None
            assert series.period.end is not None
            thousandths += sum(series.observations.thousandths)
            covered += series.period.end - series.period.start
    if covered != end.astimezone(UTC) - start.astimezone(UTC):
        return None
    return (thousandths + 500) // 1000
