"""Hostile bodies at the endpoint of a stand-in hub: seconds and memory of each, eight at once.

``python tests/hub/hostile.py`` begins a hub of its own and prints a table. Memory is the most that the process of the
hub held meanwhile, less what it held before.
"""

from __future__ import annotations

import gzip
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2
from lxml import etree

from ediel.hub import SERVICES, Keyring
from ediel.hub.certificates import make
from ediel.transport import Identity, sign
from ediel.transport.envelope import SOAP, Envelope

AT_ONCE: Final = 8
_HEAD: Final = b'<s:Envelope xmlns:s="%b">' % SOAP.encode()
_ATTRIBUTES: Final = b" ".join(b'a%d=""' % number for number in range(100_000))
_FEWER: Final = b" ".join(b'a%d=""' % number for number in range(10_000))
"""To sign them is as quadratic as to verify them once was."""


def _signed(inside: bytes, by: Identity) -> bytes:
    root = etree.fromstring(_HEAD + b"<s:Body>" + inside + b"</s:Body></s:Envelope>")
    return sign(Envelope(root, "", ""), by, datetime.now(UTC))


def _stranger() -> Identity:
    return make("Stranger", datetime.now(UTC), organisation="912345688").identity


def _before_the_body(data: bytes, filling: bytes) -> bytes:
    """Something large in a signed envelope, in front of its end."""
    head, mark, tail = data.rpartition(b"</soapenv:Envelope>")
    return head + filling + mark + tail


BODIES: Final[dict[str, Callable[[Identity], tuple[bytes, bool]]]] = {
    # name -> the body, by the identity of a party, and whether it is gzip
    "gzip of 97 MB of <a/>": lambda _: (gzip.compress(b"<s>" + b"<a/>" * 24_000_000 + b"</s>", mtime=0), True),
    "97 MB of <a/> in an unsigned Body": lambda _: (
        gzip.compress(_HEAD + b"<s:Body>" + b"<a/>" * 24_000_000 + b"</s:Body></s:Envelope>", mtime=0), True,
    ),
    "97 MB behind a stranger's signature": lambda _: (
        gzip.compress(_before_the_body(_signed(b"<a/>", _stranger()), b"<a/>" * 24_000_000), mtime=0), True,
    ),
    "10,000 attributes signed by a stranger": lambda _: (_signed(b"<a " + _FEWER + b"/>", _stranger()), False),
    "100,000 attributes in a header": lambda _: (_HEAD + b"<s:Header><a " + _ATTRIBUTES + b"/></s:Header>", False),
    "64 kB of attributes signed by a stranger": lambda _: (
        _signed(b"<a " + b" ".join(b'a%d=""' % number for number in range(6000)) + b"/>", _stranger()), False,
    ),
    "1,000,000 empty gzip members": lambda _: (gzip.compress(b"", mtime=0) * 1_000_000, True),
    "a gzip bomb": lambda _: (gzip.compress(b" " * 1_000_000_000, 1, mtime=0), True),
    "10,000,000 levels": lambda _: (gzip.compress(_HEAD + b"<a>" * 10_000_000, mtime=0), True),
    "10,000 attributes signed by a party": lambda own: (_signed(b"<a " + _FEWER + b"/>", own), False),
    "97 MB behind a party's signature": lambda own: (
        gzip.compress(_before_the_body(_signed(b"<a/>", own), b"<a/>" * 24_000_000), mtime=0), True,
    ),
}  # fmt: skip


def _memory(pid: int, what: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(what))) / 1024


@contextmanager
def serving(folder: Path, most: int | None = None) -> Iterator[tuple[str, int]]:
    """A hub in a process of its own, which gets no more address space than ``most`` bytes; its address and its pid."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "ediel", "hub", "serve", "--port", str(port), "--keys", "keys"]

    def limited() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))

    with subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=limited,  # noqa: PLW1509
    ) as hub:
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                with suppress(httpx2.HTTPError):
                    httpx2.get(f"{address}/health")
                    break
                time.sleep(0.1)
            yield address, hub.pid
        finally:
            hub.terminate()
            hub.wait(30)


def party(folder: Path) -> Identity:
    """Somebody whom the hub trusts."""
    ring = Keyring(folder / "keys")
    return next(ring.identity(path.stem) for path in sorted((folder / "keys").glob("9*.pem")))


def attack(address: str, body: bytes, packed: bool) -> tuple[list[int], float]:
    """A body, so many times at once: the statuses, and the seconds for all of them."""
    headers = {"content-type": "text/xml; charset=utf-8", **({"content-encoding": "gzip"} if packed else {})}

    def one(_: int) -> int:
        return httpx2.post(f"{address}{SERVICES}/Query", content=body, headers=headers, timeout=300).status_code

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(one, range(AT_ONCE)))
    return statuses, time.monotonic() - began


def measured(address: str, pid: int, body: bytes, packed: bool) -> tuple[list[int], float, float]:
    """A body, so many times at once: the statuses, the seconds for all of them, and the memory (MB) that they took."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the most that was ever held counts from here
    before = _memory(pid, "VmRSS")
    statuses, took = attack(address, body, packed)
    return statuses, took, _memory(pid, "VmHWM") - before


def main() -> None:
    print(f"{'body':45} {'wire kB':>8} {'s each':>7} {'MB each':>8} {'MB in all':>9}  statuses")
    with tempfile.TemporaryDirectory(prefix="ediel-hostile-") as folder, serving(Path(folder)) as (address, pid):
        own = party(Path(folder))
        for name, make_body in BODIES.items():
            body, packed = make_body(own)
            statuses, took, more = measured(address, pid, body, packed)
            print(
                f"{name:45} {len(body) / 1000:8.0f} {took / AT_ONCE:7.2f} {more / AT_ONCE:8.0f} {more:9.0f}  "
                f"{sorted(set(statuses))}",
                flush=True,
            )


if __name__ == "__main__":
    main()
