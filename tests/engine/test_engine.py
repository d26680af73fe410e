"""The engine itself: what comes twice, late, early or broken; handlers, parties, timers, pre-flight, meters."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import ediel
from ediel.engine import (
    CountingMeter,
    Engine,
    EngineError,
    EngineSettings,
    InvalidParty,
    Opinion,
    Party,
    PreflightRefused,
)
from ediel.store import _schema as schema
from tests.support import wire
from tests.support.places import FIXTURES
from tests.support.world import COLLECTOR, GRID, HUB, NEW, OLD, POINT, World, at, end, start


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def answers(world: World) -> list[bytes]:
    """A switch as the hub answers it: a positive answer, then a notice for the supplier."""
    world.parties.start(start(), party=NEW)
    world.deliver(to_parties=False)
    world.now = at("2026-12-01 00:00")
    world.hub.run_due()
    wanted = [row for row in world.hub.outbox.pending() if row["recipient"] == NEW]
    return [row["data"] for row in wanted]


def test_the_same_bytes_twice_are_a_quiet_success(world: World) -> None:
    confirm, notify = answers(world)
    for data in (confirm, notify):
        assert world.parties.receive(data)[0].outcome == "handled"
    before = world.heard(NEW)
    for data in (notify, confirm, notify):
        (found,) = world.parties.receive(data)
        assert (found.outcome, found.text) == ("duplicate", "it has come before")
    assert world.heard(NEW) == before
    assert len(list(world.parties.browse.archive())) == 2


def test_the_same_message_in_other_bytes_is_a_duplicate_too(world: World) -> None:
    """Gzipped, or in an envelope: the words count."""
    confirm, _ = answers(world)
    assert world.parties.receive(confirm)[0].outcome == "handled"
    assert world.parties.receive(gzip.compress(confirm))[0].outcome == "duplicate"
    assert world.parties.receive(confirm.replace(b"\n", b"\n\n"))[0].outcome == "duplicate"


def test_other_words_with_the_same_identification_are_a_dead_letter(world: World) -> None:
    confirm, _ = answers(world)
    world.parties.receive(confirm)
    (found,) = world.parties.receive(confirm.replace(b"2026-12-01", b"2026-12-02"))
    assert found.outcome == "dead"
    assert "another message with the identification" in found.text
    (letter,) = world.parties.browse.dead_letters()
    assert (letter["id"], letter["reason"]) == (found.dead_letter, "other words")


def test_messages_that_overtake_each_other(world: World) -> None:
    """The notice comes before the positive answer: the answer is let pass."""
    confirm, notify = answers(world)
    assert world.parties.receive(notify)[0].state == "supplying"
    (found,) = world.parties.receive(confirm)
    assert (found.outcome, found.text, found.state) == ("ignored", "a late positive answer", "supplying")


def test_an_early_answer_is_kept_and_replayed(tmp_path: Path) -> None:
    """An answer to a request that this database does not know yet, such as one restored from a backup."""
    world = World(tmp_path)
    confirm, _ = answers(world)
    other = Engine.open(f"sqlite:///{tmp_path / 'other.db'}", party=Party(NEW, "DDQ"), clock=lambda: world.now)
    (found,) = other.receive(confirm)
    assert found.outcome == "dead"
    assert "which 7080001100018 has neither sent nor received" in found.text
    again = other.receive(confirm)
    assert again[0].dead_letter == found.dead_letter
    (letter,) = other.browse.dead_letters()
    assert letter["attempts"] == 2
    assert found.dead_letter is not None
    assert other.replay(found.dead_letter).outcome == "dead"
    # the process arrives: here by copying its rows
    with world.parties.store.engine.connect() as source, other.store.engine.connect() as target:
        target.exec_driver_sql("BEGIN IMMEDIATE")
        for table in (schema.INSTANCES, schema.OUTBOX):
            for row in source.execute(select(table)).mappings():
                target.execute(table.insert().values(**row))
        target.commit()
    (settled,) = other.replay_all()
    assert (settled.outcome, settled.state) == ("handled", "accepted")
    assert other.browse.dead_letters() == []
    assert other.browse.dead_letters(resolved=True)[0]["resolved_at"] is not None
    other.close()
    world.close()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"not xml at all", "unreadable"),
        (b"", "unreadable"),
        ((FIXTURES / "invalid" / "missing-postcode.xml").read_bytes(), "invalid"),
        ((FIXTURES / "valid" / "NotifyStartOfSupply-101-SLR.xml").read_bytes(), "unroutable"),
        ((FIXTURES / "valid" / "RequestToElhub-602.xml").read_bytes(), "unroutable"),
    ],
)
def test_what_cannot_be_handled_is_kept_with_a_reason(world: World, data: bytes, reason: str) -> None:
    (found,) = world.parties.receive(data, source="a test")
    assert found.outcome == "dead"
    assert found.text
    (letter,) = world.parties.browse.dead_letters()
    assert letter["reason"] == reason
    assert [bytes(item) for _, item in world.parties.browse.archive()] == [data]
    assert found.dead_letter is not None
    assert world.parties.replay(found.dead_letter).outcome == "dead"
    with pytest.raises(EngineError, match="there is no dead letter"):
        world.parties.replay("123e4567-e89b-12d3-a456-426655440000")


def test_only_the_hub_sends_to_a_party(world: World) -> None:
    """A confirmation that somebody else has made steps no process, and is kept; the genuine one does."""
    confirm, _ = answers(world)
    head, mark, tail = confirm.partition(b"JuridicalSenderEnergyParty>")
    forged = head + mark + tail.replace(HUB.encode(), OLD.encode(), 1)
    assert forged != confirm
    (found,) = world.parties.receive(forged, source="a test")
    assert (found.outcome, found.reason) == ("dead", "unroutable")
    assert HUB in found.text
    (row,) = world.parties.browse.processes()
    assert row["state"] == "requested"
    assert world.parties.receive(confirm)[0].outcome == "handled"


def test_a_poll_response_with_many_messages(world: World) -> None:
    """One of three is broken, one is of something that was not begun here, and one tells of a supply: it is adopted."""
    (data,) = ((FIXTURES / "invalid" / "poll-one-of-three-wrong.xml").read_bytes(),)
    found = world.parties.receive(data)
    assert len(found) == 3
    assert sorted(item.outcome for item in found) == ["dead", "dead", "handled"]
    assert sorted(row["reason"] for row in world.parties.browse.dead_letters()) == ["invalid", "unroutable"]
    assert len(list(world.parties.browse.archive())) == 1


@pytest.mark.parametrize("kind", wire.POISONS)
@pytest.mark.parametrize("place", range(3))
def test_something_becomes_of_every_element_of_a_result_set(world: World, kind: str, place: int) -> None:
    """Poison beside good messages, at each place: the good ones are handled, and it is kept, and found by its name."""
    good = list(answers(world))
    good.insert(place, wire.POISONS[kind](good[0]))
    found = world.parties.receive(wire.poll_response(*good))
    assert [item.outcome for item in found] == ["dead" if number == place else "handled" for number in range(3)]
    (letter,) = world.parties.browse.dead_letters()
    assert letter["reason"] == "invalid"
    assert letter["position"] == place
    assert world.parties.replay(letter["id"]).outcome == "dead"


def test_a_batch_does_what_one_by_one_does(tmp_path: Path) -> None:
    """Twice in one batch, again in the next, gzipped, other words, broken: what is read ahead changes nothing."""
    outcomes = []
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        confirm, notify = answers(world)
        other = confirm.replace(b"2026-12-01", b"2026-12-02")
        batches = [[confirm, confirm, b"broken"], [notify, gzip.compress(confirm), other], [other, notify, b"broken"]]
        found = []
        for batch in batches:
            if name == "one":
                found += [world.parties.receive(data) for data in batch]
            else:
                found += world.parties.receive_many(batch)
        letters = [(row["reason"], row["attempts"]) for row in world.parties.browse.dead_letters()]
        shown = [(item.outcome, item.text[:20], item.reason) for entries in found for item in entries]
        outcomes.append((shown, sorted(letters), world.heard(NEW), len(list(world.parties.browse.archive()))))
        world.close()
    assert outcomes[0] == outcomes[1]


def test_a_dead_letter_that_comes_again_in_a_batch_is_settled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from ediel.engine import _intake

    confirm, notify = answers(world)
    monkeypatch.setattr(_intake, "step", lambda *_: 1 / 0)
    assert world.parties.receive(confirm)[0].outcome == "dead"
    monkeypatch.undo()
    assert [item.outcome for (item,) in world.parties.receive_many([confirm, notify])] == ["handled", "handled"]
    assert world.parties.browse.dead_letters() == []


def test_a_mistake_in_a_table_loses_no_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from ediel.engine import _intake

    confirm, _ = answers(world)
    monkeypatch.setattr(_intake, "step", lambda *_: 1 / 0)
    (found,) = world.parties.receive(confirm)
    assert found.outcome == "dead"
    assert "internal error (ZeroDivisionError)" in found.text
    monkeypatch.undo()
    assert world.parties.replay_all()[0].outcome == "handled"


def test_a_step_that_cannot_be_written_leaves_nothing_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a step is worse than none: the rest of the batch is taken, the message is kept whole for later."""
    from ediel.engine import _apply

    confirm, notify = answers(world)
    (switch,) = (row for row in world.parties.browse.processes() if row["party"] == NEW)
    write = _apply._event

    def fails(after: Any, name: str, *rest: Any) -> Any:
        return 1 / 0 if name == "SupplyAccepted" else write(after, name, *rest)

    monkeypatch.setattr(_apply, "_event", fails)
    first, second = world.parties.receive_many([confirm, notify])
    assert (first[0].outcome, second[0].outcome) == ("dead", "handled")
    assert [row["reason"] for row in world.parties.browse.dead_letters()] == ["internal"]
    found = world.parties.browse.process(switch["id"])
    assert found is not None
    assert [row["to_state"] for row in found["transitions"]] == ["requested", world.parties.process(switch["id"]).state]
    assert "SupplyAccepted" not in world.heard(NEW)
    assert len(list(world.parties.browse.archive())) == 2
    monkeypatch.undo()
    assert world.parties.replay_all()[0].outcome in {"handled", "ignored"}
    assert world.parties.browse.dead_letters() == []


