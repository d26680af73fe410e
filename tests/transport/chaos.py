"""Chaos: a courier and a hub with a proxy between them that makes trouble at every place; in the end they agree.

``python tests/transport/chaos.py 10000`` makes so many exchanges; the tests make some hundreds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

from ediel.codes import ReadingResolution, SettlementMethod
from ediel.engine import Engine
from ediel.hub import Seed, plausible
from ediel.hub.certificates import make
from ediel.market import Contract
from ediel.store._schema import INBOX
from ediel.testing import hub
from tests.support import wire
from tests.support.agreement import disagreements, rows
from tests.support.chaos import Proxy, Rates
from tests.support.hub_market import GRID, OLD
from tests.support.serving import on_a_port

WORKER: Final = Path(__file__).with_name("chaos_worker.py")
_LONGEST: Final = 3600.0


@dataclass
class Outcome:
    """What a run has done.

    Attributes:
        exchanges: requests that came to the proxy.
        messages: that the hub and the parties have received.
        fates: what happened on the way, and how often.
        places: how many classes of places, of the request and of the answer, it happened at.
        kills: of the courier.
        decided: messages whose bytes were spoilt, so that the hub refused them by its signed word: somebody had to send
            them again.
        seconds: how long it took.
        problems: what is wrong; nothing, it is hoped.
    """

    exchanges: int
    messages: int
    fates: dict[str, int]
    places: int
    kills: int
    decided: int
    seconds: float
    problems: list[str]


def market(points: int) -> Seed:
    """Everybody is supplied by the old supplier, in one grid."""
    plain = plausible(points)
    same = {
        "grid_access_provider": GRID,
        "settlement": SettlementMethod.NON_PROFILED,
        "reading_resolution": ReadingResolution.PT1H,
        "contracts": (Contract(start=date(2022, 1, 1), supplier=OLD),),
    }
    early = {"start": date(2022, 1, 1)}
    return plain.model_copy(
        update={
            "metering_points": tuple(
                point.model_copy(
                    update={**same, "end_users": tuple(item.model_copy(update=early) for item in point.end_users)}
                )
                for point in plain.metering_points
            )
        }
    )


def forgeries() -> list[tuple[int, bytes]]:
    """What somebody who cannot sign as the hub may answer."""
    now = datetime.now(UTC)
    stranger = make("Stand-in hub", now).identity
    page = b"<html><body>Fault: please log in</body></html>"
    bare = b"<s:Fault xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>s:Server</faultcode></s:Fault>"
    return [
        (200, b""), (202, b""), (200, page), (502, page), (503, b"busy"), (200, wire.bare()), (500, wire.bare(bare)),
        *((500, wire.bare(wire.fault(group))) for group in ("XSD", "Security", "UUID", "Other", "System")),
        (200, wire.bare(wire.poll_response())), (200, wire.signed(b"", stranger, now)),
        (500, wire.signed(wire.fault("Security"), stranger, now)), (500, wire.signed(wire.fault("XSD"), stranger, now)),
    ]  # fmt: skip


class Couriers:
    """The process that begins couriers, and the one that it has begun."""

    def __init__(self, folder: Path, address: str, *, naive: bool) -> None:
        self._log = (folder / "worker.log").open("wb")
        self._pid: int | None = None
        command = [sys.executable, str(WORKER), str(folder), address, *(["--naive"] if naive else [])]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._log, text=True)

    def begin(self) -> None:
        """Begin a courier."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        text = self._process.stdout.readline()
        assert text, f"the courier did not begin: {Path(self._log.name).read_text()[-2000:]}"
        self._pid = int(text)

    def ended(self) -> int:
        """Wait for its end; the exit code, negative after a kill."""
        assert self._process.stdout is not None
        code = int(self._process.stdout.readline() or 70)
        self._pid = None
        return code

    def kill(self) -> None:
        """Kill the courier that is at work."""
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """End it all."""
        self.kill()
        self._process.kill()
        self._process.communicate()
        self._log.close()


def chaos(
    exchanges: int,
    *,
    seed: int = 1,
    points: int = 40,
    rates: Rates | None = None,
    forged: list[tuple[int, bytes]] | None = None,
    naive: bool = False,
) -> Outcome:
    """So many exchanges with trouble, and then as many as it takes to settle.

    Args:
        exchanges: how many.
        seed: of all chance.
        points: metering points of the market.
        rates: how often something happens.
        forged: what a forger may answer, as status and body; all that is known here when not given.
        naive: the client believes whatever answers; to show what is found then.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ediel-chaos-") as name:
        folder = Path(name)
        seeded = market(points)
        (folder / "seed.json").write_text(seeded.to_json(), encoding="utf-8")
        with hub(seeded, keys=folder / "keys") as served, on_a_port(served) as address:
            target = ("127.0.0.1", int(address.rpartition(":")[2]))
            with Proxy(target, seed, forged or forgeries(), rates=rates) as proxy:
                couriers = Couriers(folder, proxy.address, naive=naive)
                proxy._kill = couriers.kill
                try:
                    code = _drive(proxy, couriers, folder, exchanges)
                finally:
                    couriers.close()
                parties = Engine.open(f"sqlite:///{folder / 'parties.db'}")
                problems = disagreements(served.hub.engine, parties)
                total = sum(len(rows(engine, INBOX.select())) for engine in (served.hub.engine, parties))
                parties.close()
                if code:
                    problems.append(f"the courier ended with {code}: {(folder / 'worker.log').read_text()[-2000:]}")
                if proxy.elsewhere:
                    problems.append(f"{proxy.elsewhere} redirects were followed")
                counts = proxy.counts
                decided = (folder / "decided").read_text().splitlines() if (folder / "decided").is_file() else []
                if len(decided) > counts.spoilt_requests:
                    problems.append(f"{len(decided)} refused, {counts.spoilt_requests} spoilt: {decided[:5]}")
                return Outcome(
                    counts.exchanges, total, dict(sorted(counts.fates.items())), len(counts.places), counts.kills, len(decided),
                    round(time.monotonic() - began, 1), problems,
                )  # fmt: skip


def _drive(proxy: Proxy, couriers: Couriers, folder: Path, exchanges: int) -> int:
    """Couriers, one after the other, until one has come to its end."""
    end = time.monotonic() + _LONGEST
    proxy.until(exchanges, (folder / "calm").touch)
    while time.monotonic() < end:
        proxy.forget()
        couriers.begin()
        code = couriers.ended()
        if code != -signal.SIGKILL:
            return code
    return 62


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    found = chaos(count, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1, points=200)
    print(json.dumps(asdict(found), indent=1))
    sys.exit(1 if found.problems else 0)
