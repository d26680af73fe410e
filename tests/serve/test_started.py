"""`ediel serve`, started as a user starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from ediel.cli import main
from tests.support.places import ROOT

SWITCH = ROOT / "fixtures" / "valid" / "RequestStartOfSupply-101.xml"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_is_validated(workers: int) -> None:
    port = _free_port()
    command = [sys.executable, "-m", "ediel", "serve", "--port", str(port), "--workers", str(workers)]
    command += ["--register", "fixtures/market.json", "--largest", "1000000"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as child:
        address = f"http://127.0.0.1:{port}"
        try:
            with httpx2.Client(base_url=address, timeout=30) as client:
                _wait(client, child)
                data = SWITCH.read_bytes()

                def ask(_number: int) -> httpx2.Response:
                    return client.post("/validate?on=2026-11-20&format=text", content=data)

                with ThreadPoolExecutor(8) as pool:
                    answers = list(pool.map(ask, range(24)))
                assert {answer.status_code for answer in answers} == {200}
                assert len({answer.text for answer in answers}) == 1
                assert client.post("/validate", content=b" " * 1_000_001).status_code == 413
                assert client.get("/explain/12818525018").status_code == 200
                assert _median(client) < 0.035  # 40 ms: each answer waits for a receipt
        finally:
            child.send_signal(signal.SIGTERM)
            out, err = child.communicate(timeout=60)
        assert f"http://127.0.0.1:{port}" in out
        assert "Traceback" not in err
        assert "12818525018" not in out + err


def _median(client: httpx2.Client) -> float:
    """Seconds that a short call takes on a connection in use."""
    taken = []
    for _ in range(41):
        begun = time.perf_counter()
        client.get("/codes/Role")
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[20]


def _wait(client: httpx2.Client, child: subprocess.Popen[str]) -> None:
    for _ in range(600):
        try:
            client.get("/health")
        except httpx2.HTTPError:
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the service did not begin")


def test_a_register_that_cannot_be_read_is_told_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "market.json").write_text("{")
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--register", str(tmp_path / "market.json")])
    assert caught.value.code == 2
    found = capsys.readouterr().err
    assert "market.json" in found
    assert "internal error" not in found