def test_one_timer_that_fails_does_not_hold_up_the_others(world: World) -> None:
    first = world.parties.start(start(), party=NEW)
    world.parties.start(start(metering_point="707057542000000285"), party=NEW)
    world.deliver()
    world.now = at("2026-12-01 00:00")
    calls: list[str] = []
    decisions = world.hub._intake._decisions

    def fails(message: Any, now: Any) -> Opinion:
        def advice(instance: Any) -> Any:
            calls.append(instance.id)
            if len(set(calls)) == 1:
                raise KeyError("Kari")
            return {} if decisions is None else decisions(message, now).advice(instance)

        return Opinion(advice)

    world.hub._intake._decisions = fails
    with pytest.raises(ediel.engine.TimersFailed) as caught:
        world.hub.run_due()
    assert len({item.id for item in caught.value.fired} - {calls[0]}) == 1
    assert list(caught.value.failed) == [(calls[0], "cancellation")]
    assert "KeyError" in str(caught.value)
    assert "Kari" not in str(caught.value)
    world.hub._intake._decisions = decisions
    assert [item.id for item in world.hub.run_due()][:1] == [calls[0]]
    world.deliver()
    assert world.parties.process(first.id).state == "supplying"


def test_a_party_that_another_engine_has_added(world: World, tmp_path: Path) -> None:
    world.parties.start(start(), party=NEW)
    world.deliver()
    world.now = at("2026-12-01 00:00")
    world.hub.run_due()
    (notice,) = (row for row in world.hub.outbox.pending() if row["recipient"] == OLD)
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    one = Engine.open(url, party=Party(NEW, "DDQ"))
    other = Engine.open(url, party=Party(OLD, "DDQ"))
    assert one.receive(notice["data"])[0].outcome == "handled"
    one.close()
    other.close()


