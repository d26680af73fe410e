"""Shared production (BRS-NO-701): what each recipient gets of an interval, and what is left of its own.

Source: the channel list and the market rules of shared production. The formulas of the standard are pictures; that a
negative result counts as 0 is printed. How thousandths are rounded is not published: here every recipient gets the
whole thousandths of its share, and what is left over goes, one each, to those whose share was cut most; between equals,
to the lower metering point number. So the sum is kept, and the order in which recipients are listed changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ediel.codes import FormulaType

__all__ = ["Shares", "distribute"]

Values = Sequence[int]
"""Thousandths, one for each interval."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What comes of a calculation, by metering point; thousandths, one for each interval.

    Attributes:
        distributed: what a recipient gets (product 4700000000301).
        net_consumption: what is left of its consumption (4700000000303, Out).
        net_production: what is left of what it gets (4700000000303, In).
    """

    distributed: Mapping[str, tuple[int, ...]]
    net_consumption: Mapping[str, tuple[int, ...]]
    net_production: Mapping[str, tuple[int, ...]]


def distribute(
    formula: FormulaType,
    production: Mapping[str, Values],
    consumption: Mapping[str, Values],
    shares: Mapping[str, Fraction] | None = None,
) -> Shares:
    """Share the production of the contributors among the recipients, interval by interval.

    Args:
        formula: manual shares, equal shares, or by the consumption of the recipients. In an interval in which nobody
            consumes anything, the last is the same as equal (assumed).
        production: of each contributor, thousandths, not negative.
        consumption: of each recipient, thousandths, not negative.
        shares: of each recipient, for manual shares; together 1.

    Raises:
        ValueError: lengths differ, a value is negative, nobody receives, or shares are missing or not 1 together.
    """
    lengths = {len(values) for values in (*production.values(), *consumption.values())}
    if len(lengths) > 1:
        raise ValueError(f"series of {' and '.join(map(str, sorted(lengths)))} values; give the same intervals of all")
    if not consumption or not production:
        raise ValueError("a calculation needs a contributor and a recipient")
    if any(value < 0 for values in (*production.values(), *consumption.values()) for value in values):
        raise ValueError("a value is negative; production and consumption are not")
    points = sorted(consumption)
    manual = _manual(points, shares) if formula is FormulaType.MANUAL else None
    distributed: dict[str, list[int]] = {point: [] for point in points}
    for place in range(lengths.pop()):
        total = sum(values[place] for values in production.values())
        weights = manual or _weights(formula, points, consumption, place)
        for point, got in zip(points, _parts(total, weights), strict=True):
            distributed[point].append(got)
    pairs = {point: list(zip(consumption[point], distributed[point], strict=True)) for point in points}
    return Shares(
        {point: tuple(values) for point, values in distributed.items()},
        {point: tuple(max(0, used - got) for used, got in found) for point, found in pairs.items()},
        {point: tuple(max(0, got - used) for used, got in found) for point, found in pairs.items()},
    )


def _manual(points: list[str], shares: Mapping[str, Fraction] | None) -> list[Fraction]:
    if shares is None or set(shares) != set(points):
        raise ValueError("manual shares are needed for every recipient, and for nobody else")
    found = [Fraction(shares[point]) for point in points]
    if any(share < 0 for share in found) or sum(found) != 1:
        raise ValueError(f"the shares are {float(sum(found))} together; expected 1, none of them negative")
    return found


def _weights(formula: FormulaType, points: list[str], consumption: Mapping[str, Values], place: int) -> list[Fraction]:
    used = [consumption[point][place] for point in points]
    total = sum(used)
    if formula is FormulaType.CONSUMPTION_BASED and total:
        return [Fraction(one, total) for one in used]
    return [Fraction(1, len(points))] * len(points)


def _parts(total: int, weights: list[Fraction]) -> list[int]:
    """A whole number in whole parts by weight, the sum kept: the largest remainders get what is left."""
    exact = [total * weight for weight in weights]
    parts = [int(one) for one in exact]
    left = total - sum(parts)
    order = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[:left]:
        parts[place] += 1
    return parts
