"""A stand-in hub in this process: no port, no waiting, everything signed, a clock that is moved by hand.

Tests have it as ``ediel.testing.hub``; approval cases run on it.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.from_thread
import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa

from ediel.calendar import OSLO
from ediel.codes import Role, Standing
from ediel.engine import Engine, EngineError, Party, Process
from ediel.engine.commands import Command
from ediel.hub._calls import Security
from ediel.hub._hub import Hub
from ediel.hub._settings import HubSettings
from ediel.hub.app import SERVICES, asgi
from ediel.hub.clock import VirtualClock
from ediel.hub.keyring import Keyring
from ediel.hub.misbehaviour import Misbehaviour
from ediel.hub.seed import HubParty, Seed, plausible
from ediel.market import Profile
from ediel.rest import Elhub, PartyType, RestEnvironment, RestIdentity
from ediel.store import Store
from ediel.transport import Client, Courier, Cycle, Environment

__all__ = ["HubUnderTest", "MarketParty", "hub"]

_BASE: Final = "http://hub.test"
_START: Final = datetime(2026, 11, 27, 9, tzinfo=OSLO)
_PATIENCE: Final = 5.0
_PARTY_TYPES: Final[dict[Role, PartyType]] = {
    Role.DDQ: "balance supplier",
    Role.DDM: "grid owner",
    Role.AG: "third party",
}


@cache
def _key(_name: str) -> rsa.RSAPrivateKey:
    """A key for a name; made once, for keys take long to make and nobody has to trust these."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _tables() -> bytes:
    """An empty database with its tables: every party and every hub begins with one, and migrations take a while."""
    with tempfile.TemporaryDirectory(prefix="ediel-") as folder:
        path = Path(folder) / "empty.db"
        Store.open(f"sqlite:///{path}").close()
        return path.read_bytes()


def _database(path: Path) -> str:
    """The URL of a new database."""
    path.write_bytes(_tables())
    return f"sqlite:///{path}"


