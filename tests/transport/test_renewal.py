"""Keys, certificates and trust are renewed on the disk: taken into use without a restart, or the old ones stay."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ediel.engine import Engine, Party
from ediel.testing import certificates
from ediel.testing.certificates import Holder
from ediel.transport import Clients, Config, Courier, Daemon
from ediel.transport.errors import SecurityRefused
from tests.support import pki
from tests.support.world import NEW

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = """
[hub]
environment = "local"
certificate = "hub.pem"
ca = "tls.pem"

[certificate]
file = "us.pem"

[trust]
issuers = "issuers.pem"
"""


def make(name: str, number: int, issuer: Holder | None = None, *, begun: datetime = NOW, **more: object) -> Holder:
    return certificates.make(name, begun, issuer, key=pki.key(number), **more)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def issuer() -> Holder:
    return make("An issuer", 1, ca=True)


@pytest.fixture
def folder(tmp_path: Path, issuer: Holder) -> Path:
    (tmp_path / "us.pem").write_bytes(make("A supplier", 3, issuer, organisation=pki.ORGANISATION).pem())
    (tmp_path / "hub.pem").write_bytes(pem(make("A hub", 7, issuer).certificate))
    (tmp_path / "issuers.pem").write_bytes(pem(issuer.certificate))
    (tmp_path / "tls.pem").write_bytes(pem(issuer.certificate))
    (tmp_path / "ediel.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def clients(folder: Path) -> Iterator[Clients]:
    with Clients(Config.read(folder / "ediel.toml")) as made:
        yield made


def signer(clients: Clients) -> x509.Certificate:
    return clients.of(NEW)._identity.certificate


def test_nothing_new(clients: Clients, folder: Path) -> None:
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    renewal = clients.renew()
    assert (renewal.renewed, renewal.problem) == ((), None)


def test_a_new_certificate_is_taken_into_use(clients: Clients, folder: Path, issuer: Holder) -> None:
    """Also where the new file has the time of the old one."""
    client, before = clients.of(NEW), (folder / "us.pem").stat()
    new = make("A supplier", 3, issuer, organisation=pki.ORGANISATION)
    (folder / "us.pem").write_bytes(new.pem())
    os.utime(folder / "us.pem", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert signer(clients) != new.certificate
    assert clients.renew().renewed == ("us.pem",)
    assert signer(clients) == new.certificate
    assert clients.of(NEW) is client  # which messages were answered before is still known
    assert clients.renew().renewed == ()


def test_a_new_hub_certificate_is_believed(clients: Clients, folder: Path, issuer: Holder) -> None:
    old, new = make("A hub", 7, issuer), make("A hub", 8, issuer)
    trust = clients.of(NEW)._trust
    assert trust is not None
    with pytest.raises(SecurityRefused, match="none of those that are named"):
        trust.check(new.certificate, NOW)
    (folder / "hub.pem").write_bytes(pem(new.certificate))
    assert clients.renew().renewed == ("hub.pem",)
    trust = clients.of(NEW)._trust
    assert trust is not None
    trust.check(new.certificate, NOW)
    with pytest.raises(SecurityRefused):
        trust.check(old.certificate, NOW)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("us.pem", lambda _: b"", "no certificate in the PEM text|PKCS#12"),
        ("us.pem", lambda data: data[: len(data) // 2], "cannot be read|no certificate"),
        ("us.pem", None, "us.pem: No such file"),
        ("hub.pem", lambda _: b"-----BEGIN nonsense", "no certificate in the PEM text"),
        ("issuers.pem", lambda data: data[:-40], "no certificate in the PEM text"),
        ("tls.pem", lambda _: b"nothing", "no certificate in .*tls.pem"),
    ],
)
def test_a_broken_file_keeps_the_old_one_and_says_so(
    clients: Clients, folder: Path, name: str, content: Callable[[bytes], bytes] | None, words: str
) -> None:
    whole, before = (folder / name).read_bytes(), signer(clients)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content(whole))
    for _ in range(2):  # it is said until it is mended
        renewal = clients.renew()
        assert renewal.renewed == ()
        assert renewal.problem is not None
        assert renewal.problem.startswith(f"{name} changed and cannot be used: ")
        assert renewal.problem.endswith("What was read before stays in use")
        assert re.search(words, renewal.problem)
    assert signer(clients) == before
    (folder / name).write_bytes(whole)
    renewal = clients.renew()
    assert (renewal.renewed, renewal.problem) == ((), None)


def test_one_broken_file_keeps_everything(clients: Clients, folder: Path, issuer: Holder) -> None:
    before = signer(clients)
    (folder / "us.pem").write_bytes(make("A supplier", 3, issuer).pem())
    (folder / "hub.pem").write_bytes(b"half")
    assert clients.renew().renewed == ()
    assert signer(clients) == before


def test_a_certificate_that_is_not_in_force_yet_waits(clients: Clients, folder: Path, issuer: Holder) -> None:
    new = make("A supplier", 3, issuer, begun=NOW + timedelta(days=110), organisation=pki.ORGANISATION)
    (folder / "us.pem").write_bytes(new.pem())
    assert re.search("us.pem changed and cannot be used: the certificate holds from", clients.renew(NOW).problem or "")
    assert signer(clients) != new.certificate
    assert clients.renew(NOW + timedelta(days=11)).renewed == ("us.pem",)
    assert signer(clients) == new.certificate


def test_the_daemon_renews_and_lets_stopped_parties_try_again(
    folder: Path, issuer: Holder, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine.open(f"sqlite:///{folder / 'a.db'}", party=Party(NEW, "DDQ"))
    with Clients(Config.read(folder / "ediel.toml")) as clients:
        courier = Courier(engine, clients.of, stop=lambda: True)
        daemon = Daemon(courier, 0.01, clients=clients)
        courier.stopped[NEW] = "the hub has refused the certificate"
        stop = threading.Event()
        stop.set()
        assert daemon.run(stop)
        assert NEW in courier.stopped
        (folder / "us.pem").write_bytes(b"")
        assert not daemon.run(stop)
        assert "us.pem changed and cannot be used" in daemon.health.problems[0]
        (folder / "us.pem").write_bytes(make("A supplier", 3, issuer).pem())
        with caplog.at_level(logging.WARNING, "ediel"):
            assert daemon.run(stop)
        assert "certificates were renewed" in caplog.text
        assert courier.stopped == {}
    engine.close()


def test_what_runs_out_is_said_ahead(folder: Path, issuer: Holder, caplog: pytest.LogCaptureFixture) -> None:
    text = CONFIG + "\n[courier]\nexpiry_days = {}\n"
    end = make("A supplier", 3, issuer).certificate.not_valid_after_utc
    left = (end - NOW).days
    (folder / "ediel.toml").write_text(text.format(left + 5))
    engine = Engine.open(f"sqlite:///{folder / 'a.db'}", party=Party(NEW, "DDQ"))
    with Clients(Config.read(folder / "ediel.toml")) as clients:
        assert ("own", "us.pem", end) in [(item.kind, item.file, item.at) for item in clients.expiries()]
        (words,) = [words for words in clients.warnings(NOW) if "us.pem" in words]
        assert words.startswith(
            f"the certificate of this side in us.pem runs out on {end.date()}, in {left} days; put "
        )
        (late,) = [words for words in clients.warnings(end + timedelta(days=1)) if "us.pem" in words]
        assert f"ran out on {end.date()}" in late
        daemon = Daemon(Courier(engine, clients.of, stop=lambda: True), 0.01, clients=clients)
        stop = threading.Event()
        stop.set()
        with caplog.at_level(logging.WARNING, "ediel"):
            daemon.run(stop)
            daemon.run(stop)
        assert sum("us.pem" in str(vars(record)) for record in caplog.records) == 1  # once a day
        expiring = daemon.state()[1]["expiring"]
        assert isinstance(expiring, list)
        assert any("us.pem" in words for words in expiring)
    (folder / "ediel.toml").write_text(text.format(max(left - 5, 0)))
    with Clients(Config.read(folder / "ediel.toml")) as clients:
        assert [words for words in clients.warnings(NOW) if "us.pem" in words] == []
    engine.close()