def test_a_handler_that_raises_does_not_lose_the_event(world: World) -> None:
    told: list[ediel.events.Event] = []
    broken = [True]

    def handler(event: ediel.events.SupplyAccepted) -> None:
        told.append(event)
        if broken[0]:
            raise RuntimeError("the ledger is down")

    world.parties.on(ediel.events.SupplyAccepted, handler)
    world.parties.start(start(), party=NEW)
    world.deliver()
    assert len(told) == 1
    (row,) = world.parties.subscriptions.deliveries.waiting()
    assert (row.name, row.error, row.attempts) == ("SupplyAccepted", "RuntimeError", 1)  # the text may hold a person
    broken[0] = False
    assert world.parties.deliver(now=world.now) == 0  # it rests for a second
    assert world.parties.deliver(now=world.now + timedelta(seconds=1)) == 1
    assert len(told) == 2
    assert told[0] == told[1]
    assert told[0].id == row.id
    assert told[0].data["metering_point"] == POINT
    assert "Testesen" not in str(told)
    assert world.parties.subscriptions.deliveries.waiting() == []


def test_events_without_a_handler_wait(tmp_path: Path) -> None:
    engine = Engine.open(
        f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00")
    )
    engine.start(start())
    assert [row["name"] for row in engine.browse.events()] == ["SupplyRequested"]
    told: list[str] = []
    engine.on(ediel.events.SupplyRequested, lambda event: told.append(event.name))
    assert engine.deliver() == 1
    assert told == ["SupplyRequested"]
    engine.close()


