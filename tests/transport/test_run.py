"""``ediel run`` against a hub on a socket of this machine: one cycle, until told to stop, and everything that may be missing."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from ediel.cli import main
from ediel.engine import Engine, Party
from ediel.testing import certificates
from ediel.transport import Algorithm, Clients, Config, Courier, InvalidConfig, NoClient, Trust
from ediel.xml import LIMITS
from tests.support import pki
from tests.support.receiver import Receiver
from tests.support.world import NEW, World, start
from tests.transport import test_courier

CONFIG = """
[database]
url = "sqlite:///parties.db"

[hub]
environment = "local"
address = "{address}"

[certificate]
file = "us.p12"
password_env = "EDIEL_TEST_PASSWORD"

[trust]
issuers = "issuers.pem"

[courier]
interval = 0.2
"""


ENDPOINTS: dict[Path, test_courier.Endpoint] = {}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a configuration, certificates and a database; a hub that listens on a socket."""
    now = datetime.now(UTC)
    issuer = certificates.make("An issuer", now, ca=True, key=pki.key(1))
    us = certificates.make("A supplier", now, issuer, organisation=pki.ORGANISATION, key=pki.key(3))
    packed = pkcs12.serialize_key_and_certificates(
        b"us", us.key, us.certificate, None, serialization.BestAvailableEncryption(b"secret")
    )
    (tmp_path / "us.p12").write_bytes(packed)
    (tmp_path / "us.pem").write_bytes(us.pem())
    (tmp_path / "issuers.pem").write_bytes(issuer.certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("EDIEL_TEST_PASSWORD", "secret")
    hub_folder = tmp_path / "hub"
    hub_folder.mkdir()
    world = World(hub_folder)
    world.hub.clock = lambda: datetime.now(UTC)
    endpoint = test_courier.Endpoint(world)
    endpoint.identity = certificates.make("A hub", now, issuer, key=pki.key(7)).identity
    monkeypatch.setattr(test_courier, "trust", lambda: Trust((issuer.certificate,)))
    ENDPOINTS[tmp_path] = endpoint
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                world.now = datetime.now(UTC)
                request = httpx2.Request("POST", f"http://hub{self.path}", content=content, headers=dict(self.headers))
                answer = endpoint(request)
                data = b"".join(answer.iter_raw())
            self.send_response(answer.status_code)
            self.send_header("content-type", answer.headers["content-type"])
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}/services"
    (tmp_path / "ediel.toml").write_text(CONFIG.format(address=address))
    engine = Engine.open(f"sqlite:///{tmp_path / 'parties.db'}", party=Party(NEW, "DDQ"))
    engine.start(start(day=(now + timedelta(days=28)).date()))
    engine.close()
    yield tmp_path
    server.shutdown()
    server.server_close()
    thread.join()
    world.close()


def states(folder: Path) -> list[str]:
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    found = [row["state"] for row in engine.browse.processes()]
    engine.close()
    return found


def run(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["run", "--config", str(folder / "ediel.toml"), *more])
    told = capsys.readouterr()
    assert "internal error" not in told.err
    assert "secret" not in told.out + told.err
    return caught.value.code, told.out, told.err


def test_one_tour(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, capsys, "--once") == (
        0, "sent 1, refused 0, postponed 0, received 1 (0 dead), timers 0\n", ""
    )  # fmt: skip
    assert states(folder) == ["accepted"]
    assert run(folder, capsys, "--once")[1].startswith("sent 0, refused 0, postponed 0, received 0")


SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
WEBHOOK = """
[[webhooks]]
name = "billing"
url = "{url}"
secret_env = ["EDIEL_TEST_HOOK", "EDIEL_TEST_OLD_HOOK"]
events = ["SupplyAccepted"]
"""


