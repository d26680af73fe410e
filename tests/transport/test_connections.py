"""What comes on a connection besides the answer is never the answer to the next request."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from ediel.engine import Party
from ediel.transport import AnswerRefused, Client, Environment
from tests.support import wire
from tests.support.chaos import Gone, whole_message
from tests.support.hub_market import NEW
from tests.support.pki import make, root, supplier, trust

PARTY = Party(NEW, "DDQ")
SET = "7e57d004-2b97-4e7a-b45f-53873677910{}"


class Stuttering:
    """Answers each poll with a result set of its own number; the first answer comes twice, the second late."""

    def __init__(self) -> None:
        self.requests = 0
        self.hub = make("A hub", 7, root(), organisation="987654325").identity
        self.socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                made, _ = self.socket.accept()
                threading.Thread(target=self._serve, args=(made,), daemon=True).start()

    def _serve(self, made: socket.socket) -> None:
        with made, suppress(OSError, Gone):
            rest = b""
            while True:
                _, rest = whole_message(made, rest)
                self.requests += 1
                inside = wire.poll_response(wire.UNKNOWN_TYPE, identification=SET.format(self.requests))
                body = wire.signed(inside, self.hub, datetime.now(UTC))
                whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                if self.requests == 2:
                    time.sleep(0.3)
                made.sendall(whole * 2 if self.requests == 1 else whole)


@pytest.fixture
def server() -> Iterator[Stuttering]:
    made = Stuttering()
    yield made
    made.socket.close()


def test_an_answer_that_came_twice_does_not_shift_those_behind_it(server: Stuttering) -> None:
    """The second copy is refused; the answer to that request, which comes later, is not that to the next one."""
    with Client(Environment("local", server.base), supplier().identity, trust()) as client:
        first = client.poll(PARTY, "PollMarketProcesses")
        with pytest.raises(AnswerRefused):
            client.poll(PARTY, "PollMarketProcesses")
        while server.requests < 2:  # it has the second request, before the third comes on another connection
            time.sleep(0.01)
        third = client.poll(PARTY, "PollMarketProcesses")
    assert server.requests == 3
    assert [first.result_set, third.result_set] == [SET.format(1), SET.format(3)]
