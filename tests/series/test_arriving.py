"""Messages whose values stay columns are what the ordinary reader gives: every series, every verdict, every value."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel.codes import Resolution
from ediel.errors import EdielError
from ediel.messages import CollectedData, NotifyValidatedDataForBillingEnergy, Observations
from ediel.rules import judge
from ediel.rules._judge import judge_published
from ediel.series import _matched, _slow
from ediel.series.arriving import arrive
from ediel.testing import Sampler
from ediel.xml import read_all, write
from tests.series.series_fuzz import documents, mutated
from tests.support.places import ROOT
from tests.support.readings import typed_series

pytestmark = pytest.mark.skipif(not _matched.available(), reason="the accelerator was not built")
ON = datetime(2026, 11, 27, 9, tzinfo=UTC)


def agree(data: bytes) -> bool:
    """Whether columns were given; then they are what the ordinary reader and the rules say of the document."""
    found = arrive(data, collected=True)
    if found is None:
        return False
    typed = read_all(data)
    assert len(found.messages) == len(typed)
    for place, (one, other) in enumerate(zip(found.messages, typed, strict=True)):
        for on in (None, ON, date(2026, 1, 1)):
            assert judge(one, on) == judge(other, on)
        assert judge_published(one, ON) == judge_published(other, ON)
        assert one == other
        assert other == one
        assert (place in found.values) == isinstance(other, CollectedData | NotifyValidatedDataForBillingEnergy)
        if place in found.values:
            assert found.values[place].to_pylist() == _slow.columns([other]).table().to_pylist()
    return True


@pytest.mark.parametrize("number", range(len(documents())))
def test_messages_of_every_kind(number: int) -> None:
    agree(documents()[number])


def test_most_of_them_are_columns() -> None:
    assert sum(arrive(data, collected=True) is not None for data in documents()) > len(documents()) / 2
    assert sum(arrive(data) is not None for data in documents()) >= len(documents()) / 4


@given(st.integers(0, 2**32))
@settings(max_examples=300)
def test_of_what_is_not_valid_nothing_is_given(seed: int) -> None:
    chance = Random(seed)
    data = mutated(chance.choice(documents()), chance)
    try:
        read_all(data)
    except EdielError:
        assert arrive(data, collected=True) is None
    else:
        agree(data)


def collected(chance: Random) -> bytes:
    """Values as a collector sends them in, most series alike, some of them broken in one way or another."""
    model: Any = ediel.read((ROOT / "fixtures" / "valid" / "CollectedData-313-hourly.xml").read_bytes())
    one = model.payloads[0]
    sampler = Sampler(chance)
    payloads = []
    for _ in range(chance.randrange(1, 30)):
        period, observations = one.period, one.observations
        update: dict[str, Any] = {}
        match chance.randrange(14):
            case 0:
                observations = Observations.of(list(observations)[: chance.randrange(1, len(observations))])
            case 1:
                period = period.model_copy(
                    update={"end": period.end + timedelta(hours=chance.choice((-1, 1, 24 * 365)))}
                )
            case 2:
                period = period.model_copy(update={"start": period.start + timedelta(minutes=chance.choice((5, 60)))})
            case 3:
                observations = Observations.of([item for item in observations if item.sequence != 7])
            case 4:
                update["product"] = None
            case 5:
                period = period.model_copy(update={"resolution": chance.choice(list(Resolution))})
            case 6:
                update["direction"] = None
            case 7:
                update["period"] = None
        update.setdefault("period", period)
        payloads.append(
            one.model_copy(
                update={
                    "identification": str(UUID(int=chance.getrandbits(128))),
                    "metering_point": sampler.gsrn(),
                    "observations": observations,
                    **update,
                }
            )
        )
    return write(model.model_copy(update={"payloads": tuple(payloads)}))


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=80, deadline=None)
def test_verdicts_of_series_that_are_alike_and_of_broken_ones(seed: int, canonical: bool) -> None:
    data = collected(Random(seed))
    agree(etree.tostring(etree.fromstring(data), method="c14n", exclusive=True) if canonical else data)


def test_of_series_that_are_alike_one_is_made_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(5)
    model: Any = ediel.read((ROOT / "fixtures" / "valid" / "CollectedData-313-hourly.xml").read_bytes())
    payloads = tuple(
        model.payloads[0].model_copy(update={"identification": str(UUID(int=number))}) for number in range(200)
    )
    data = write(model.model_copy(update={"payloads": payloads}))
    made = typed_series(monkeypatch)
    found = arrive(data, collected=True)
    assert found is not None
    judge(found.messages[0], ON)
    assert made == [0]
    series: Any = found.messages[0]
    assert len(series.payloads) == 200
    assert series.payloads.metering_points() == {str(payloads[0].metering_point)}
    place = chance.randrange(1, 200)
    assert series.payloads[place] == series.payloads[place - 200] == payloads[place]
    assert series.payloads[5:8] == payloads[5:8]
    with pytest.raises(IndexError):
        series.payloads[200]


def test_values_of_collectors_are_taken_only_on_request() -> None:
    assert arrive((ROOT / "fixtures" / "valid" / "CollectedData-313-hourly.xml").read_bytes()) is None
