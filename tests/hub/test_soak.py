"""The soak in small: trouble and kills on both sides, and in the end everybody agrees."""

from __future__ import annotations

from tests.hub.soak import soak


def test_trouble_and_kills_lose_nothing() -> None:
    found = soak(40, 6, seed=3, pause=(0.5, 2.5), patience=300)
    assert found.problems == []
    assert found.messages >= 40 * 3, "a request that is cancelled before it is sent is no message"
    assert sum(found.kills.values()) >= 2
