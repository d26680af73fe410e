"""The backend against the stand-in hub: ``hub`` and ``party`` come with ``pip install 'ediel[testing]'``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from backend import Backend


def order(backend: Backend, hub: Any, point: Any) -> str:
    """An order of the family that lives there, for the fourth day from now."""
    resident = point.end_users[0]
    customer = {
        "identification": resident.identification, "identification_scheme": resident.scheme,
        "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
    }  # fmt: skip
    start = hub.clock().date() + timedelta(days=4)
    return backend.order(point.identification, start, customer, resident.addresses)


def test_a_family_gets_its_power(hub: Any, party: Any) -> None:
    """Of two suppliers the one that has not got the point yet asks for it, and is told once."""
    point = next(item for item in hub.seed.metering_points if item.reading_resolution is not None and item.contracts)
    new = next(item for item in (party("DDQ"), party("DDQ", 1)) if item.gln != point.contracts[-1].supplier)
    backend = Backend(new.engine)
    number = order(backend, hub, point)
    hub.carry()
    assert (backend.stands(number), backend.told) == ("accepted", [])
    hub.move(timedelta(days=5))
    assert (backend.stands(number), backend.told) == ("supplying", [number])


def test_a_hub_that_is_slow_to_answer(hub: Any, party: Any) -> None:
    """A fault comes back; the order is not lost, and not sent as a new one."""
    point = next(item for item in hub.seed.metering_points if item.reading_resolution is not None and item.contracts)
    new = next(item for item in (party("DDQ"), party("DDQ", 1)) if item.gln != point.contracts[-1].supplier)
    hub.misbehave("fault", party=new.gln, times=1)
    backend = Backend(new.engine)
    number = order(backend, hub, point)
    hub.carry()
    hub.move(timedelta(hours=1))
    assert backend.stands(number) == "accepted"
