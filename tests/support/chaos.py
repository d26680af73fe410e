"""A proxy that makes trouble between a courier and a hub: at every class of place in the bytes, the same by its seed.

What becomes of exchange number n depends on the seed and n alone. It may cut, reset, stop, drip, spoil or stuff the
request or the answer at a place; lose a request, deliver it twice or when others have come before it; answer with
something forged, old, doubled or with a redirect; and kill whoever calls when the bytes have come so far.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal, Self

Side = Literal["request", "answer"]
PLACES: Final = (
    "before everything", "in the first line", "in a header", "between headers", "after the headers",
    "at the start of the envelope", "in the security header", "in the signature", "in the body", "before the last byte",
    "at the end",
)  # fmt: skip
AT_PLACES: Final = ("cut", "reset", "pause", "stall", "drip", "garbage", "insertion", "kill")
OF_REQUESTS: Final = ("lost", "late", "duplicate", "duplicate, first answer")
OF_ANSWERS: Final = ("forged", "redirect", "old answer", "answered twice")
FOREVER: Final = 4.0
"""Seconds for which a stalled exchange is held at the most; whoever calls has given up by then."""
_PAUSE: Final = 0.02
_TIMEOUT: Final = 20.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an exchange.

    Attributes:
        kind: one of the tables above.
        side: whether it happens to the request or to the answer.
        place: the class of place at which it happens, for those that happen at one.
        number: a number by chance, for what is to be chosen within it.
    """

    kind: str
    side: Side
    place: str
    number: int


@dataclass(frozen=True, slots=True)
class Rates:
    """How often, of a thousand exchanges.

    Attributes:
        troubled: something happens.
        stalls: it takes until the caller gives up.
        kills: the caller is killed.
        only: kinds of what happens otherwise; all when empty.
    """

    troubled: int = 450
    stalls: int = 15
    kills: int = 10
    only: tuple[str, ...] = ()


def fate_of(seed: int, number: int, rates: Rates) -> Fate | None:
    """What becomes of an exchange; nothing, mostly."""
    chance = Random(f"{seed}:{number}")
    lot = chance.randrange(1000)
    if lot >= rates.troubled:
        return None
    side: Side = chance.choice(("request", "answer"))
    place, inner = chance.choice(PLACES), chance.randrange(1 << 30)
    if lot < rates.kills:
        return Fate("kill", side, place, inner)
    if lot < rates.kills + rates.stalls:
        return Fate(chance.choice(("stall", "lost answer")), side, place, inner)
    quick = [kind for kind in AT_PLACES if kind not in {"stall", "kill"}]
    kinds = [*quick, *(OF_REQUESTS if side == "request" else OF_ANSWERS)]
    kinds = [kind for kind in kinds if not rates.only or kind in rates.only]
    return Fate(chance.choice(kinds), side, place, inner) if kinds else None


def place_in(data: bytes, place: str, number: int) -> int:
    """Where a class of place is in a request or an answer: so many bytes come before it."""
    head = data.find(b"\r\n\r\n") + 4
    line = data.find(b"\r\n") + 2

    def inside(first: int, last: int) -> int:
        return first + number % max(1, last - first)

    def at(mark: bytes, ahead: int) -> int:
        found = data.find(mark, head)
        return inside(head, len(data)) if found < 0 else min(found + ahead, len(data))

    lines = [index for index in range(line, head - 2) if data[index - 2 : index] == b"\r\n"]
    return {
        "before everything": 0,
        "in the first line": inside(1, line - 2),
        "in a header": inside(line + 1, head - 4),
        "between headers": lines[number % len(lines)] if lines else line,
        "after the headers": head,
        "at the start of the envelope": min(inside(head + 1, head + 60), len(data)),
        "in the security header": at(b"Security", number % 400),
        "in the signature": at(b"SignatureValue", 15 + number % 300),
        "in the body": at(b"Body", 5) if data.find(b"</", head) < 0 else inside(data.rfind(b"</", 0, -30), len(data)),
        "before the last byte": len(data) - 1,
        "at the end": len(data),
    }[place]


@dataclass
class Counts:
    """What the proxy has done."""

    exchanges: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    spoilt_requests: int = 0
    """Requests of which the hub got other bytes than were sent."""


class Gone(Exception):
    """The connection to whoever calls is over."""