def test_events_go_to_a_webhook(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDIEL_TEST_HOOK", SECRET)
    monkeypatch.setenv("EDIEL_TEST_OLD_HOOK", SECRET.replace("MDEy", "OTg3"))
    with Receiver() as receiver, (folder / "ediel.toml").open("a") as file:
        file.write(WEBHOOK.format(url=receiver.url))
        file.flush()
        assert run(folder, capsys, "--once")[0] == 0
        (call,) = receiver.calls
        assert call.event["type"] == "ediel.SupplyAccepted"
        assert call.signed_by(b"0123456789abcdef0123456789abcdef")
        assert len(call.headers["webhook-signature"].split(" ")) == 2
        assert run(folder, capsys, "--once")[0] == 0
        assert len(receiver.calls) == 1


def test_a_daemon_posts_in_the_background(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDIEL_TEST_HOOK", SECRET)
    monkeypatch.setenv("EDIEL_TEST_OLD_HOOK", SECRET)
    with Receiver(lambda _call, before: 503 if before == 0 else 200) as receiver:
        with (folder / "ediel.toml").open("a") as file:
            file.write(WEBHOOK.format(url=receiver.url))
        command = [sys.executable, "-m", "ediel", "run", "--config", str(folder / "ediel.toml")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            until = time.monotonic() + 60
            while len(receiver.calls) < 2 and time.monotonic() < until:
                time.sleep(0.1)
            time.sleep(0.5)
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
            assert child.returncode == 0
        assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
        assert len(receiver.calls) == 2


def test_what_may_be_wrong_with_a_webhook(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (folder / "ediel.toml").read_text()

    def told(**more: str) -> str:
        lines = {"name": '"billing"', "url": '"https://billing.example/x"', "secret_env": '"EDIEL_TEST_HOOK"', **more}
        (folder / "ediel.toml").write_text(
            text + "[[webhooks]]\n" + "\n".join(f"{name} = {value}" for name, value in lines.items())
        )
        code, out, err = run(folder, capsys, "--once")
        assert (code, out, err.count("\n")) == (2, "", 1)
        return err

    assert "the environment variable EDIEL_TEST_HOOK is not set" in told()
    monkeypatch.setenv("EDIEL_TEST_HOOK", SECRET)
    assert "is called without TLS" in told(url='"http://billing.example/x"')
    assert "did you mean SupplyConfirmed" in told(events='["SupplyConfirmd"]')
    assert "webhooks.0.colour" in told(colour='"red"')
    monkeypatch.setenv("EDIEL_TEST_HOOK", "geheim")
    said = told()
    assert "its key cannot be read" in said
    assert "geheim" not in said


def test_several_at_once_send_each_message_once(folder: Path) -> None:
    """Three processes on one configuration: no message is sent twice, no signature is made twice, nobody is stopped."""
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    day = (datetime.now(UTC) + timedelta(days=28)).date()
    for number in range(11):
        engine.start(start(day=day, metering_point=f"7070575420000{number:05}"))
    engine.close()
    command = [sys.executable, "-m", "ediel", "run", "--once", "--config", str(folder / "ediel.toml")]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(3)
    ]
    outputs = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], outputs
    assert sum(int(out.split()[1].rstrip(",")) for out, _ in outputs) == 12
    assert ENDPOINTS[folder].calls["RequestStartOfSupply"] == 12
    assert len(ENDPOINTS[folder].world.hub.browse.processes()) == 12
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    assert engine.browse.outbox_counts() == {"sent": 12}
    engine.close()


def test_until_it_is_told_to_stop(folder: Path) -> None:
    command = [sys.executable, "-m", "ediel", "run", "--config", str(folder / "ediel.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("sent 1,")
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=30)
        assert (child.returncode, out, err) == (0, "", "")
    assert states(folder) == ["accepted"]


def test_what_may_be_missing(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = (folder / "ediel.toml").read_text()

    def changed(old: str, new: str) -> str:
        assert old in text
        (folder / "ediel.toml").write_text(text.replace(old, new))
        code, _, err = run(folder, capsys, "--once")
        assert code in {1, 2}
        (folder / "ediel.toml").write_text(text)
        return err

    assert "is no TOML" in changed("[hub]", "[hub")
    told = changed('environment = "local"', 'enviroment = "local"\nport = 3')
    assert "hub.environment: Field required" in told
    assert "hub.enviroment: Extra inputs are not permitted" in told
    assert "did you mean mt1?" in changed('"local"', '"mt2"')
    assert "us.p13" in changed("us.p12", "us.p13")
    assert "this is no PKCS#12 file" in changed("us.p12", "ediel.toml")
    assert "issuers.pom" in changed("issuers.pem", "issuers.pom")
    assert "there is no database" in changed("parties.db", "partis.db")
    assert "cannot be reached" in changed("http://127.0.0.1:", "http://127.0.0.1:1/")
    assert "Port out of range" in changed("http://127.0.0.1:", "http://127.0.0.1:1000")
    assert "write https://host:port/path" in changed("http://127.0.0.1:", "127.0.0.1:")
    assert "write https://host:port/path" in changed("http://127.0.0.1:", "http://a..b:")
    assert "nested too deeply" in changed("[hub]", "a = " + "[" * 100_000 + "]" * 100_000 + "\n[hub]")
    assert "EDIEL_TEST_PASSWORT is not set" in changed("EDIEL_TEST_PASSWORD", "EDIEL_TEST_PASSWORT")
    monkeypatch.setenv("EDIEL_TEST_PASSWORD", "wrong")
    assert "the password is wrong" in run(folder, capsys, "--once")[2]
    (folder / "ediel.toml").unlink()
    assert "ediel.toml" in run(folder, capsys, "--once")[2]


def test_the_configuration(folder: Path) -> None:
    text = (folder / "ediel.toml").read_text()
    pem = text.replace("us.p12", "us.pem").replace('password_env = "EDIEL_TEST_PASSWORD"\n', "")
    (folder / "ediel.toml").write_text(
        pem.replace('environment = "local"', 'environment = "mt1"\norganisation = "987654325"\nalgorithm = "rsa-sha256"')
        .replace("[courier]", 'intermediates = "issuers.pem"\n[courier]')
    )  # fmt: skip
    config = Config.read(folder / "ediel.toml")
    assert {sender: item.organisation_number for sender, item in config.identities().items()} == {"": pki.ORGANISATION}
    assert len(config.believed().intermediates) == 1
    assert (config.target().name, config.target().algorithm) == ("mt1", Algorithm.RSA_SHA256)
    assert config.database_url() == f"sqlite:///{folder}/parties.db"
    (folder / "ediel.toml").write_text(pem.replace('url = "sqlite:///parties.db"', 'url = "postgresql://host/market"'))
    assert Config.read(folder / "ediel.toml").database_url() == "postgresql://host/market"
    with (folder / "ediel.toml").open("a", encoding="utf-8") as file:
        file.write('\n[retention]\narchive = "3y"\n')  # another command's
    assert Config.read(folder / "ediel.toml").database_url() == "postgresql://host/market"
    with pytest.raises(InvalidConfig):
        Config.read(folder / "us.p12")


def test_a_certificate_for_each_organisation(folder: Path) -> None:
    """Each physical sender signs with its own; one for whom there is none is stopped, and named."""
    text = (folder / "ediel.toml").read_text()
    own = '[[certificate]]\nfile = "us.pem"\nsenders = ["7080001100018"]\n'
    begin, end = text.index("[certificate]"), text.index("[trust]")

    def write(certificates: str) -> Config:
        (folder / "ediel.toml").write_text(text[:begin] + certificates + text[end:])
        return Config.read(folder / "ediel.toml")

    with Clients(write(own)) as clients:
        assert clients.of(NEW) is clients.of(NEW)
        with pytest.raises(NoClient, match="7080001200015"):
            clients.of("7080001200015")
        engine = Engine.open(f"sqlite:///{folder / 'parties.db'}", party=[Party("7080001200015", "DDM")])
        courier = Courier(engine, clients.of)
        cycle = courier.cycle()
        assert cycle.sent == 1
        assert list(courier.stopped) == ["7080001200015"]
        assert [text for text in cycle.problems if "no certificate is for 7080001200015" in text]
        engine.close()
    with Clients(write(own + '[[certificate]]\nfile = "us.pem"\n')) as clients:
        assert clients.of("7080001200015") is not clients.of(NEW)
    with pytest.raises(InvalidConfig, match="several certificates are for everybody else"):
        write('[[certificate]]\nfile = "us.pem"\n' * 2).identities()


def test_a_larger_answer_may_have_more_in_it(folder: Path) -> None:
    """With the bytes that are read grow the elements that are: a result set of 300 MB has three times as many."""
    config = Config.read(folder / "ediel.toml")
    with Clients(config) as usual, Clients(config, largest=300_000_000) as once:
        assert usual.limits == LIMITS
        assert (once.limits.size, once.limits.packed, once.limits.nodes) == (300_000_000,) * 2 + (3 * LIMITS.nodes,)


def large_answers(folder: Path) -> Path:
    """A second switch, whose answer is above the limit; gives the configuration."""
    path, engine = folder / "ediel.toml", Engine.open(f"sqlite:///{folder / 'parties.db'}")
    engine.start(start(metering_point="707057542000000285", day=(datetime.now(UTC) + timedelta(days=28)).date()))
    engine.close()
    path.write_text(path.read_text() + "largest_answer = 1_000_000\n")
    ENDPOINTS[folder].padding = 1_000_000
    return path


def test_an_answer_above_the_limit_is_read_in_pieces(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The daemon keeps it whole beside the database, handles it and acknowledges it, and its evidence holds later."""
    path = large_answers(folder)
    assert run(folder, capsys, "--once")[0] == 0
    assert set(states(folder)) == {"accepted"}
    (kept,) = (folder / "large-answers").iterdir()
    identification = kept.name[:36]
    database = f"sqlite:///{folder / 'parties.db'}"
    for more, code, words in (
        (["--config", str(path)], 0, "issued by a trusted issuer"),
        ([], 1, "name the configuration with --config"),
    ):
        with pytest.raises(SystemExit) as caught:
            main(["inbox", "show", identification, "--evidence", "--db", database, *more])
        assert caught.value.code == code
        assert words in " ".join(capsys.readouterr().out.split())
    kept.write_bytes(kept.read_bytes()[:-20])
    with pytest.raises(SystemExit) as caught:
        main(["inbox", "show", identification, "--evidence", "--db", database, "--config", str(path)])
    assert caught.value.code == 1


def test_what_is_too_large_even_for_that_is_fetched_by_a_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The daemon says so and leaves it; for once a larger answer is read, kept and acknowledged, and it goes on."""
    path = large_answers(folder)
    path.write_text(path.read_text() + "largest_spooled = 1_000_000\n")
    code, _, err = run(folder, capsys, "--once")
    assert code == 1
    assert "more than 1000000 bytes" in err
    assert "largest_spooled" in err
    with pytest.raises(SystemExit) as caught:
        main(["poll", "--config", str(path), "--largest", "3000000"])
    assert caught.value.code == 0
    capsys.readouterr()
    assert run(folder, capsys, "--once")[0] == 0
    assert set(states(folder)) == {"accepted"}