def test_a_service_provider_sends_for_another_party(tmp_path: Path) -> None:
    party = Party(NEW, "DDQ", physical_sender=COLLECTOR)
    engine = Engine.open(f"sqlite:///{tmp_path / 'a.db'}", party=party, clock=lambda: at("2026-11-27 09:00"))
    engine.start(start())
    header = ediel.read(engine.outbox.pending()[0]["data"]).header
    assert (header.physical_sender, header.juridical_sender) == (COLLECTOR, NEW)
    engine.close()
    again = Engine.open(f"sqlite:///{tmp_path / 'a.db'}", clock=lambda: at("2026-11-27 09:00"))
    assert again.parties == (party,)
    again.close()


def test_parties_and_their_mistakes(world: World) -> None:
    with pytest.raises(EngineError, match="several parties have role DDQ"):
        world.parties.start(start())
    with pytest.raises(EngineError, match="no party here has role AG"):
        world.hub.start(ediel.AccessRequest(metering_point=POINT))
    with pytest.raises(InvalidParty, match="7080001100019"):
        Party("7080001100019", "DDQ")
    with pytest.raises(InvalidParty, match="expected one of"):
        Party(NEW, "DQQ")
    with pytest.raises(InvalidParty, match="a GLN is missing"):
        Party("", "DDQ")
    with pytest.raises(EngineError, match="there is no process"):
        world.parties.cancel("123e4567-e89b-12d3-a456-426655440000")
    with pytest.raises(EngineError, match="there is no process"):
        world.parties.process("123e4567-e89b-12d3-a456-426655440000")


def test_preflight_keeps_what_the_hub_would_refuse(world: World) -> None:
    """A search that breaks a published rule: nothing is sent, nothing is stored."""
    from ediel.messages import VirtualCalculation

    order = ediel.SharedProduction(
        name="x", formula="Manual", start=date(2026, 12, 1), calculation=VirtualCalculation()
    )  # fmt: skip
    process = world.parties.start(order, party=GRID)
    assert process.state == "sent", "inferred rules do not stop a message"
    with pytest.raises(PreflightRefused) as caught:
        world.parties.start(ediel.PointSearch(metering_point=POINT, meter="1234"), party=NEW)
    assert caught.value.report.messages[0].findings[0].code == "EH015"
    assert [row["state"] for row in world.parties.browse.processes()] == ["sent"]


def test_what_may_be_refused_is_told(world: World, tmp_path: Path) -> None:
    """Windows of BRS-NO-101 are assumed: the request goes, with a warning; ``strict`` keeps it."""
    early = start(day=date(2028, 12, 1))
    told = world.parties.start(early, party=NEW)
    assert [(finding.rule, finding.code) for finding in told.warnings] == [("BRS-NO-101/window-earliest", "E17")]
    assert world.parties.start(start(), party=NEW).warnings == ()
    url = f"sqlite:///{tmp_path / 'strict.db'}"
    with_strict = Engine.open(
        url, party=Party(NEW, "DDQ"), settings=EngineSettings(strict=True), clock=lambda: world.now
    )
    with pytest.raises(PreflightRefused, match=r"would be refused \[E17\]"):
        with_strict.start(early)
    assert with_strict.outbox.pending() == []
    with_strict.start(start())
    with_strict.close()


def test_preflight_asks_the_register(world: World, tmp_path: Path) -> None:
    from ediel.market import Snapshot

    register = Snapshot.read(str(FIXTURES / "market.json"))
    url = f"sqlite:///{tmp_path / 'knowing.db'}"
    engine = Engine.open(
        url, party=Party(NEW, "DDQ"), settings=EngineSettings(register=register, strict=True), clock=lambda: world.now
    )
    with pytest.raises(PreflightRefused) as caught:
        engine.start(start(metering_point="707057500099999992"))
    assert "BRS-NO-101/point-known" in {finding.rule for finding in caught.value.report.messages[0].findings}
    engine.close()


def test_timers_fire_once_and_in_order(world: World) -> None:
    first = world.parties.start(start(), party=NEW)
    second = world.parties.start(start(day=date(2026, 12, 3)), party=NEW)
    due = world.parties.due(timedelta(days=30))
    assert [(row["instance_id"], row["name"]) for row in due] == [(first.id, "date"), (second.id, "date")]
    assert list(world.parties.due(timedelta(days=1))) == []
    assert world.parties.run_due(at("2026-12-05 00:00")) == [], "what was not sent cannot be answered"
    for row in world.parties.outbox.pending():
        world.parties.outbox.sent(row["message_id"])
    fired = world.parties.run_due(at("2026-12-05 01:00"))
    # they wait for an answer until the same moment, so either may be the first
    assert {(item.id, item.state) for item in fired} == {(first.id, "unanswered"), (second.id, "unanswered")}
    assert len(fired) == 2
    assert world.parties.run_due(at("2026-12-05 00:00")) == []


