"""Random markets at the stand-in hub, a short form; ``make market-model`` plays the long one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.hub.market_model import ACTIONS, WEIGHTS, MarketModel, play

_NAMES = [name for name in ACTIONS for _ in range(WEIGHTS.get(name, 1))]


class Market(RuleBasedStateMachine):
    """A hub under whatever comes; what must hold is looked at after every step."""

    @initialize(strictness=st.sampled_from(["published", "inferred"]))
    def begin(self, strictness: Any) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="ediel-")
        self.model = MarketModel(f"sqlite:///{Path(self.folder.name) / 'hub.db'}", strictness)

    @rule(action=st.sampled_from(_NAMES), numbers=st.lists(st.integers(0, 1 << 16), min_size=8, max_size=8))
    def act(self, action: str, numbers: list[int]) -> None:
        self.model.act(action, numbers)

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.model.close()
            self.folder.cleanup()


TestMarket = Market.TestCase
TestMarket.settings = settings(max_examples=12, stateful_step_count=40, derandomize=True)  # the long form draws anew


@pytest.mark.parametrize("seed", [6, 7, 5077, 20074, 678147382, 678148263])
def test_markets_that_once_went_wrong(seed: int, tmp_path: Path) -> None:
    counts, problem = play(seed, 80, str(tmp_path))
    assert problem is None
    assert counts["told NotifyEndOfSupply"] > 0


@pytest.mark.parametrize("which", range(3))
def test_last_resort_hears_that_the_second_of_two_customers_of_one_day_is_none(which: int, tmp_path: Path) -> None:
    """Both begin on one day with the same supplier of last resort; the later one is rolled back."""
    model = MarketModel(f"sqlite:///{tmp_path / 'hub.db'}", "published")
    for action, numbers in (
        ("grid start", [33221, 1711, 404, 0, 0, 0, 0, 0]), ("grid start", [654, 805, 0, 0, 0, 0, 0, 0]),
        ("wait", [43172, 0, 0, 0, 0, 0, 0, 0]), ("roll back", [which, 0, 0, 0, 0, 0, 0, 0]),
    ):  # fmt: skip
        model.act(action, numbers)
    model.close()
    assert model.counts["told NotifyStartOfSupply"] > 0