class InProcess(httpx2.BaseTransport):
    """Carries requests to an ASGI app without a network."""

    def __init__(self, app: Any, portal: anyio.from_thread.BlockingPortal) -> None:
        self._inner = httpx2.ASGITransport(app=app)
        self._portal = portal

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer of the app.

        Raises:
            ReadTimeout: it does not answer in the time that the client has.
        """
        request.read()
        timeout = (request.extensions.get("timeout") or {}).get("read")
        return self._portal.call(self._answer, request, timeout)

    async def _answer(self, request: httpx2.Request, timeout: float | None) -> httpx2.Response:
        try:
            with anyio.fail_after(timeout):
                answer = await self._inner.handle_async_request(request)
                assert isinstance(answer.stream, httpx2.AsyncByteStream)
                body = [part async for part in answer.stream]
        except TimeoutError:
            raise httpx2.ReadTimeout("the hub did not answer", request=request) from None
        return httpx2.Response(answer.status_code, headers=answer.headers, content=iter(body))


class MarketParty:
    """A market party in a test: an engine, and a courier between it and the hub.

    Attributes:
        party: what the hub knows of it.
        engine: its engine.
        courier: carries its messages.
    """

    def __init__(self, party: HubParty, engine: Engine, courier: Courier) -> None:
        self.party = party
        self.engine = engine
        self.courier = courier

    @property
    def gln(self) -> str:
        """Its GLN."""
        return self.party.gln

    def start(self, order: Command, role: str | None = None) -> Process:
        """Begin a process, and carry its message to the hub; in a role, where the party has several that could."""
        own = [item for item in self.engine.parties if item.role == role]
        begun = self.engine.start(order, party=own[0] if own else None)
        self.cycle()
        return self.engine.process(begun.id)

    def cycle(self) -> Cycle:
        """Send what waits, and fetch what has come."""
        return self.courier.cycle()

    def state(self, process: Process) -> str:
        """Where a process stands now."""
        return self.engine.process(process.id).state


class HubUnderTest:
    """A stand-in hub, and all that a test needs around it.

    Attributes:
        hub: the hub itself.
        clock: the market's clock; it stands still until it is moved.
        seed: the market that the hub began with.
        environment: where it is.
        rest: where its REST APIs are.
        keyring: certificates of the hub and of all organisations.
        http: an HTTP client for the services and the back office (``http.get("/admin/queues")``).
    """

    def __init__(self, hub: Hub, seed: Seed, keyring: Keyring, http: httpx2.Client, folder: Path) -> None:
        self.hub = hub
        self.clock = hub.clock
        self.seed = seed
        self.environment = Environment("local", f"{_BASE}{SERVICES}", source="a hub in the same process")
        self.rest = RestEnvironment.at(_BASE)
        self.keyring = keyring
        self.http = http
        self.parties: dict[str, MarketParty] = {}
        self._folder = folder

    def client(self, gln: str) -> Client:
        """A client that signs as a party."""
        organisation = self.known(gln).organisation
        assert organisation is not None
        return Client(self.environment, self.keyring.identity(organisation), self.keyring.trust, http=self.http)

    def party(self, role_or_gln: str, number: int = 0) -> MarketParty:
        """A party with an engine and a courier of its own.

        Args:
            role_or_gln: such as ``DDQ``, or a GLN.
            number: which of the parties with that role, from 0.
        """
        known = self.known(role_or_gln, number)
        if known.gln not in self.parties:
            engine = Engine.open(
                _database(self._folder / f"{known.gln}.db"), party=self.parties_of(known.gln), clock=self.clock
            )
            self.parties[known.gln] = MarketParty(known, engine, Courier(engine, self.client(known.gln)))
        return self.parties[known.gln]

    def database(self) -> str:
        """The URL of a new SQLite database with the engine's tables; it is gone when the hub is."""
        return _database(self._folder / f"own-{secrets.token_hex(8)}.db")

    def parties_of(self, role_or_gln: str, number: int = 0) -> tuple[Party, ...]:
        """A party of the market as an engine takes it, once for each of its roles; see ``party``."""
        known = self.known(role_or_gln, number)
        return tuple(Party(known.gln, role.value, hub=self.hub.gln) for role in sorted(known.roles or (), key=str))

    def attach(self, engine: Engine) -> Courier:
        """Carry the messages of an engine that you have opened yourself: ``carry`` and ``move`` do so from now on.

        Open it with ``clock=hub.clock``, and for parties of the market. It is closed with the hub, at the latest.

        Raises:
            EngineError: it acts for nobody, or for a party whose messages are carried for another engine.
        """
        names = tuple(dict.fromkeys(party.gln for party in engine.parties))
        taken = ", ".join(gln for gln in names if gln in self.parties)
        if not names or taken:
            raise EngineError(
                f"messages of {taken} are carried for another engine already"
                if taken
                else "the engine acts for nobody; open it with party=hub.parties_of(...)"
            )
        courier = Courier(engine, cache(self.client))
        for gln in names:
            self.parties[gln] = MarketParty(self.known(gln), engine, courier)
        return courier

    def known(self, role_or_gln: str, number: int = 0) -> HubParty:
        """What the hub knows of a party; see ``party``.

        Raises:
            LookupError: there is none.
        """
        found = [
            item
            for item in self.hub.register_store.parties().values()
            if item.gln == role_or_gln or role_or_gln in {role.value for role in item.roles or ()}
        ]
        if number >= len(found):
            raise LookupError(f"the market has {len(found)} parties that are {role_or_gln}; asked for number {number}")
        return sorted(found, key=lambda item: item.gln)[number]

    def elhub(self, role_or_gln: str, number: int = 0, *, patience: float = 20, **more: Any) -> Elhub:
        """A client of the REST APIs that calls as a party; see ``party``.

        Args:
            role_or_gln: such as ``DDQ``, or a GLN.
            number: which of the parties with that role, from 0.
            patience: see ``ediel.rest.Elhub``.
            more: for ``RestIdentity.of``, such as ``on_behalf_of``.
        """
        known = self.known(role_or_gln, number)
        return Elhub(self.rest_identity(known.gln, **more), environment=self.rest, patience=patience, http=self.http)

    def rest_identity(self, gln: str, **more: Any) -> RestIdentity:
        """The identity with which a party calls REST APIs."""
        known = self.known(gln)
        assert known.organisation is not None
        own = next((kind for role, kind in _PARTY_TYPES.items() if role in (known.roles or ())), "service provider")
        more = {"party_type": own, **more}
        return RestIdentity.of(self.keyring.identity(known.organisation), gln=gln, client=f"client of {gln}", **more)

    def carry(self, *, rounds: int = 20) -> list[Cycle]:
        """Let every party send and fetch until nothing moves."""
        cycles: list[Cycle] = []
        for _ in range(rounds):
            couriers = dict.fromkeys(party.courier for party in self.parties.values())
            made = [courier.cycle() for courier in couriers]
            cycles += made
            if not any(cycle.sent or cycle.received for cycle in made):
                break
        return cycles

    def deliver(self, *, rounds: int = 20, without: Container[str] = ()) -> list[Cycle]:
        """As ``carry``, but only for parties that have something to send, to fetch or to see to; much less is called.

        Args:
            rounds: at the most so often.
            without: GLNs of parties that are left alone: somebody else plays them.
        """
        cycles: list[Cycle] = []
        for _ in range(rounds):
            waiting = {str(row["recipient"]) for row in self.hub.queues.lengths()}
            busy = [
                gln
                for gln, party in self.parties.items()
                if gln not in waiting
                and (party.engine.outbox.pending(most=1) or party.engine.due(timedelta(0), most=1))
            ]
            made = [self.party(gln).cycle() for gln in (*sorted(waiting), *busy) if gln not in without]
            cycles += made
            if not any(cycle.sent or cycle.received or cycle.fired for cycle in made):
                break
        return cycles

    def move(self, to: datetime | timedelta) -> None:
        """Set the clock to a moment, or move it on; fire what has fallen due, and carry messages."""
        if isinstance(to, timedelta):
            self.hub.forward(to)
        else:
            self.hub.set_time(to)
        self.carry()

    def close(self) -> None:
        """Let go of the databases of the parties."""
        for party in self.parties.values():
            party.engine.close()

    def misbehave(self, kind: str, **how: object) -> None:
        """Make the hub misbehave; see ``ediel.hub.Misbehaviour``."""
        self.hub.misbehaviours.add(Misbehaviour.model_validate({"kind": kind, **how}))


