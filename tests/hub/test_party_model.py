"""Random orders of parties at the stand-in hub, a short form; ``make market-model`` plays the long one."""

from __future__ import annotations

import pytest

from tests.hub.access_model import AccessModel
from tests.hub.grid_model import GridModel
from tests.hub.party_model import play


@pytest.mark.parametrize("seed", [1, 28, 42, 47, 48, 56, 1026, 1038, 5002, 5014])
def test_hub_and_parties_agree_once_all_messages_are_in(seed: int) -> None:
    """A supplier whose customer leaves and who supplies the next one, an end that overtakes its beginning, and more."""
    counts, problem, trail = play(seed, 30)
    assert problem is None, trail[-12:]
    assert counts["begun"] > 0


@pytest.mark.parametrize("seed", [2, 6, 9, 12, 5035])
def test_hub_and_third_parties_agree_of_what_they_have_heard(seed: int) -> None:
    """Accesses asked for, given unasked, changed, ended, and lost with the end user; heard at once, by values, or late."""
    counts, problem, trail = play(seed, 40, AccessModel)
    assert problem is None, (problem, trail[-12:])
    assert counts["asked"] > 0
    assert counts["known by values"] > 0


@pytest.mark.parametrize("seed", [7, 8, 10, 11])
def test_hub_and_parties_agree_of_moves_that_the_grid_reports_and_of_last_resort(seed: int) -> None:
    """Who moves in at the supplier of last resort is no customer of the supplier that has asked for it."""
    counts, problem, trail = play(seed, 30, GridModel)
    assert problem is None, (problem, trail[-12:])
    assert counts["begun"] > 0
