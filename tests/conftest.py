"""What all tests share: how much hypothesis tries, the official release, and a check of all that is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.places import OFFICIAL

settings.register_profile(
    "gate",
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("gate")


@pytest.fixture(scope="session")
def official() -> Path:
    """The official release, for comparison."""
    if not OFFICIAL.is_dir():
        pytest.skip("the official EMIF 2.4.3 files are not beside the project (../shared/emif/2.4.3)")
    return OFFICIAL


@pytest.fixture(scope="session", autouse=True)
def strict_facts() -> Iterator[None]:
    """What is stored as JSON says the same when it is read: a state is equal to itself, down to what is kept untyped."""
    from ediel.engine import _apply
    from ediel.processes import ProcessState, decode_state, encode_state
    from ediel.store import _unit
    from ediel.store._json import decode, encode

    def strict(value: Any) -> str:
        text = encode(value)
        assert json.loads(json.dumps(value)) == decode(text)
        return text

    def strict_state(state: ProcessState) -> str:
        text = encode_state(state)
        assert decode_state(type(state), text, whole=True) == state
        return text

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_unit, "encode_state", strict_state)
        patch.setattr(_apply, "encode", strict)
        yield
