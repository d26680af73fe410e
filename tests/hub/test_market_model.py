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
TestMarket.settings = settings(max_examples=12, stateful_step_count=40)


@pytest.mark.parametrize("seed", [6, 7, 5077, 20074])
def test_markets_that_once_went_wrong(seed: int, tmp_path: Path) -> None:
    counts, problem = play(seed, 80, str(tmp_path))
    assert problem is None
    assert counts["told NotifyEndOfSupply"] > 0
