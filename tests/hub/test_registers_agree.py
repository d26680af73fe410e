"""A register that is read from a file, and a stand-in hub that was seeded with the same, know the same of every day."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import ediel
from ediel.codes import Role
from ediel.hub import Hub, VirtualClock
from ediel.hub.seed import Resident
from ediel.market import Access, Contract, EndUser, MeteringPoint, Snapshot
from ediel.market.rights import days_of
from ediel.rules import judge
from tests.hub.market_model import THIRD_PARTIES
from tests.support.hub_market import LAST_RESORT, MARKET, NEW, OLD, POINT, THIRD_PARTY, at, point
from tests.support.places import FIXTURES

FIRST = date(2026, 10, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(40)]
LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=6)
NOW = at("2026-11-27 09:00")


def spells(lengths: list[int], *, lasting: bool) -> list[tuple[date, date | None]]:
    """Periods one after another, some with a pause between them; the last one perhaps without an end."""
    found: list[tuple[date, date | None]] = []
    day = FIRST
    for number, length in enumerate(lengths):
        end = day + timedelta(days=length)
        if number % 3 != 2 and length:
            found.append((day, end))
        day = end
    return [*found, (day, None)] if lasting else found


def plain(*residents: Resident) -> tuple[EndUser, ...]:
    return tuple(
        EndUser(start=item.start, end=item.end, identification=item.identification, scheme=item.scheme)
        for item in residents
    )


def listed(days: Any) -> set[date]:
    return {day for day in DAYS for item in days if item.holds_on(day)}


@settings(max_examples=15, deadline=None)
@given(homes=LENGTHS, supplies=LENGTHS, accesses=st.lists(LENGTHS, min_size=2, max_size=2), lasting=st.booleans())
def test_a_file_and_a_hub_know_the_same(
    homes: list[int], supplies: list[int], accesses: list[list[int]], *, lasting: bool
) -> None:
    resident = point().end_users[0]
    seeded = point().model_copy(
        update={
            "end_users": tuple(
                resident.model_copy(update={"start": start, "end": end}) for start, end in spells(homes, lasting=lasting)
            ),
            "contracts": tuple(
                Contract(start=start, end=end, supplier=(NEW, OLD, LAST_RESORT)[number % 3], vacant=True)
                for number, (start, end) in enumerate(spells(supplies, lasting=lasting))
            ),
            "accesses": tuple(
                Access(start=start, end=end, third_party=gln, level="full")
                for gln, lengths in zip(THIRD_PARTIES, accesses, strict=True)
                for start, end in spells(lengths, lasting=lasting)
            ),
        }
    )  # fmt: skip
    row = MeteringPoint(
        identification=POINT, end_users=plain(*seeded.end_users), contracts=seeded.contracts, accesses=seeded.accesses
    )
    there = Snapshot(metering_points=(row,)).metering_point(POINT)
    with tempfile.TemporaryDirectory(prefix="ediel-") as folder:
        market = MARKET.model_copy(update={"metering_points": (seeded,)})
        hub = Hub.open(f"sqlite:///{folder}/hub.db", seed=market, clock=VirtualClock(NOW, runs=False))
        here = hub.decisions.view(NOW).metering_point(POINT)
        hub.close()
    assert here is not None
    assert isinstance(there, MeteringPoint)
    for gln, role in ((NEW, Role.DDQ), (LAST_RESORT, Role.SLR), *((gln, Role.AG) for gln in THIRD_PARTIES)):
        assert listed(days_of(there, gln, role)) == listed(days_of(here, gln, role))
        for day in DAYS:
            assert there.access_on(gln, day) == here.access_on(gln, day)


def test_preflight_knows_that_an_access_ended_with_its_giver(tmp_path: Path) -> None:
    """The file lists an access without an end, and that its giver has left: there is nothing to change or to end."""
    first, second = point().end_users[0], point("707057500000000025").end_users[0]
    moved = date(2026, 11, 20)
    row = MeteringPoint(
        identification=POINT,
        end_users=plain(first.model_copy(update={"end": moved}), second.model_copy(update={"start": moved})),
        accesses=(Access(third_party=THIRD_PARTY, start=date(2026, 1, 1)),),
    )
    file = tmp_path / "register.json"
    file.write_text(Snapshot(metering_points=(row,)).model_dump_json(exclude_none=True))
    request: Any = ediel.read((FIXTURES / "valid/UpdateThirdPartyAccess-622-delete.xml").read_bytes())
    message = request.model_copy(
        update={
            "header": request.header.model_copy(update={"juridical_sender": THIRD_PARTY}),
            "payload": request.payload.model_copy(update={"metering_point": POINT}),
        }
    )
    for day, outcome in ((date(2026, 11, 19), "passed"), (moved, "failed")):
        verdicts = judge(message, at(f"{day} 12:00"), register=Snapshot.read(file))
        found = {item.rule.key: item.outcome for item in verdicts}
        assert found["BRS-NO-622/6"] == outcome
