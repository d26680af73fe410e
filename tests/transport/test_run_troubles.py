"""``ediel run`` when something around it fails: one clear line, an exit code, and nothing lost.

The disk is full, a certificate has expired (its own, the hub's), there is no network.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ediel.engine import Engine
from ediel.testing import certificates
from tests.support import pki
from tests.transport.test_run import ENDPOINTS, folder, run, states

__all__ = ["folder"]

YEAR = timedelta(days=365)


def counts(folder: Path) -> dict[str, int]:
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    found = dict(engine.browse.outbox_counts())
    engine.close()
    return found


def wake(folder: Path) -> None:
    """What was postponed is due at once."""
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    for row in engine.browse.outbox(status="pending"):
        engine.outbox.retry(row["message_id"])
    engine.close()


def expired(folder: Path, number: int, name: str, **more: Any) -> certificates.Holder:
    """A certificate of yesterday, by the issuer that both sides trust."""
    now = datetime.now(UTC)
    issuer = certificates.make("An issuer", now, ca=True, key=pki.key(1))
    (folder / "issuers.pem").write_bytes(issuer.pem().partition(b"-----BEGIN PRIVATE")[0])
    return certificates.make(name, now, issuer, key=pki.key(number), valid=(-YEAR, timedelta(days=-1)), **more)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("ediel: ")]


def test_an_own_certificate_that_has_expired(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The hub says Security and no more; what is wrong on this side stands beside it, and the message waits."""
    own = folder / "us.pem"
    good = own.read_bytes()
    text = (folder / "ediel.toml").read_text()
    text = text.replace("us.p12", "us.pem").replace('password_env = "EDIEL_TEST_PASSWORD"\n', "")
    (folder / "ediel.toml").write_text(text)
    issuers = (folder / "issuers.pem").read_bytes()
    own.write_bytes(expired(folder, 3, "A supplier", organisation=pki.ORGANISATION).pem())
    (folder / "issuers.pem").write_bytes(issuers)
    ENDPOINTS[folder].trouble = lambda _: "Security"
    code, _, err = run(folder, capsys, "--once")
    assert code == 1
    tried, stopped = lines(err)  # the first of its messages, and the party
    assert tried.startswith("ediel: RequestStartOfSupply ")
    assert "party 7080001100018 is stopped" in stopped
    for line in (tried, stopped):
        assert "of this side, the certificate holds from" in line
    assert counts(folder) == {"pending": 1}
    own.write_bytes(good)
    ENDPOINTS[folder].trouble = lambda _: None
    wake(folder)
    assert run(folder, capsys, "--once")[0] == 0
    assert (states(folder), counts(folder)) == (["accepted"], {"sent": 1})


def test_a_certificate_of_the_hub_that_has_expired(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its answers prove nothing: the message may have arrived, and is asked again under its identification."""
    endpoint = ENDPOINTS[folder]
    good, issuers = endpoint.identity, (folder / "issuers.pem").read_bytes()
    endpoint.identity = expired(folder, 7, "A hub").identity
    (folder / "issuers.pem").write_bytes(issuers)
    code, _, err = run(folder, capsys, "--once")
    assert code == 1
    assert err.count("certificate") >= 1
    for line in lines(err):
        assert "not to be trusted" in line
        assert "certificate" in line
    assert counts(folder) == {"pending": 1}
    assert endpoint.calls["RequestStartOfSupply"] == 1
    endpoint.identity = good
    wake(folder)
    assert run(folder, capsys, "--once")[0] == 0
    assert (states(folder), counts(folder)) == (["accepted"], {"sent": 1})
    assert endpoint.calls["RequestStartOfSupply"] == 2
    assert len(endpoint.world.hub.browse.processes()) == 1, "the hub has it once"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/services", "https://no-such-host.invalid/services"])
def test_no_network(folder: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    path = folder / "ediel.toml"
    text = path.read_text()
    own = next(line for line in text.splitlines() if line.startswith("address"))
    path.write_text(text.replace(own, f'address = "{address}"\nproxy = "direct"'))
    code, _, err = run(folder, capsys, "--once")
    assert code == 1
    assert lines(err)
    assert all("cannot be reached" in line and "check address, network" in line for line in lines(err))
    assert counts(folder) == {"pending": 1}
    path.write_text(text)
    wake(folder)
    assert run(folder, capsys, "--once")[0] == 0
    assert (states(folder), counts(folder)) == (["accepted"], {"sent": 1})


def limited(size: int) -> Callable[[], None]:
    """No file of a process grows beyond some bytes: what it writes fails as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("daemon", [False, True])
def test_a_disk_that_is_full(folder: Path, capsys: pytest.CaptureFixture[str], daemon: bool) -> None:
    """What comes cannot be kept: it is not acknowledged, and comes again when there is room."""
    command = [sys.executable, "-m", "ediel", "run", "--config", str(folder / "ediel.toml")]
    ended = subprocess.run(
        command if daemon else [*command, "--once"],
        capture_output=True, text=True, timeout=120, env=os.environ, check=False, preexec_fn=limited(33_000),
    )  # fmt: skip
    assert ended.returncode == 2, ended
    assert "Traceback" not in ended.stderr
    assert "internal error" not in ended.stderr
    assert len(lines(ended.stderr)) == 1, ended.stderr
    assert "the database refuses" in ended.stderr or "disk" in ended.stderr
    endpoint = ENDPOINTS[folder]
    assert endpoint.calls["AcknowledgePoll"] == 0, "nothing is acknowledged that was not kept"
    wake(folder)
    assert run(folder, capsys, "--once")[0] == 0
    assert (states(folder), counts(folder)) == (["accepted"], {"sent": 1})
    assert len(endpoint.world.hub.browse.processes()) == 1
