"""A party's first exchange is one command: keys, certificate, database and configuration are there, over TLS too."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from ediel.transport import Config, Identity
from tests.support.hub_market import MARKET, NEW, THIRD_PARTY


def _served(folder: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    (folder / "seed.json").write_text(MARKET.to_json(), encoding="utf-8")
    command = [
        sys.executable, "-m", "ediel", "hub", "serve", "--port", str(port), "--seed", "seed.json", "--keys", "keys", *more,
    ]  # fmt: skip
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    scheme = "https" if "--tls" in more else "http"
    for _ in range(600):
        try:
            httpx2.get(f"{scheme}://127.0.0.1:{port}/health", verify=False)
        except httpx2.HTTPError:
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
        else:
            return child, f"{scheme}://127.0.0.1:{port}"
    raise AssertionError("the hub did not begin")


@pytest.mark.parametrize(
    "more", [("--answers", "ski"), ("--tls", "--answers", "issuer-serial", "--algorithm", "rsa-sha256")]
)
def test_one_command(tmp_path: Path, more: tuple[str, ...]) -> None:
    child, address = _served(tmp_path, *more)
    try:
        for gln in (NEW, THIRD_PARTY):
            command = [sys.executable, "-m", "ediel", "run", "--once", "--config", f"keys/{gln}.toml"]
            for _ in range(2):
                done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
                assert done.returncode == 0, done.stderr
                assert "sent 0, refused 0" in done.stdout
            config = Config.read(tmp_path / "keys" / f"{gln}.toml")
            assert config.believed().names
            assert config.target().base.startswith(address)
            assert (tmp_path / "keys" / f"{gln}.db").is_file()
    finally:
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=30)
    assert child.returncode == 0, err
    assert f"keys/{NEW}.toml" in out
    assert "/admin?token=" in out


def test_tls_is_not_believed_by_just_anybody(tmp_path: Path) -> None:
    child, address = _served(tmp_path, "--tls")
    try:
        path = tmp_path / "keys" / f"{NEW}.toml"
        text = path.read_text(encoding="utf-8")
        assert tomllib.loads(text)["hub"]["ca"] == "issuer.pem"
        path.write_text(text.replace('ca = "issuer.pem"\n', ""), encoding="utf-8")
        command = [sys.executable, "-m", "ediel", "run", "--once", "--config", f"keys/{NEW}.toml"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 1
        assert "cannot be reached" in done.stderr
        assert address
    finally:
        child.terminate()
        child.communicate(timeout=30)


def test_keys_in_each_form(tmp_path: Path) -> None:
    from ediel.hub import Keyring

    ring = Keyring(tmp_path / "keys")
    before = os.umask(0)
    try:
        pem, packed = ring.path("922542570"), ring.packed("922542570")
    finally:
        os.umask(before)
    own = Identity.from_pem(pem.read_bytes())
    assert Identity.from_pkcs12(packed.read_bytes(), b"ediel").key == own.key
    _, _, chain = pkcs12.load_key_and_certificates(packed.read_bytes(), b"ediel")
    assert [item.subject for item in chain] == [ring.issuer.certificate.subject]
    assert ring.packed("922542570").stat().st_mtime_ns == packed.stat().st_mtime_ns, "made once"
    for path in (pem, packed):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ring.keys()
    assert b"PRIVATE" not in (tmp_path / "keys" / "hub-certificate.pem").read_bytes()
