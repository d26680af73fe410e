"""The whole story on one machine: a hub, two suppliers, a grid company and a third party over signed HTTP.

A month of the market passes in a few seconds: the hub's clock stands still, and is moved by its back office. Called by
``make demo``; everybody in it is synthetic.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

import ediel
from ediel.calendar import OSLO, midnight
from ediel.codes import Direction, Product, ReadingResolution, Resolution, SettlementMethod, Unit
from ediel.engine import Engine, Party, events
from ediel.hub import SERVICES, Hub, HubParty, Keyring, Seed, VirtualClock, asgi, plausible
from ediel.market import Contract
from ediel.messages import CollectedSeries, Observations, ProductCharacteristics, TimeSeriesPeriod
from ediel.transport import Client, Courier, Environment

BEGIN = datetime(2026, 11, 27, 9, tzinfo=OSLO)
SUPPLIER, OLD, GRID, THIRD_PARTY = 0, 1, 3, 6
"""Places in the list of parties."""


def market() -> Seed:
    """Six metering points of the second supplier, read by the hour, in the grid of the first grid company."""
    plain = plausible(6, seed=4)
    points = tuple(
        point.model_copy(
            update={
                "grid_access_provider": plain.parties[GRID].gln,
                "settlement": SettlementMethod.NON_PROFILED,
                "reading_resolution": ReadingResolution.PT1H,
                "contracts": (Contract(start=date(2024, 1, 1), supplier=plain.parties[OLD].gln),),
                "end_users": tuple(item.model_copy(update={"start": date(2024, 1, 1)}) for item in point.end_users),
            }
        )
        for point in plain.metering_points
    )
    return plain.model_copy(update={"metering_points": points})


def hours(point: str, first: date, days: int, kwh: str) -> CollectedSeries:
    """Hourly consumption of whole days."""
    from uuid import uuid4

    start, end = midnight(first), midnight(first + timedelta(days=days))
    return CollectedSeries(
        identification=str(uuid4()),
        registration_time=end,
        period=TimeSeriesPeriod(resolution=Resolution.PT1H, start=start, end=end),
        product=ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH),
        direction=Direction.OUT,
        metering_point=point,
        observations=Observations.metered([kwh] * int((end.timestamp() - start.timestamp()) // 3600)),
    )


class Story:
    """The hub, the parties, and the timeline."""

    def __init__(self, folder: Path) -> None:
        self.seed = market()
        self.clock = VirtualClock(BEGIN, runs=False)
        ring = Keyring(folder / "keys")
        self.hub = Hub.open(f"sqlite:///{folder / 'hub.db'}", seed=self.seed, keys=ring.keys(), clock=self.clock)
        token = secrets.token_urlsafe(24)
        app = asgi(self.hub, ticks=False, token=token, hosts=("127.0.0.1",))
        config = uvicorn.Config(app, port=0, log_level="critical")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.base = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        headers = {"Authorization": f"Bearer {token}"}
        self.office = httpx2.Client(base_url=f"{self.base}/admin", headers=headers)
        self.couriers: list[Courier] = []
        self.engines = {
            place: self._party(folder, ring, self.seed.parties[place]) for place in (SUPPLIER, OLD, GRID, THIRD_PARTY)
        }
        self.calls = 0

    def _party(self, folder: Path, ring: Keyring, party: HubParty) -> Engine:
        engine = Engine.open(
            f"sqlite:///{folder / party.gln}.db",
            party=[Party(party.gln, role.value) for role in sorted(party.roles or (), key=str)],
            clock=self.clock,
        )
        engine.on(events.Event, lambda event: self.tell(str(party.name), event))
        environment = Environment("local", f"{self.base}{SERVICES}", source="this demo")
        client = Client(environment, ring.identity(str(party.organisation)), ring.trust)
        self.couriers.append(Courier(engine, client))
        return engine

    def tell(self, who: str, event: events.Event) -> None:
        """A line of the timeline."""
        data = event.data
        reasons = f" ({', '.join(data['reasons'])})" if data.get("reasons") else ""
        words = (type(event).__doc__ or "").strip().splitlines()[0].partition("; ``data")[0].rstrip(".")
        words = words.replace('``data["day"]``', str(data.get("day")))
        self.say(who, f"{words}{reasons}", data.get("metering_point"))

    def say(self, who: str, words: str, point: str | None = None) -> None:
        """A line of the timeline."""
        where = f"  [{point}]" if point else ""
        print(f"  {self.clock().astimezone(OSLO):%Y-%m-%d %H:%M}  {who:<18} {words}{where}", flush=True)

    def carry(self) -> None:
        """Every party sends and fetches until nothing moves."""
        while any(cycle.sent or cycle.received for cycle in [courier.cycle() for courier in self.couriers]):
            pass

    def until(self, text: str) -> None:
        """The clock is set by the back office, and what falls due is fired."""
        moment = datetime.fromisoformat(text).replace(tzinfo=OSLO)
        self.office.put("/clock", json={"now": moment.isoformat()}).raise_for_status()
        self.carry()

    def start(self, place: int, order: Any, **more: Any) -> Any:
        """A party begins a process."""
        engine = self.engines[place]
        begun = engine.start(order, **more)
        self.carry()
        return engine.process(begun.id)

    def close(self) -> None:
        """The end."""
        self.server.should_exit = True
        self.thread.join()
        for engine in self.engines.values():
            engine.close()
        self.hub.close()


def heading(text: str) -> None:
    print(f"\n{text}\n", flush=True)


def tell(story: Story) -> None:
    points = story.seed.metering_points
    names = {party.gln: str(party.name) for party in story.seed.parties}
    people = [
        {
            "identification": point.end_users[0].identification,
            "identification_scheme": point.end_users[0].scheme,
            "given_name": point.end_users[0].given_name,
            "family_name": point.end_users[0].family_name,
            "extended_storage": False,
        }
        for point in points
    ]
    addresses = points[0].end_users[0].addresses
    common = {"settlement": "interval", "addresses": addresses}
    print(f"a hub at {story.base}{SERVICES}; its clock says {BEGIN:%Y-%m-%d %H:%M}, and stands still until it is moved")

    heading(
        "A change of supplier: confirmed at once, told to everybody after the cancellation deadline, in force on the day."
    )
    good = ediel.ChangeOfSupplier(
        metering_point=points[0].identification, start=date(2026, 12, 1), customer=people[0], **common
    )
    switch = story.start(SUPPLIER, good)

    heading("A change of supplier that is refused: the customer does not live there.")
    bad = ediel.ChangeOfSupplier(
        metering_point=points[1].identification, start=date(2026, 12, 1), customer=people[2], **common
    )
    refused = story.start(SUPPLIER, bad)
    row = next(item for item in story.office.get("/processes").json() if item["state"] == "refused")
    story.say("back office", f"refused by {', '.join(row['rules'])}", row["metering_point"])

    heading("A third party asks for access to two homes; one end user approves it, the other does not answer.")
    approved = story.start(THIRD_PARTY, ediel.AccessRequest(metering_point=points[0].identification))
    lapsed = story.start(THIRD_PARTY, ediel.AccessRequest(metering_point=points[2].identification))
    asked = next(
        item for item in story.office.get("/processes", params={"machine": "access/hub"}).json()
        if item["metering_point"] == points[0].identification
    )  # fmt: skip
    story.office.post(f"/processes/{asked['id']}/decisions/approve").raise_for_status()
    story.say("end user", "approves in Min side", points[0].identification)

    heading("The cancellation deadline passes, and the day comes.")
    story.until("2026-12-01 00:00")

    heading("Hourly values of the day: to the supplier, the grid company, and whoever was given access.")
    story.until("2026-12-02 06:30")
    values = ediel.ValuesReport(
        series=tuple(hours(point.identification, date(2026, 12, 1), 1, "1.840") for point in points[:2])
    )
    story.start(GRID, values)

    heading("Three working days have passed since the third party asked.")
    story.until("2026-12-03 00:00")

    heading("A year of values is there for one point: its annual volume is computed, and told.")
    story.start(GRID, ediel.ValuesReport(series=(hours(points[3].identification, date(2025, 12, 3), 365, "1.500"),)))
    story.office.post("/annual-volumes", json={"metering_points": [points[3].identification]}).raise_for_status()
    story.carry()
    volume = story.office.get(f"/metering-points/{points[3].identification}").json()["annual_volume"]
    story.say("back office", f"{volume['total']} kWh a year, {volume['calculation_method']}", points[3].identification)

    heading("In the end:")
    engines = story.engines
    states = {
        "the change of supplier": engines[SUPPLIER].process(switch.id).state,
        "the refused one": engines[SUPPLIER].process(refused.id).state,
        "the access that was approved": engines[THIRD_PARTY].process(approved.id).state,
        "the one that nobody answered": engines[THIRD_PARTY].process(lapsed.id).state,
    }
    for name, state in states.items():
        print(f"  {name}: {state}")
    point = story.office.get(f"/metering-points/{points[0].identification}").json()
    print(
        f"  contracts at the hub: {', '.join(names[item['supplier']] + ' from ' + item['start'] for item in point['contracts'])}"
    )
    waiting, dead = story.office.get("/queues").json(), story.office.get("/dead-letters").json()
    print(
        f"  messages that wait: {len(waiting)}, dead letters: {len(dead)}, refused at the endpoint: {len(story.office.get('/refused').json())}"
    )
    expected = ["supplying", "rejected", "granted", "lapsed"]
    if list(states.values()) != expected or waiting or dead:
        sys.exit(f"demo: expected {expected}, no message waiting and no dead letter")


def main() -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ediel-demo-") as folder:
        story = Story(Path(folder))
        try:
            tell(story)
        finally:
            story.close()
    print(f"\n{time.monotonic() - began:.0f} seconds.")


if __name__ == "__main__":
    main()
