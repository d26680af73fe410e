"""The log of steps: who acted and why, sealed so that a change shows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

import ediel
from ediel.engine import Engine, EngineError, Party
from ediel.store import check_log
from tests.support.databases import KINDS, url
from tests.support.world import NEW, POINT, at


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = Engine.open(url(request.param, tmp_path), party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"))
    yield made
    made.close()


def asked(engine: Engine) -> str:
    return engine.start(ediel.MasterDataQuery(metering_point=POINT)).id


def log(engine: Engine, process: str) -> list[tuple[str, str | None, str | None]]:
    found = engine.browse.process(process)
    assert found is not None
    return [(row["trigger"], row["actor"], row["reason"]) for row in found["transitions"]]


def test_who_acts_stands_in_the_log(engine: Engine) -> None:
    with engine.acting("kari@company", reason="ticket 4711"):
        process = asked(engine)
        with engine.acting("ola@company"):
            engine.command(process, "give up")
    other = asked(engine)
    with engine.acting("kari@company", reason="ticket 4711"):
        engine.abandon(other, reason="the customer has left")
    assert log(engine, process) == [
        ("command ask", "kari@company", "ticket 4711"), ("command give up", "ola@company", None),
    ]  # fmt: skip
    assert log(engine, other) == [
        ("command ask", None, None), ("command abandon", "kari@company", "the customer has left"),
    ]  # fmt: skip
    with pytest.raises(EngineError, match="actor: expected 1 to 1,000 printable characters"), engine.acting(""):
        pass


def test_handlers_act_for_nobody_and_threads_for_themselves(engine: Engine) -> None:
    made: list[str] = []

    def again(_event: ediel.events.Event) -> None:
        if len(made) < 2:
            made.append(engine.start(ediel.MasterDataQuery(metering_point=POINT)).id)

    engine.on(ediel.events.ProcessAbandoned, again)
    process = asked(engine)
    with engine.acting("kari@company"):
        engine.abandon(process, reason="x")
        thread = threading.Thread(target=lambda: made.append(asked(engine)))
        thread.start()
        thread.join()
    assert [log(engine, item) for item in made] == [[("command ask", None, None)]] * 2


def test_the_chain_holds_and_its_seal_stays(engine: Engine) -> None:
    first = asked(engine)
    engine.command(first, "give up")
    asked(engine)
    checked = check_log(engine.store)
    assert (checked.steps, checked.unsealed, checked.broken) == (3, 0, ())
    assert check_log(engine.store) == checked
    asked(engine)
    assert check_log(engine.store).seal != checked.seal


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE transitions SET reason = 'another' WHERE version = 1", "step 1 is not as it was written"),
        ("UPDATE transitions SET at = '2026-11-26T08:00:00.000000Z' WHERE version = 2", "step 2 is not as it was"),
        ("UPDATE transitions SET digest = NULL WHERE version = 2", "step 2 is not as it was written"),
        ("UPDATE transitions SET digest = NULL", "the last step is not the one"),
        ("DELETE FROM transitions WHERE version = 1", r"steps are missing: \[1\]"),
        ("DELETE FROM transitions WHERE version = 2", r"steps are missing: \[2\]"),
        ("UPDATE instances SET state = 'asked'", "its last step led to given up"),
        ("UPDATE instances SET version = 3", r"steps are missing: \[3\]"),
    ],
)
def test_every_change_shows(engine: Engine, change: str, problem: str) -> None:
    process = asked(engine)
    engine.command(process, "give up")
    with engine.store.connection(write=True) as connection:
        connection.execute(text(change))
    ((found, words),) = check_log(engine.store).broken
    assert found == process
    assert re.search(problem, words)


def test_steps_from_before_there_were_digests(engine: Engine) -> None:
    process = asked(engine)
    with engine.store.connection(write=True) as connection:
        connection.execute(text("UPDATE transitions SET digest = NULL"))
        connection.execute(text("UPDATE instances SET log_digest = NULL"))
    engine.command(process, "give up")
    checked = check_log(engine.store)
    assert (checked.steps, checked.unsealed, checked.broken) == (2, 1, ())