class Proxy:
    """Listens on a port of this machine, and passes calls on to a hub. A context manager.

    Args:
        target: host and port of the hub.
        seed: of all chance.
        forged: what a forger might answer, each as HTTP status and body.
        rates: how often something happens.
        kill: kills whoever calls.
    """

    def __init__(
        self,
        target: tuple[str, int],
        seed: int,
        forged: list[tuple[int, bytes]],
        *,
        rates: Rates | None = None,
        kill: Callable[[], None] = lambda: None,
    ) -> None:
        self.counts = Counts()
        self.calm = False
        """Whether everything is passed on as it is."""
        self._last, self._on_calm = 1 << 62, lambda: None
        self.elsewhere = 0
        """Calls that have come to the address of a redirect: there should be none."""
        self._target, self._seed, self._forged, self._rates, self._kill = target, seed, forged, rates or Rates(), kill
        self._lock = threading.Lock()
        self._late: deque[tuple[int, bytes]] = deque()
        self._given: bytes | None = None  # the latest answer that the caller has had whole
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._trap = socket.create_server(("127.0.0.1", 0))
        self._open = True

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        for listening, work in ((self._socket, self._serve), (self._trap, self._trapped)):
            threading.Thread(target=self._accept, args=(listening, work), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        for listening in (self._socket, self._trap):
            listening.close()

    def forget(self) -> None:
        """A new caller has begun: it has had no answer yet."""
        self._given = None

    def until(self, exchanges: int, calm: Callable[[], None]) -> None:
        """After so many exchanges nothing more happens, but that what is late comes; ``calm`` is called then."""
        self._last, self._on_calm = exchanges, calm

    # --- connections

    def _accept(self, listening: socket.socket, work: Callable[[socket.socket], None]) -> None:
        while self._open:
            try:
                made, _ = listening.accept()
            except OSError:
                return
            made.settimeout(_TIMEOUT)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=work, args=(made,), daemon=True).start()

    def _trapped(self, made: socket.socket) -> None:
        self.elsewhere += 1
        made.close()

    def _serve(self, made: socket.socket) -> None:
        with made, contextlib.suppress(Gone, OSError):
            rest = b""
            while True:
                request, rest = whole_message(made, rest)
                with self._lock:  # one after the other, so that what happens depends on the seed alone
                    self._exchange(made, request)

    def _exchange(self, made: socket.socket, request: bytes) -> None:
        self.counts.exchanges += 1
        number = self.counts.exchanges
        while self._late and self._late[0][0] <= number:
            self._ask(self._late.popleft()[1])
        if number > self._last and not self.calm:
            self.calm = True
            self._on_calm()
        fate = None if self.calm else fate_of(self._seed, number, self._rates)
        if fate is None:
            answer = self._ask(request)
            made.sendall(answer)
            self._given = answer
            return
        self.counts.fates[fate.kind] += 1
        if fate.kind in AT_PLACES:
            self.counts.places[f"{fate.side} {fate.place}"] += 1
        if fate.side == "request":
            self._with_request(made, request, fate)
        else:
            alone = fate.kind in {"forged", "redirect"} and fate.number & 64 == 0  # the hub has not heard of it
            self._with_answer(made, b"" if alone else self._ask(request), fate)

    def _with_request(self, made: socket.socket, request: bytes, fate: Fate) -> None:
        if fate.kind == "lost":
            raise Gone
        if fate.kind == "late":
            self._late.append((self.counts.exchanges + 1 + fate.number % 5, request))
            raise Gone
        if fate.kind.startswith("duplicate"):
            first, second = self._ask(request), self._ask(request)
            made.sendall(first if "first" in fate.kind else second)
            return
        if fate.kind == "lost answer":
            self._ask(request)
            _wait_for_end(made)
            raise Gone
        at = place_in(request, fate.place, fate.number)
        if fate.kind in {"garbage", "insertion"}:
            self.counts.spoilt_requests += 1
            made.sendall(self._ask(_spoilt(request, at, fate)))
            return
        if fate.kind in {"pause", "drip"}:
            made.sendall(self._ask(request, at, fate.kind))
            return
        self._ask(request[:at], cut=True) if at < len(request) else self._ask(request)
        self._end(made, fate)

    def _with_answer(self, made: socket.socket, answer: bytes, fate: Fate) -> None:
        if fate.kind == "forged":
            status, body = self._forged[fate.number % len(self._forged)]
            made.sendall(_answer(status, body))
            return
        if fate.kind == "redirect":
            status = (301, 302, 303, 307, 308)[fate.number % 5]
            made.sendall(
                _answer(status, b"", f"http://127.0.0.1:{self._trap.getsockname()[1]}/WebService/services/Query")
            )
            return
        if fate.kind == "old answer":
            made.sendall(answer if self._given is None else self._given)
            return
        if fate.kind == "answered twice":
            made.sendall(answer + answer)
            return
        if fate.kind == "lost answer":
            _wait_for_end(made)
            raise Gone
        at = place_in(answer, fate.place, fate.number)
        if fate.kind in {"garbage", "insertion"}:
            made.sendall(_spoilt(answer, at, fate))
            made.shutdown(socket.SHUT_WR)
            raise Gone
        made.sendall(answer[:at])
        if fate.kind in {"pause", "drip"}:
            _slowly(made, answer[at:], fate.kind)
            return
        self._end(made, fate)

    def _end(self, made: socket.socket, fate: Fate) -> None:
        if fate.kind == "kill":
            self.counts.kills += 1
            self._kill()
        elif fate.kind == "stall":
            _wait_for_end(made)
        elif fate.kind == "reset":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    # --- the hub

    def _ask(self, request: bytes, at: int | None = None, how: str = "", *, cut: bool = False) -> bytes:
        """What the hub answers, as it stands on the wire; nothing where the request was cut."""
        with socket.create_connection(self._target, timeout=_TIMEOUT) as made:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if at is not None:
                made.sendall(request[:at])
                _slowly(made, request[at:], how)
            else:
                made.sendall(request)
            if cut:
                return b""
            with contextlib.suppress(OSError):
                if how == "" and b"content-length" not in request.lower():
                    made.shutdown(socket.SHUT_WR)
            try:
                return whole_message(made, b"")[0]
            except (Gone, TimeoutError):
                return b""


