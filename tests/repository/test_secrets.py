"""No private key is in the repository: whoever clones it would hold it, and whoever trusts its issuer would trust them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.places import ROOT

KEY = re.compile(rb"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{16}")
FILES = (".key", ".p12", ".pfx", ".jks")


def git(*arguments: str, folder: Path = ROOT) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


def private_keys(folder: Path) -> list[str]:
    """Tracked files of a checkout that are, or hold, a private key."""
    found = []
    for name in git("ls-files", "-z", folder=folder).decode().split("\0"):
        path = folder / name
        if name and path.is_file() and (name.lower().endswith(FILES) or KEY.search(path.read_bytes())):
            found.append(name)
    return found


@pytest.fixture
def checkout() -> Path:
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so nothing is tracked")
    return ROOT


def test_no_private_key_is_tracked(checkout: Path) -> None:
    assert private_keys(checkout) == []


def test_a_key_that_is_tracked_is_found(checkout: Path, tmp_path: Path) -> None:
    git("init", "--quiet", folder=tmp_path)
    words = ("-----BEGIN ", "PRIVATE KEY-----\n")
    (tmp_path / "issuer.pem").write_text(f"{words[0]}{words[1]}{'TUlJ' * 16}\n")
    (tmp_path / "rsa.txt").write_text(f"a key:\n{words[0]}RSA {words[1]}{'TUlJ' * 16}\n")
    (tmp_path / "store.p12").write_bytes(b"\x30\x82")
    (tmp_path / "certificate.pem").write_text(f"{words[0]}CERTIFICATE-----\n{'TUlJ' * 16}\n")
    git("add", "--all", "--force", folder=tmp_path)
    assert private_keys(tmp_path) == ["issuer.pem", "rsa.txt", "store.p12"]


def test_keys_that_the_hub_makes_here_would_be_ignored(checkout: Path) -> None:
    for name in ("hub-keys/issuer-key.pem", "keys/hub.pem", "hub.db", "hub.db-wal"):
        assert git("check-ignore", name, folder=checkout).decode().strip() == name
