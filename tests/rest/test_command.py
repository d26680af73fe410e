"""`ediel consent` and `ediel doctor` against a stand-in hub on a port, with the configuration that it writes."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from click.testing import CliRunner, Result

from ediel.cli import cli
from ediel.hub import Hub, HubSettings, Keyring, asgi
from ediel.hub.app import SERVICES
from ediel.hub.local import _key
from ediel.rest import access
from tests.support.hub_market import MARKET, NEW, POINT
from tests.support.hub_market import point as seeded


class Served:
    """A hub on a port, and the configuration of a supplier."""

    def __init__(self, hub: Hub, config: Path) -> None:
        self.hub = hub
        self.config = config

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments, "--config", str(self.config)])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    ring = Keyring(tmp_path / "keys", new_key=_key)
    hub = Hub.open(f"sqlite:///{tmp_path / 'hub.db'}", seed=MARKET, keys=ring.keys(), settings=HubSettings())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(asgi(hub, ticks=False), log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        party = hub.register_store.party(NEW)
        assert party is not None
        config = ring.configuration(party, f"http://127.0.0.1:{port}{SERVICES}", hub.gln)
        assert config is not None
        yield Served(hub, config)
        server.should_exit = True
        thread.join(20)
    hub.close()


@pytest.fixture
def order(tmp_path: Path) -> str:
    path = tmp_path / "order.json"
    content = {
        "kind": access.CHANGE, "supplier": NEW, "person": seeded(POINT).end_users[0].identification,
        "name": "Kari Testesen", "metering_point": POINT, "address": "Prøvegata 1", "supplier_name": "Kraft",
        "contract": "Spot",
    }  # fmt: skip
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def test_a_consent_from_the_command_line(served: Served, order: str) -> None:
    assert "nothing has been asked" in served.run("consent", "list").output
    (asked,) = rows(served.run("consent", "request", order, "--format", "json"))
    assert asked["status"] == "Pending"
    shown = served.run("consent", "request", order)
    assert asked["id"] in shown.output, "the same once more gives what waits already"
    assert "Testesen" not in shown.output
    assert "nothing has changed" in served.run("consent", "status").output
    served.hub.consents.accept(asked["id"])
    (moved,) = rows(served.run("consent", "status", "--format", "json"))
    assert (moved["process"], moved["status"]) == ("active", "Accepted")
    (listed,) = rows(served.run("consent", "list", "--format", "json"))
    assert listed["grant"] == moved["grant"]


def test_a_document_from_the_command_line(served: Served, order: str, tmp_path: Path) -> None:
    paper, signed = tmp_path / "paper.pdf", tmp_path / "signed.pdf"
    result = served.run("consent", "request", order, "--document", "--pdf", str(paper), "--format", "json")
    (asked,) = rows(result)
    assert paper.read_bytes().startswith(b"%PDF-")
    refused = served.run("consent", "submit", asked["id"], str(paper))
    assert refused.exit_code != 0
    signed.write_bytes(served.hub.consents.sign(asked["id"]))
    assert served.run("consent", "submit", asked["id"], str(signed)).output == "accepted\n"
    (listed,) = rows(served.run("consent", "list", "--format", "json"))
    assert (listed["way"], listed["status"]) == ("document", "Signed")


def test_mistakes_are_one_line(served: Served, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"kind": "x", "person": "12818525018"}', encoding="utf-8")
    result = served.run("consent", "request", str(wrong))
    assert result.exit_code == 1
    assert "kind: Input should be" in result.output
    assert "12818525018" not in result.output
    bare = tmp_path / "bare.toml"
    text = served.config.read_text(encoding="utf-8").partition("[rest]")[0]
    (served.config.parent / "bare.toml").write_text(text, encoding="utf-8")
    bare = served.config.parent / "bare.toml"
    result = CliRunner().invoke(cli, ["consent", "list", "--config", str(bare)])
    assert "the configuration has no part [rest]" in str(result.exception)


def test_the_doctor_looks_at_token_clock_and_api(served: Served) -> None:
    result = served.run("doctor", "--party", f"{NEW}:DDQ", "--no-poll")
    assert "ok     token: Maskinporten gives one for elhub:balancesupplier; the clocks are less than" in result.output
    assert "ok     Access API: access v0 answers; 0 grants" in result.output
    text = served.config.read_text(encoding="utf-8").replace('"balance supplier"', '"grid owner"')
    served.config.write_text(text, encoding="utf-8")
    result = served.run("doctor", "--party", f"{NEW}:DDQ", "--no-poll")
    assert result.exit_code == 1
    assert "FAILED token: Maskinporten refuses a token: invalid_scope" in result.output
    assert "-      Access API: an earlier check failed" in result.output