def whole_message(made: socket.socket, rest: bytes) -> tuple[bytes, bytes]:
    """One request or answer, and what has come behind it already."""
    data = bytearray(rest)
    while (head := data.find(b"\r\n\r\n")) < 0:
        data += _more(made)
    fields = bytes(data[:head]).lower().split(b"\r\n")
    sizes = [int(row.split(b":")[1]) for row in fields if row.startswith(b"content-length:")]
    if not sizes and data.startswith(b"HTTP"):  # it goes on until its end
        with contextlib.suppress(Gone):
            while True:
                data += _more(made)
        return bytes(data), b""
    end = head + 4 + sum(sizes)
    while len(data) < end:
        data += _more(made)
    return bytes(data[:end]), bytes(data[end:])


def _more(made: socket.socket) -> bytes:
    part = made.recv(65_536)
    if not part:
        raise Gone
    return part


def _wait_for_end(made: socket.socket) -> None:
    """Until whoever calls has given up."""
    made.settimeout(FOREVER)
    with contextlib.suppress(OSError):
        made.recv(1)


def _slowly(made: socket.socket, data: bytes, how: str) -> None:
    if how == "pause":
        time.sleep(_PAUSE)
    dripped = 30 if how == "drip" else 0
    for index in range(min(dripped, len(data))):
        made.sendall(data[index : index + 1])
        time.sleep(_PAUSE / 20)
    made.sendall(data[dripped:])


def _spoilt(data: bytes, at: int, fate: Fate) -> bytes:
    """With other bytes at a place, or with more; the length that the head names stays as it is."""
    chance = Random(fate.number)
    more = chance.randbytes(1 + fate.number % 12)
    return data[:at] + more + data[at + (len(more) if fate.kind == "garbage" else 0) :]


def _answer(status: int, body: bytes, location: str = "") -> bytes:
    more = f"Location: {location}\r\n" if location else ""
    head = (
        f"HTTP/1.1 {status} Told\r\nContent-Type: text/xml; charset=utf-8\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def every_fate(seed: int, count: int, rates: Rates) -> Iterator[Fate]:
    """What becomes of the first exchanges."""
    return (fate for number in range(1, count + 1) if (fate := fate_of(seed, number, rates)) is not None)