def test_the_outbox(world: World) -> None:
    world.parties.start(start(), party=NEW)
    world.parties.start(end(ediel.MoveOut), party=OLD)
    assert [row["party"] for row in world.parties.outbox.pending()] == [NEW, OLD]
    (row,) = world.parties.outbox.pending(NEW)
    assert world.parties.outbox.failed(row["message_id"], "503", again_at=at("2026-11-27 10:00"))
    (again,) = world.parties.outbox.pending(NEW)
    assert (again["attempts"], again["error"], again["next_at"]) == (1, "503", "2026-11-27T09:00:00.000000Z")
    assert world.parties.outbox.failed(row["message_id"], "refused")
    assert world.parties.outbox.pending(NEW) == []
    assert not world.parties.outbox.sent("123e4567-e89b-12d3-a456-426655440000")


def test_meters(tmp_path: Path) -> None:
    meter = CountingMeter()
    engine = Engine.open(
        f"sqlite:///{tmp_path / 'a.db'}",
        party=Party(NEW, "DDQ"),
        clock=lambda: at("2026-11-27 09:00"),
        settings=EngineSettings(meter=meter),
    )
    engine.start(start())
    engine.receive(b"nonsense")
    assert meter.counts["ediel_steps", (("machine", "supply/requester"), ("state", "requested"))] == 1
    assert meter.counts["ediel_sent", (("name", "RequestStartOfSupply"),)] == 1
    assert meter.counts["ediel_messages", (("name", ""), ("outcome", "dead"))] == 1
    assert len(meter.seconds["ediel_receive_seconds"]) == 1
    engine.close()


def test_prometheus_and_opentelemetry(tmp_path: Path) -> None:
    prometheus = pytest.importorskip("prometheus_client")
    pytest.importorskip("opentelemetry.metrics")
    from ediel.engine import OpenTelemetryMeter, PrometheusMeter

    registry = prometheus.CollectorRegistry()
    for number, meter in enumerate((PrometheusMeter(registry), OpenTelemetryMeter())):
        engine = Engine.open(
            f"sqlite:///{tmp_path / f'{number}.db'}", party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"), settings=EngineSettings(meter=meter),
        )  # fmt: skip
        engine.start(start())
        engine.receive(b"nonsense")
        engine.close()
    text = prometheus.generate_latest(registry).decode()
    assert 'ediel_messages_total{name="",outcome="dead"} 1.0' in text
    assert "ediel_receive_seconds_count 1.0" in text


def test_a_meter_that_fails_stops_nothing(tmp_path: Path) -> None:
    class Broken:
        def count(self, *_: Any) -> None:
            raise RuntimeError

        observe = count

    engine = Engine.open(
        f"sqlite:///{tmp_path / 'a.db'}",
        party=Party(NEW, "DDQ"),
        clock=lambda: at("2026-11-27 09:00"),
        settings=EngineSettings(meter=Broken()),
    )
    assert engine.start(start()).state == "requested"
    assert engine.receive(b"nonsense")[0].outcome == "dead"
    engine.close()


def test_logs_tell_nothing_about_people(world: World, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    with caplog.at_level(logging.INFO, logger="ediel"):
        world.parties.start(start(), party=NEW)
        world.deliver()
    text = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert "supply/requester" in text
    assert f"...{POINT[-4:]}" in text
    for private in ("Testesen", "12818525018", "0001", POINT):
        assert private not in text


def test_logs_show_whole_metering_points_when_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import logging

    url = f"sqlite:///{tmp_path / 'seen.db'}"
    engine = Engine.open(
        url,
        party=Party(NEW, "DDQ"),
        settings=EngineSettings(log_metering_points=True),
        clock=lambda: at("2026-11-27 09:00"),
    )
    with caplog.at_level(logging.INFO, logger="ediel"):
        engine.start(start())
    assert POINT in json.dumps([record.__dict__ for record in caplog.records], default=str)
    engine.close()


def test_a_message_for_somebody_else(world: World) -> None:
    confirm, _ = answers(world)
    (found,) = world.parties.receive(confirm.replace(NEW.encode(), b"7080003824349"))
    assert found.outcome == "dead"
    assert "no such party lives here" in found.text
