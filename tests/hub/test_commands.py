"""The commands that talk to a hub, and the one that is one: real processes, real sockets, signed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import ediel
from ediel.cli import main
from ediel.engine import Engine, Party
from ediel.hub import Seed
from ediel.transport import poll_of
from ediel.xml import write
from tests.support.hub_market import GRID, MARKET, NEW, OLD, POINT, THIRD_PARTY, switch

CONFIG = """
[database]
url = "sqlite:///parties.db"

[hub]
environment = "local"
address = "{address}/WebService/services"

[[certificate]]
file = "keys/{own}.pem"
senders = ["{sender}"]

[trust]
issuers = "keys/issuer.pem"

[courier]
interval = 0.2
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """``ediel hub serve`` on a free port, in a folder of its own."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "seed.json").write_text(MARKET.to_json(), encoding="utf-8")
    port = _free_port()
    command = [
        sys.executable, "-m", "ediel", "hub", "serve", "--port", str(port), "--seed", "seed.json", "--keys", "keys",
        "--clock", "2026-11-27T09:00", "--frozen",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        address = f"http://127.0.0.1:{port}"
        _wait(address, child)
        yield folder, address
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=30)
        assert child.returncode == 0, err
        assert "stand-in Elhub 7080003824349" in out
        assert "Traceback" not in err


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(address: str, child: subprocess.Popen[str]) -> None:
    for _ in range(300):
        try:
            httpx2.get(f"{address}/health")
        except httpx2.HTTPError:
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the hub did not begin")


@pytest.fixture
def folder(served: tuple[Path, str], tmp_path: Path) -> Iterator[Path]:
    """A folder with a configuration, a database and the keys, for the supplier NEW."""
    home, address = served
    (tmp_path / "keys").symlink_to(home / "keys")
    own = next(party.organisation for party in MARKET.parties if party.gln == NEW)
    (tmp_path / "ediel.toml").write_text(CONFIG.format(address=address, own=own, sender=NEW))
    engine = Engine.open(f"sqlite:///{tmp_path / 'parties.db'}", party=Party(NEW, "DDQ"))
    yield tmp_path
    engine.close()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    lines = capsys.readouterr()
    assert "internal error" not in lines.err, lines.err
    return int(caught.value.code or 0), lines.out, lines.err


def request(folder: Path, number: int) -> tuple[str, bytes]:
    """A start of supply that the hub would take: its identification, and the XML."""
    from ediel.hub import VirtualClock
    from tests.support.hub_market import POINTS, at

    clock = VirtualClock(at("2026-11-27 09:00"), runs=False)
    engine = Engine.open(f"sqlite:///{folder / f'{number}.db'}", party=Party(NEW, "DDQ"), clock=clock)
    engine.start(switch(POINTS[number]))
    (row,) = engine.outbox.pending()
    engine.close()
    return row["message_id"], bytes(row["data"])


def test_a_seed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "seed.json"
    assert run(capsys, "hub", "seed", "--points", "7", "--suppliers", "2", "-o", str(target))[0] == 0
    seed = Seed.read(target)
    assert len(seed.metering_points) == 7
    assert run(capsys, "hub", "seed", "--points", "7", "--suppliers", "2")[1] == target.read_text(encoding="utf-8")


def test_a_hub_that_cannot_begin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text('{"parties": 3}')
    common = ("hub", "serve", "--db", f"sqlite:///{tmp_path / 'hub.db'}", "--keys", str(tmp_path / "keys"))
    code, _, err = run(capsys, *common, "--seed", str(tmp_path / "seed.json"))
    assert (code, "parties: " in err) == (2, True)
    code, _, err = run(capsys, *common, "--clock", "soon")
    assert (code, "write 2026-11-27T09:00" in err) == (2, True)
    code, _, err = run(capsys, *common, "--seed", str(tmp_path / "none.json"))
    assert (code, "none.json" in err) == (2, True)


def test_keys_are_made_in_the_data_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the working directory, which is often a repository."""
    data, here = tmp_path / "data", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: data / name)
    assert run(capsys, "hub", "serve", "--seed", str(tmp_path / "none.json"))[0] == 2
    assert not data.exists()
    assert run(capsys, "hub", "serve", "--clock", "soon")[0] == 2
    assert sorted(path.name for path in (data / "ediel" / "hub-keys").iterdir()) == [
        "hub-certificate.pem", "hub.pem", "issuer-key.pem", "issuer.pem", "replays",
    ]  # fmt: skip
    assert not [path for path in here.rglob("*") if path.suffix == ".pem"]


