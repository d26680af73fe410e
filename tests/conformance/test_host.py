"""A system of somebody else against the stand-in hub: one that is right, some that are wrong, and the client package."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from ediel.conformance import CaseResult, Hosted, as_html, as_json, case, host_case, hosted
from tests.conformance.systems import Backend


def play(
    name: str, folder: Path, *, patience: float = 10, misbehaviours: tuple[str, ...] = (), **how: Any
) -> CaseResult:
    found = case(name)
    with hosted(found, keys=folder / "keys") as place, Backend(found, place, folder, **how) as backend:
        return host_case(found, place, tell=backend.tell, patience=patience, misbehaviours=misbehaviours)


@pytest.mark.parametrize("name", ["DDQ101-01", "AG611-01", "AG622-02", "DDM102-01", "DDE313-01"])
def test_a_system_that_is_right(name: str, tmp_path: Path) -> None:
    result = play(name, tmp_path)
    assert result.verdict == "passed", result.failed
    assert result.notes == []


@pytest.mark.parametrize(
    ("how", "step", "text"),
    [
        ({"skip": "RequestStartOfSupply"}, 0, "expected RequestStartOfSupply (document_type 392"),
        ({"late": 3}, 0, "expected 2026-12-01T00:00:00+01:00, found 2026-12-04T00:00:00+01:00"),
        ({"point": "profiled"}, 0, "metering_point: expected"),
        ({"deaf": True}, 1, "expected that ConfirmStartOfSupply is fetched; fetched was nothing, and 1 messages wait"),
        ({"mute": True}, 4, "a result set was fetched and not acknowledged"),
        ({"twice": True}, None, "RequestStartOfSupply"),  # at whichever step it comes
    ],
    ids=lambda item: next(iter(item)) if isinstance(item, dict) else None,
)
def test_a_system_that_is_wrong(how: dict[str, Any], step: int | None, text: str, tmp_path: Path) -> None:
    """A message missing, on another date, for another point, sent twice; nothing fetched; nothing acknowledged."""
    result = play("DDQ101-01", tmp_path, patience=2, **how)
    assert (result.verdict, result.fault) == ("failed", "the actor's")
    assert step in {result.failed_at, None}
    assert result.failed is not None
    assert text in result.failed.text


def test_a_system_that_bears_misbehaviour(tmp_path: Path) -> None:
    """A fault, everything twice, and another order: a system that is right comes through."""
    result = play("DDQ101-01", tmp_path, misbehaviours=("fault", "duplicate", "reorder"))
    assert result.verdict == "passed", result.failed
    assert [note for note in result.notes if "told to misbehave" in note]


def test_no_person_is_in_what_is_said(tmp_path: Path) -> None:
    result = play("DDQ101-01", tmp_path, patience=2, stranger=True)
    assert result.failed is not None
    assert "payload.customer.identification is another" in result.failed.text
    assert "12818525018" not in as_json([result], {})
    assert "12818525018" not in as_html([result], {})


class ClientPackage:
    """A third party that uses elhub-python-sdk, unmodified but for the address."""

    def __init__(self, place: Hosted) -> None:
        sdk_calls = pytest.importorskip("tests.hub.sdk_calls")
        self.calls = sdk_calls.SdkCalls(place.market, place.address)
        self.actions = sdk_calls.THIRD_PARTY_ACTION
        self.request = sdk_calls.request_consumption
        self.services = sdk_calls.ElHubService
        self.gln = place.gln
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def _poll(self) -> None:
        while not self.stop.wait(0.5):
            with self.lock:
                result_set, _ = self.calls.poll()
                if result_set is not None:
                    assert self.calls.acknowledge(result_set)

    def tell(self, text: str) -> None:
        """The owner reads what is to be done now."""
        point = re.search(r"metering_point (\d{18})", text)
        if point is None:
            return
        with self.lock:
            if "RequestUpfrontMeteringPointCharacteristics" in text:
                self.calls.lookup(point[1])
            elif "RequestDataFromElhub" in text:
                client, history = self.calls.client(self.services.QUERY)
                first = datetime(2026, 11, 26, 23, tzinfo=UTC)  # the package writes every moment as if it were UTC
                assert self.request(client, history, point[1], self.gln, first, first + timedelta(days=1))
            elif "UpdateThirdPartyAccess" in text:
                action = "DELETE" if "update_indicator D" in text else "ADD"
                assert self.calls.action(point[1], self.actions[action]) is not False


@pytest.mark.parametrize("name", ["AG611-01", "AG622-01", "AG622-02"])
def test_the_client_package(name: str, tmp_path: Path) -> None:
    """Right verdicts on a client that acknowledges in a way of its own, and asks for no positive answers."""
    pytest.importorskip("elhub_sdk")
    found = case(name)
    with hosted(found, keys=tmp_path) as place, ClientPackage(place) as system:
        result = host_case(found, place, tell=system.tell, patience=20)
    assert result.verdict == "passed", (result.failed, result.notes)
    said = " ".join(result.notes)
    assert ("acknowledgements came through MeteringValues" in said) is (name == "AG622-02")
