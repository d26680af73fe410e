"""Random orders of parties at the stand-in hub, a short form; ``make market-model`` plays the long one."""

from __future__ import annotations

import pytest

from tests.hub.party_model import play


@pytest.mark.parametrize("seed", [1, 28, 42, 47, 48, 56])
def test_hub_and_parties_agree_once_all_messages_are_in(seed: int) -> None:
    """A supplier whose customer leaves and who supplies the next one, an end that overtakes its beginning, and more."""
    counts, problem, trail = play(seed, 30)
    assert problem is None, trail[-12:]
    assert counts["begun"] > 0
