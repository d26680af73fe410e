"""Estimates that the VEE guideline describes with enough detail: a like day, and a line to a known total.

Values are thousandths. Of the estimation codes only E001 has a published meaning that fits one of these: the total is
known, and the profile is taken from history.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

__all__ = ["KNOWN_TOTAL", "like_days", "line", "with_total"]

KNOWN_TOTAL: Final = "E001"
"""The real total is known, the profile comes from the point's own history (VEE 3.0)."""


def like_days(days: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """A missing day: the mean of the same interval on the three like days before it, rounded half up.

    Args:
        days: the three days, thousandths; each with as many values as the missing one.

    Raises:
        ValueError: not three days, or of different lengths.
    """
    if len(days) != 3 or len({len(day) for day in days}) != 1:
        raise ValueError(f"expected three days of the same length, found lengths {[len(day) for day in days]}")
    return tuple((2 * sum(values) + 3) // 6 for values in zip(*days, strict=True))


def line(total: int, count: int) -> tuple[int, ...]:
    """A straight line of the reading: the same in every interval, with the sum kept exactly.

    Args:
        total: thousandths, the difference of two readings.
        count: how many intervals.

    Raises:
        ValueError: no interval, or a negative total.
    """
    if count < 1 or total < 0:
        raise ValueError(f"a total of {total} in {count} intervals; expected at least one, and no negative total")
    edges = [total * number // count for number in range(count + 1)]
    return tuple(after - before for before, after in pairwise(edges))


def with_total(profile: Sequence[int], total: int) -> tuple[int, ...]:
    """A profile from history, scaled to a known total; the sum is kept exactly (code E001).

    Args:
        profile: thousandths; a line is drawn where it is 0 throughout.
        total: thousandths, the difference of two readings.

    Raises:
        ValueError: an empty profile, or something negative.
    """
    if any(value < 0 for value in profile):
        raise ValueError("the profile has a negative value")
    weight = sum(profile)
    if not profile or not weight:
        return line(total, len(profile))
    if total < 0:
        raise ValueError(f"a total of {total}; expected no negative one")
    edges, at = [0], 0
    for value in profile:
        at += value
        edges.append(total * at // weight)
    return tuple(after - before for before, after in pairwise(edges))
