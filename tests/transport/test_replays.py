"""What has come before is known again: over a restart, and whatever is done to the wall clock."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ediel.transport import Replays
from tests.support.pki import NOW

UNTIL = NOW + timedelta(minutes=6)


class Time:
    """A clock that only goes forward."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


def test_a_wall_clock_that_is_moved_forward_and_back_lets_nothing_in_twice() -> None:
    time = Time()
    replays = Replays(monotonic=time)
    assert replays.first(b"one", UNTIL, NOW)
    assert replays.first(b"two", NOW + timedelta(hours=2), NOW + timedelta(hours=1)), "the clock jumps for one message"
    time.passed += 5
    assert not replays.first(b"one", UNTIL, NOW + timedelta(seconds=5))


def test_a_clock_that_was_ahead_is_no_way_in_later() -> None:
    time, ahead = Time(), NOW + timedelta(hours=1)
    replays = Replays(monotonic=time)
    assert replays.first(b"one", ahead + timedelta(minutes=6), ahead)
    time.passed += 3600
    assert not replays.first(b"one", ahead + timedelta(minutes=6), ahead), (
        "an hour later, by a clock that was set right"
    )


def test_what_has_expired_by_every_clock_is_forgotten() -> None:
    time = Time()
    replays = Replays(monotonic=time)
    assert replays.first(b"one", UNTIL, NOW)
    time.passed += 3600
    assert replays.first(b"two", UNTIL + timedelta(hours=1), NOW + timedelta(hours=1))
    assert len(replays) == 1


def test_a_restart(tmp_path: Path) -> None:
    path, now = tmp_path / "replays", datetime.now(UTC)
    until = now + timedelta(minutes=6)
    assert Replays(path).first(b"one", until, now)
    again = Replays(path)
    assert not again.first(b"one", until, now)
    assert again.first(b"two", until, now)
    with path.open("ab") as file:
        file.write(b"torn")
    third = Replays(path)
    assert len(third) == 2
    assert not third.first(b"two", until, now + timedelta(hours=1)), "whatever the clock says after the restart"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ediel.transport.replays as module

    monkeypatch.setattr(module, "_MOST_ROWS", 10)
    time, path = Time(), tmp_path / "replays"
    replays = Replays(path, monotonic=time)
    now = datetime.now(UTC)
    for number in range(100):
        time.passed += 3600
        now += timedelta(hours=1)
        assert replays.first(b"%d" % number, now + timedelta(minutes=6), now)
    assert path.stat().st_size <= 40 * 11
    assert len(Replays(path)) >= 1
