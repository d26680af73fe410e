"""Access that an end user gives by an address (BRS-NO-624): the address, and the ASGI app to which the browser returns.

Nothing that comes back is signed: it comes by the end user's browser, who could change it. That the request is this
party's own, waits, and is answered once is all that can be checked here. So an answer begins an access as its party
believes to have it; whether it has, Elhub says with the first query or values.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from ediel.engine import Engine, Party
from ediel.engine.commands import KnownAccess
from ediel.engine.observe import log, where
from ediel.identifiers import Uuid
from ediel.processes import Instance
from ediel.processes.access import THIRD_PARTY, URL, RequestedAccess, access_url
from ediel.rest._pending import DatabasePending, PendingAccess, PendingAccesses, digest_of
from ediel.rest._return_data import AccessReturn, Fields, GivenAccess, ReturnNames, read_return
from ediel.rest.errors import ReturnRefused

__all__ = ["AccessByUrl", "Invitation", "Received"]

Scope = Literal["Full", "Limited"]
Asgi = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]
"""An ASGI application; the specification names the types of its messages no closer."""
_LARGEST: Final = 500_000
_MANY: Final = 100
_STATUS: Final = {"unreadable": 400, "address": 404, "party": 400, "unknown": 404, "expired": 410, "answered": 409}
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),  # the address holds metering points, and the identification of the request
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_THANKS: Final = {
    None: "Takk. Du kan lukke denne siden.\nThank you. You may close this page.",
    "EH088": "Du har ikke gitt tilgang.\nYou have given no access.",
    "EH106": "Elhub finner ingen målepunkt for deg.\nElhub finds no metering point of yours.",
    "EH111": "Noe gikk galt hos Elhub. Prøv igjen senere.\nSomething went wrong at Elhub. Try again later.",
    "unknown": "Noe gikk galt. Be om en ny lenke.\nSomething went wrong. Ask for a new link.",
}
_SORRY: Final = "Lenken kan ikke brukes. Be om en ny.\nThis link cannot be used. Ask for a new one."

_FAILED: Final = "Noe gikk galt. Last siden på nytt.\nSomething went wrong. Load this page again."


@dataclass(frozen=True, slots=True)
class Invitation:
    """An address for one end user. Whoever has it can answer, once.

    Attributes:
        address: to which the end user is sent.
        request_id: UUID of the request; it comes back.
        expires_at: from when an answer is refused here, aware.
    """

    address: str = field(repr=False)
    request_id: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """An answer that was taken.

    Attributes:
        pending: the request that it answers.
        points: what the end user gives; nothing where there is an error.
        error: EH088 (refused), EH106 (no metering point), EH111 (error at Elhub), ``"unknown"``, or ``None``.
        processes: the processes of the accesses, one for each point in the same order.
        again: the same answer was taken before.
    """

    pending: PendingAccess
    points: tuple[GivenAccess, ...]
    error: str | None
    processes: tuple[str, ...]
    again: bool


class AccessByUrl:
    """Sends end users to Elhub, and takes what they bring back, for one third party. Safe for threads.

    Args:
        engine: with the third party as a party, in the role AG.
        return_address: where the browser returns to; Elhub must have it on its list for this party. ``https``.
        party: GLN of the third party; needed where the engine acts for several.
        pending: where requests wait; the engine's database when not given.
        life: for how long an answer is taken. The package's own bound: Elhub publishes none.
        names: how what comes back is spelled.
        page: to which the end user is sent.
        tell: hears of every answer, once, before it counts: what it raises undoes all of it.

    Raises:
        ValueError: the return address cannot be one, or it is not clear for whom this is.
    """

    def __init__(
        self,
        engine: Engine,
        return_address: str,
        *,
        party: str | None = None,
        pending: PendingAccesses | None = None,
        life: timedelta = timedelta(days=7),
        names: ReturnNames | None = None,
        page: str = URL,
        tell: Callable[[Received], None] | None = None,
    ) -> None:
        self.party = _third_party(engine, party)
        self.return_address = return_address
        self._host, self._path = _address(return_address)
        if life <= timedelta(0):
            raise ValueError("life must be above zero")
        self._engine = engine
        self._pending = DatabasePending(engine.store) if pending is None else pending
        self._life = life
        self._names = ReturnNames() if names is None else names
        self._page = page
        self._tell = tell

    def invite(
        self, scope: Scope = "Limited", *, reference: str | None = None, request_id: str | None = None
    ) -> Invitation:
        """The address for one end user; its request waits from now on.

        Args:
            scope: ``Full`` (contract, master data and values) or ``Limited`` (values and little else).
            reference: your own words for it, such as the number of an order; nothing about people.
            request_id: a random UUID of your own; a new one when not given.

        Raises:
            ValueError: another scope, no UUID, or one that was used already.
        """
        identification = str(uuid4()) if request_id is None else request_id.lower()
        if problem := Uuid(identification).problem:
            raise ValueError(f"request_id: {problem}")
        address = access_url(self.party.gln, identification, scope, page=self._page)
        now = self._engine.clock()
        expires = now + self._life
        self._pending.add(PendingAccess(digest_of(identification), self.party.gln, scope, reference, now, expires))
        return Invitation(address, identification, expires)

    def receive(self, fields: Fields) -> Received:
        """Take what came back; the same once more changes nothing.

        Raises:
            ReturnRefused: it is not taken; ``reason`` says why. A request that waits goes on waiting.
        """
        found = read_return(fields, self._names)
        self._check(found)
        digest, now = digest_of(found.request_id), self._engine.clock()
        with (
            self._pending.claim(digest, found.fingerprint, self.party.gln, now) as claim,
            self._engine.store.transaction(),
        ):
            if claim.again:
                processes = tuple(self._known(item) for item in found.points)
            else:
                processes = tuple(self._process(claim.pending, item, now) for item in found.points)
            received = Received(claim.pending, found.points, found.error, processes, claim.again)
            if self._tell is not None and not claim.again:
                self._tell(received)
        return received

    def forget(self) -> int:
        """Remove requests that have expired, answered or not; how many they were. Call it now and then."""
        return self._pending.forget(self._engine.clock())

    def app(self, landing: Callable[[Received], str] | None = None) -> Asgi:
        """The ASGI app for the return address: on its own, or mounted in another one. GET with a query, or POST.

        Args:
            landing: gives the address of yours to which the end user is sent on; without it, a few words are shown.
        """

        async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await _live(receive, send)
            elif scope["type"] == "http":
                status, text, headers = await self._answer(scope, receive, landing)
                await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, *headers]})
                await send({"type": "http.response.body", "body": text.encode()})

        return answer

    def _check(self, found: AccessReturn) -> None:
        if found.address is not None and found.address != self.return_address:
            raise ReturnRefused("address", "the return address that came along is not that of this party")
        if found.receiver not in {None, self.party.gln}:
            raise ReturnRefused("party", f"{self._names.receiver}: expected the GLN of this third party")
        if found.hub not in {None, self.party.hub}:
            raise ReturnRefused("party", f"{self._names.hub}: expected the GLN of Elhub")

    def _process(self, pending: PendingAccess, given: GivenAccess, now: datetime) -> str:
        """The process of an access: one that waits for it, one that has it, or a new one.

        That access by an address is also what a request (BRS-NO-622) for the same point has waited for is inferred:
        its party has the access then. What an access has already is left: no source says what another answer changes.
        """
        level: Literal["full", "limited"] = "full" if pending.scope == "Full" else "limited"
        for item in reversed(self._at(given)):
            if item.abandoned:
                continue
            if item.state in {"asked", "waiting", "lapsed"}:
                data = {"level": level, "end": given.end, "moved_in": given.start}
                return self._engine.decide(item.id, "approve", now=now, **data).id
            if item.state in {"granted", "changing", "deleting"}:
                return item.id
        order = KnownAccess(metering_point=given.metering_point, level=level, end=given.end, moved_in=given.start)
        return self._engine.start(order, party=self.party, now=now).id

    def _known(self, given: GivenAccess) -> str:
        """The process of an access that was taken before: nothing begins, though it may be over by now."""
        return next((item.id for item in reversed(self._at(given))), "")

    def _at(self, given: GivenAccess) -> list[Instance[RequestedAccess]]:
        return self._engine.browse.instances_at(given.metering_point, THIRD_PARTY, self.party.gln)

    # --- HTTP

    async def _answer(
        self, scope: MutableMapping[str, Any], receive: Any, landing: Callable[[Received], str] | None
    ) -> tuple[int, str, tuple[tuple[bytes, bytes], ...]]:
        plain = (b"content-type", b"text/plain; charset=utf-8")
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            self._here(scope, headers)
            if scope["method"] not in {"GET", "POST"}:
                return 405, _SORRY, (plain, (b"allow", b"GET, POST"))
            fields = await _fields(scope, headers, receive)
            received, onward = await asyncio.to_thread(self._taken, fields, landing)
        except ReturnRefused as refused:
            log.warning("access by address is not taken", reason=refused.reason, party=self.party.gln)
            return _STATUS[refused.reason], _SORRY, (plain,)
        except Exception as error:  # noqa: BLE001 - the end user gets an answer, and the log no data
            log.error("access by address failed", error=type(error).__name__, where=where(error), party=self.party.gln)
            return 500, _FAILED, (plain,)
        log.info(
            "access by address", party=self.party.gln, points=len(received.points), error=received.error,
            again=received.again,
        )  # fmt: skip
        if onward is not None:
            return 303, "", ((b"location", onward.encode("latin-1", "ignore")),)
        return 200, _THANKS[received.error], (plain,)

    def _taken(self, fields: Fields, landing: Callable[[Received], str] | None) -> tuple[Received, str | None]:
        received = self.receive(fields)
        return received, None if landing is None else landing(received)

    def _here(self, scope: MutableMapping[str, Any], headers: MutableMapping[str, str]) -> None:
        """Whether a call came to the return address; behind a proxy, the proxy must hand the name of the host on."""
        path, root = scope["path"], scope.get("root_path", "")
        if self._path not in {path, root + path} or _bare(headers.get("host", "")) != self._host:
            raise ReturnRefused("address", "the call came to another address than the return address")


def _third_party(engine: Engine, gln: str | None) -> Party:
    found = [item for item in engine.parties if item.role == "AG" and gln in {None, item.gln}]
    if len(found) != 1:
        named = ", ".join(item.gln for item in engine.parties if item.role == "AG") or "none"
        raise ValueError(f"expected one third party (role AG) of the engine, by party=; it acts for {named}")
    return found[0]


def _address(address: str) -> tuple[str, str]:
    """Host (with a port that is not the usual one) and path of a return address."""
    parts = urlsplit(address)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if usual is None or not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("return_address: expected such as https://third.example/elhub, without query and fragment")
    if parts.scheme == "http" and not _loopback(parts.hostname):
        raise ValueError("return_address: expected https; http is for this machine alone")
    return _bare(parts.netloc), parts.path or "/"


def _bare(host: str) -> str:
    """A host without the port that goes without saying."""
    name = host.lower()
    return name.removesuffix(":443").removesuffix(":80")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _fields(scope: MutableMapping[str, Any], headers: MutableMapping[str, str], receive: Any) -> Fields:
    if scope["method"] == "GET":
        return _pairs(scope.get("query_string", b""))
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or len(body) > _LARGEST:
            raise ReturnRefused("unreadable", f"expected a body of at most {_LARGEST} bytes, to its end")
        if not message.get("more_body"):
            break
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _pairs(body)
    try:
        found = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ReturnRefused("unreadable", "expected a JSON object, each name once")
    return found


def _pairs(data: bytes) -> Fields:
    """Names and texts of a query or a form; a name that stands there twice means nothing."""
    try:
        if len(data) > _LARGEST:
            raise ValueError("too long")
        pairs = parse_qsl(
            data.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MANY
        )  # fmt: skip
        return _once(pairs)
    except ValueError:
        raise ReturnRefused("unreadable", "expected names and values, each name once") from None


def _once(pairs: Any) -> dict[str, object]:
    found: dict[str, object] = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands there twice")
    return found


async def _live(receive: Any, send: Any) -> None:
    """What a server asks of an app that runs on its own."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