@contextmanager
def hub(
    seed: Seed | None = None,
    *,
    now: datetime = _START,
    security: Security = "required",
    profile: Profile | None = None,
    strictness: Standing = "inferred",
    patience: float = _PATIENCE,
    keys: Path | None = None,
    consent_control: bool = False,
) -> Iterator[HubUnderTest]:
    """A stand-in hub in this process.

    ::

        with ediel.testing.hub() as market:
            supplier = market.party("DDQ")
            ...

    Args:
        seed: the market; twenty metering points when not given.
        now: where its clock stands.
        security: whether calls must be signed.
        profile: time limits.
        strictness: the least sure rules that a message is refused by.
        patience: seconds that a client waits for an answer.
        keys: folder of the certificates; they are made for this hub alone when not given.
        consent_control: whether a change of supplier or a move-in needs a consent of the Access API.
    """
    market = seed or plausible(20)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ediel-")))
        keyring = Keyring(folder / "keys", new_key=_key) if keys is None else Keyring(keys)
        made = Hub.open(
            _database(folder / "hub.db"),
            seed=market,
            keys=keyring.keys(),
            clock=VirtualClock(now, runs=False),
            settings=HubSettings(
                security=security, profile=profile, strictness=strictness, consent_control=consent_control
            ),
        )
        stack.callback(made.close)
        portal = stack.enter_context(anyio.from_thread.start_blocking_portal())
        token = secrets.token_urlsafe(24)
        transport = InProcess(asgi(made, ticks=False, token=token, hosts=("hub.test",)), portal)
        headers = {"Authorization": f"Bearer {token}"}
        http = stack.enter_context(
            httpx2.Client(transport=transport, base_url=_BASE, timeout=patience, headers=headers)
        )  # fmt: skip
        under_test = HubUnderTest(made, market, keyring, http, folder)
        stack.callback(under_test.close)
        yield under_test
