"""Seeds, the clock, and the keys of a stand-in hub."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import ediel
from ediel.codes import Role
from ediel.hub import Keyring, Seed, VirtualClock, plausible
from ediel.identifiers import Eic, Gln, Gsrn, NationalIdentityNumber, OrganisationNumber
from ediel.transport import InvalidIdentity
from tests.support.hub_market import MARKET
from tests.support.places import ROOT


def test_a_market_is_plausible() -> None:
    """Every number in it passes its check, nobody in it is a real person, and it is the same each time."""
    market = plausible(300, seed=7)
    assert market == plausible(300, seed=7)
    assert market.to_json() == plausible(300, seed=7).to_json()
    assert market != plausible(300, seed=8)
    for party in market.parties:
        assert Gln(party.gln).problem is None
        assert OrganisationNumber(str(party.organisation)).problem is None
    for point in market.metering_points:
        assert Gsrn(point.identification).problem is None
        assert Eic(point.grid_area).problem is None
        (resident,) = point.end_users
        number = NationalIdentityNumber(resident.identification)
        assert number.problem is None
        assert number.is_synthetic
    assert {point.settlement.value for point in market.metering_points} == {"E01", "E02"}
    assert {Role.DDQ, Role.DDM, Role.DDE, Role.MDR, Role.SLR, Role.AG} == {
        role for party in market.parties for role in party.roles or ()
    }


@given(points=st.integers(0, 5), seed=st.integers(0, 1000))
def test_a_seed_is_read_as_it_was_written(points: int, seed: int) -> None:
    market = plausible(points, seed=seed)
    assert Seed.parse(market.to_json()) == market


def test_the_schema_takes_it() -> None:
    import json

    schema = json.loads((ROOT / "docs" / "seed.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(MARKET.to_json()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "seed: "),
        ('{"parties": [{"gln": "1"}]}', "parties.0.gln: "),
        ('{"persons": []}', "persons: "),
        ('{"parties": [{"gln": "7080001100018"}, {"gln": "7080001100018"}]}', "party 7080001100018 is listed more"),
    ],
)
def test_a_seed_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ediel.InvalidRegister, match=said):
        Seed.parse(text)


def test_a_clock_stands_runs_and_is_moved() -> None:
    machine = [datetime(2026, 1, 1, tzinfo=UTC)]
    clock = VirtualClock(datetime(2026, 12, 1, tzinfo=UTC), machine=lambda: machine[0])
    machine[0] += timedelta(hours=2)
    assert clock() == datetime(2026, 12, 1, 2, tzinfo=UTC)
    clock.stop()
    machine[0] += timedelta(hours=2)
    assert clock() == datetime(2026, 12, 1, 2, tzinfo=UTC)
    assert clock.forward(timedelta(days=1)) == datetime(2026, 12, 2, 2, tzinfo=UTC)
    clock.run()
    machine[0] += timedelta(minutes=1)
    assert clock() == datetime(2026, 12, 2, 2, 1, tzinfo=UTC)
    assert clock.set(datetime(2026, 11, 1, tzinfo=UTC)) == datetime(2026, 11, 1, tzinfo=UTC)
    assert VirtualClock.read(clock.written(), machine=lambda: machine[0])() == clock()
    clock.stop()
    standing = VirtualClock.read(clock.written(), machine=lambda: machine[0] + timedelta(days=3))
    assert (standing(), standing.runs) == (clock(), False)
    clock.run()
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2026, 11, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="moved forward"):
        clock.forward(timedelta(seconds=-1))


def test_keys_are_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    first = Keyring(folder)
    path = first.path("922542570")
    made = path.read_bytes()
    again = Keyring(folder)
    assert again.path("922542570").read_bytes() == made
    assert again.issuer.certificate == first.issuer.certificate
    assert again.identity("922542570").organisation_number == "922542570"
    again.trust.check(again.identity("922542570").certificate, datetime.now(UTC))
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        path.chmod(0o644)  # a copy that everybody may read
        assert Keyring(folder).path("922542570") == path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidIdentity, match="remove it"):
        again.path("922542570")