def test_send_and_poll(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is sent as it stands; what comes back is written to files, and acknowledged."""
    identification, data = request(folder, 1)
    (folder / "start.xml").write_bytes(data)
    (folder / "broken.xml").write_bytes(data.replace(b"DDQ", b"DQQ"))
    config = ("--config", str(folder / "ediel.toml"))
    code, out, err = run(capsys, "send", str(folder / "start.xml"), str(folder / "broken.xml"), *config)
    assert (code, err) == (1, "")
    assert f"RequestStartOfSupply {identification} was accepted" in out
    assert "refused   " in out
    assert "EnergyBusinessProcessRole" in out
    target = folder / "out"
    code, out, _ = run(capsys, "poll", "--party", f"{NEW}:DDQ", "--out", str(target), "--leave", *config)
    assert code == 0
    assert "ConfirmStartOfSupply" in out
    assert run(capsys, "poll", "--party", f"{NEW}:DDQ", "--out", str(target), *config)[0] == 0
    (file,) = target.iterdir()
    assert ediel.inspect(file.read_bytes()).messages[0].name == "ConfirmStartOfSupply"
    code, out, _ = run(capsys, "poll", *config)
    assert (code, out.count("nothing waits")) == (0, 2), "the parties of the database when none is named"


def test_an_answer_in_the_call(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine.open(f"sqlite:///{folder / 'search.db'}", party=Party(NEW, "DDQ"))
    engine.start(ediel.PointSearch(metering_point=POINT))
    (row,) = engine.outbox.pending()
    engine.close()
    (folder / "search.xml").write_bytes(row["data"])
    code, out, _ = run(
        capsys, "send", str(folder / "search.xml"), "--out", str(folder / "out"), "--config", str(folder / "ediel.toml")
    )
    assert (code, out.startswith("answered")) == (0, True)
    (message,) = ediel.read_all((folder / "out" / "search.xml").read_bytes())
    assert message.name() == "ResponseUpfrontMeteringPointCharacteristics"


def test_poll_into_the_database(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    begun = engine.start(ediel.MasterDataQuery(metering_point=POINT))  # not a point of this supplier: refused
    (row,) = engine.outbox.pending()
    (folder / "query.xml").write_bytes(row["data"])
    engine.outbox.sent(row["message_id"])
    config = ("--config", str(folder / "ediel.toml"))
    assert run(capsys, "send", str(folder / "query.xml"), *config)[0] == 0
    assert run(capsys, "poll", "--channel", "market", *config)[0] == 0
    assert engine.process(begun.id).state == "rejected"
    engine.close()


def test_what_the_hub_refuses_at_the_door(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message: Any = poll_of(Party(NEW, "AG"), ediel.calendar.midnight(__import__("datetime").date(2026, 11, 27)))
    (folder / "poll.xml").write_bytes(write(message))
    config = ("--config", str(folder / "ediel.toml"))
    code, out, _ = run(capsys, "send", str(folder / "poll.xml"), "--service", "PollMarketProcesses", *config)
    assert code == 1
    assert "is not known as AG" in out
    code, out, _ = run(capsys, "send", str(folder / "poll.xml"), *config)
    assert (code, "several services accept" in out) == (1, True)
    code, out, _ = run(capsys, "poll", "--party", f"{OLD}:DDQ", "--out", str(folder / "out"), *config)
    assert code == 2


def test_watch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    incoming, outgoing = folder / "in", folder / "out"
    incoming.mkdir()
    _, data = request(folder, 2)
    (incoming / "start.xml").write_bytes(data)
    (incoming / "again.xml").write_bytes(data.replace(b"</", b"< /", 1))
    (incoming / "half.xml.part").write_bytes(data)
    common = ("watch", str(incoming), str(outgoing), "--config", str(folder / "ediel.toml"), "--once")
    code, out, _ = run(capsys, *common, "--party", f"{NEW}:DDQ")
    assert code == 1
    assert "received" in out
    assert sorted(path.name for path in incoming.iterdir()) == ["half.xml.part"]
    assert (outgoing / "sent" / "start.xml").read_bytes() == data
    assert "not well-formed" in (outgoing / "refused" / "again.xml.report.txt").read_text()
    assert len(list((outgoing / "received").iterdir())) == 1
    (incoming / "start.xml").write_bytes(data)
    assert run(capsys, *common)[0] == 0
    assert (outgoing / "sent" / "start-2.xml").read_bytes() == data, "nothing is written over"
    text = (folder / "ediel.toml").read_text()
    (folder / "ediel.toml").write_text(text.replace(address(text), "http://127.0.0.1:1"))
    (incoming / "start.xml").write_bytes(data)
    code, out, _ = run(capsys, *common)
    assert (code, out.startswith("later")) == (1, True)
    assert (incoming / "start.xml").exists(), "it stays until it can be taken"


def address(text: str) -> str:
    """The address of the hub in a configuration, without the path."""
    return text.partition('address = "')[2].partition("/WebService")[0]


def test_doctor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ("--config", str(folder / "ediel.toml"))
    code, out, err = run(capsys, "doctor", *config)
    assert (code, err) == (0, ""), out
    assert "non-repudiation" in out
    assert f"poll as {NEW} DDQ: PollMeteringValues: nothing waits" in out
    code, out, _ = run(capsys, "doctor", "--format", "json", "--no-poll", *config)
    checks = {check["name"]: check["outcome"] for check in json.loads(out)}
    assert checks[f"poll as {NEW} DDQ"] == "not checked"
    assert set(checks.values()) == {"ok", "not checked"}


def test_doctor_finds_what_is_broken(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "ediel.toml").read_text()
    own = next(party.organisation for party in MARKET.parties if party.gln == NEW)
    other = next(party.organisation for party in MARKET.parties if party.gln == GRID)

    def failed(old: str, new: str) -> str:
        assert old in text
        (folder / "ediel.toml").write_text(text.replace(old, new))
        code, out, _ = run(capsys, "doctor", "--config", str(folder / "ediel.toml"))
        (folder / "ediel.toml").write_text(text)
        assert code == 1
        return "\n".join(line for line in out.splitlines() if line.startswith("FAILED"))

    assert "expected " in failed(f"{own}.pem", f"{other}.pem"), "another organisation's certificate"
    assert "is the organisation number that of the physical sender" in failed(f"{own}.pem", f"{other}.pem")
    assert "has no address" in failed("127.0.0.1", "no-such-host.invalid")
    assert "does not answer on port" in failed(address(text), "http://127.0.0.1:1")
    assert "no certificate is for" in failed(f'senders = ["{NEW}"]', f'senders = ["{THIRD_PARTY}"]')
    assert "nothing.pem" in failed("keys/issuer.pem", "nothing.pem")
    from datetime import UTC, datetime

    from ediel.hub.certificates import make

    wrong = make("Wrong", datetime.now(UTC), organisation="912345688", usage="digital_signature")
    (folder / "wrong.pem").write_bytes(wrong.pem())
    lines = failed(f"keys/{own}.pem", "wrong.pem")
    assert "its key is for digital signatures" in lines


def test_health_and_metrics(folder: Path) -> None:
    """``ediel run --listen``: well while it goes, and counts for Prometheus."""
    port = _free_port()
    command = [
        sys.executable, "-m", "ediel", "run", "--config", str(folder / "ediel.toml"), "--listen", f"127.0.0.1:{port}",
    ]  # fmt: skip
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    engine.start(ediel.PointSearch(metering_point=POINT))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("sent 1,")
        base = f"http://127.0.0.1:{port}"
        for _ in range(100):
            state = httpx2.get(f"{base}/health")
            if state.json()["cycles"]:
                break
            time.sleep(0.05)
        assert (state.status_code, state.json()["status"]) == (200, "ok")
        assert state.json()["outbox"] == 0
        assert "ediel_messages_total" in httpx2.get(f"{base}/metrics").text
        assert httpx2.get(f"{base}/else").status_code == 404
        engine.add_party(Party(GRID, "DDM"))
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as child:
        for _ in range(200):
            try:
                state = httpx2.get(f"{base}/health")
            except httpx2.HTTPError:
                time.sleep(0.05)
                continue
            if state.status_code == 503:
                break
            time.sleep(0.05)
        assert (state.status_code, list(state.json()["stopped"])) == (503, [GRID]), "nobody signs for it"
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=30) == 0
    engine.close()


def test_an_address_that_cannot_be_listened_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ("run", "--once", "--config", str(folder / "ediel.toml"), "--listen")
    assert "write 127.0.0.1:9100" in run(capsys, *config, "9100")[2]
    assert "cannot be listened on" in run(capsys, *config, "no-such-host.invalid:9100")[2]
