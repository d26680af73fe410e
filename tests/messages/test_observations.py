"""Observations: columns inside, a sequence outside."""

from __future__ import annotations

from array import array
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediel.codes import EstimationCode, Quality, ValidationCode
from ediel.messages import CollectedSeries, Observation, ObservationKind, Observations
from ediel.messages._observations import join, split
from ediel.messages._values import WrittenDecimal, WrittenInt

BASE: dict[str, Any] = {
    "identification": "123e4567-e89b-12d3-a456-426655440000",
    "registration_time": "2026-01-01T00:00:00Z",
    "metering_point": "707057500012345671",
}


def test_metered_values() -> None:
    values = Observations.metered(["1.250", 2, Decimal("0.5")])
    assert len(values) == 3
    assert [str(item.value) for item in values] == ["1.250", "2", "0.5"]
    assert [item.sequence for item in values] == [1, 2, 3]
    assert values.thousandths == array("q", [1250, 2000, 500])
    assert values.decimals == bytes([3, 0, 1])
    assert values[-1].value == Decimal("0.5")
    assert values[0:2] == (values[0], values[1])
    assert repr(values) == "Observations(3 values, 1: 1.250 ... 3: 0.5)"
    assert memoryview(values.thousandths).tolist() == [1250, 2000, 500]
    with pytest.raises(IndexError):
        values[3]


def test_columns_are_equal_only_when_all_is() -> None:
    assert Observations.metered(["1"]) == Observations.metered(["1"])
    assert hash(Observations.metered(["1"])) == hash(Observations.metered(["1"]))
    assert Observations.metered(["1"]) != Observations.metered(["1.0"])
    assert Observations.metered(["1"]) != Observations.metered(["+1"])
    assert Observations.metered(["1"]) != Observations.metered(["1"], first=2)
    assert Observations.metered(["1"]) != [1]


def test_every_attribute_comes_back() -> None:
    rows = [
        Observation(
            1,
            Decimal("1.5"),
            ObservationKind.ESTIMATED,
            Quality.FINAL_ESTIMATED,
            ValidationCode.V014,
            EstimationCode.E008,
        ),
        Observation(2, Decimal("1.5"), ObservationKind.TEMPORARY, validation_code=ValidationCode.V001),
        Observation(3, Decimal("1.5"), ObservationKind.TEMPORARY, None, ValidationCode.V999, EstimationCode.E001),
        Observation(4, Decimal("-1.5"), ObservationKind.CALCULATED, imbalance_settlement=True),
        Observation(5, Decimal(0)),
    ]
    assert list(Observations.of(rows)) == rows


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (Observation(10000, Decimal(1)), "sequence 10000: expected 0 to 9999"),
        (Observation(1, Decimal("NaN")), "finite"),
        (Observation(1, Decimal("1.0001")), "at most 3 decimals"),
        (Observation(1, Decimal(10**12)), "at most 15 digits"),
        (Observation(1, Decimal(-1)), "a metered value cannot be negative"),
        (Observation(1, Decimal(1), quality=Quality.ESTIMATED), "a metered value has no quality"),
        (Observation(1, Decimal(1), ObservationKind.ESTIMATED), "an? estimated value needs quality"),
        (Observation(1, Decimal(1), ObservationKind.TEMPORARY), "a temporary value needs validation_code"),
    ],
)
def test_refused(row: Observation, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Observations.of([row])


@given(st.decimals(min_value=0, max_value=10**11, places=3))
def test_split_and_join(value: Decimal) -> None:
    for text in (
        f"{value:f}",
        f"{value:f}".rstrip("0").rstrip(".") or "0",
        f"+{value:f}",
        f"0{value:f}",
        f"{value:f}0",
    ):
        thousandths, decimals, unusual = split(text)
        assert thousandths == value * 1000
        assert (unusual or join(thousandths, decimals)) == text


def test_unusual_texts_survive() -> None:
    values = Observations.of([Observation(WrittenInt("01"), WrittenDecimal("+1.50"))])
    assert values.sequence_text(0) == "01"
    assert values.value_text(0) == "+1.50"
    again = Observations.of(list(values))
    assert again == values


def test_in_a_series() -> None:
    series = CollectedSeries(**BASE, observations=Observations.metered(["1", "2"]))
    text = series.model_dump_json(exclude_none=True)
    assert CollectedSeries.model_validate_json(text) == series
    assert CollectedSeries(**BASE, observations=[{"sequence": 1, "value": 5}]).observations == Observations.metered(
        ["5"]
    )
    assert CollectedSeries(**BASE, observations=[Observation(1, Decimal(5))]).observations == Observations.metered(
        ["5"]
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "1 to 9999 observations, found 0"),
        ("x", "list of observations"),
        (5, "list of observations"),
        ([5], "expected an object"),
        ([{"sequence": 1}], "missing value"),
        ([{"sequence": 1, "value": "1", "x": 1}], "unknown key x"),
        ([{"sequence": 1, "value": "1,5"}], "observation 0: .*decimal number"),
        ([{"sequence": "a", "value": "1"}], "whole number"),
        ([{"sequence": 1.5, "value": "1"}], "whole number"),
        ([{"sequence": 1, "value": "1", "kind": "Measured"}], "observation 0"),
        ([{"sequence": 1, "value": "1", "kind": "Calculated"}], "Estimated, Metered, Temporary values only"),
    ],
)
def test_json_that_is_refused(value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CollectedSeries(**BASE, observations=value)


def test_calculated_values_come_from_elhub_only() -> None:
    calculated = Observations.of([Observation(1, Decimal(-1), ObservationKind.CALCULATED)])
    with pytest.raises(ValueError, match="values only, found Calculated"):
        CollectedSeries(**BASE, observations=calculated)


def test_exactly_one_kind_of_content() -> None:
    with pytest.raises(
        ValueError, match="exactly one of observations, profiled_observation, annual_volume, found none"
    ):
        CollectedSeries(**BASE)
    with pytest.raises(ValueError, match="found observations and annual_volume"):
        CollectedSeries(**BASE, observations=Observations.metered(["1"]), annual_volume={"total": 1})


def test_json_schema_describes_rows() -> None:
    schema = CollectedSeries.model_json_schema()
    rows = schema["properties"]["observations"]["anyOf"][0]
    assert rows["maxItems"] == 9999
    assert set(rows["items"]["required"]) == {"sequence", "value"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1000.000").normalize(), "1000"),
        (Decimal("0.0000000"), "0.000"),
        (Decimal("1.2500000"), "1.250"),
        (Decimal("-0"), "-0"),
        (Decimal("1E-3"), "0.001"),
        (7, "7"),
    ],
)
def test_a_decimal_is_a_value_however_it_was_computed(value: Decimal | int, text: str) -> None:
    values = Observations.metered([value])
    assert values.value_text(0) == text
    assert values.thousandths[0] == int(Decimal(value) * 1000)
    assert Observations.of(values) == values


@pytest.mark.parametrize(
    "value", ["1E+3", "1e3", "1,5", "1 000", Decimal("1E-4"), Decimal("1E+12"), Decimal("NaN"), "x"]
)
def test_what_is_no_value(value: Decimal | str) -> None:
    with pytest.raises(ValueError, match="observation 0: expected"):
        Observations.metered([value])
