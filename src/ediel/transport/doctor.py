"""Checks each link to a hub by itself, and says what to do where one is broken."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import httpx2
from cryptography import x509
from lxml import etree

from ediel.engine import Party
from ediel.errors import EdielError
from ediel.transport._road import Road
from ediel.transport.client import AnswerRefused, HubFault, Unavailable
from ediel.transport.clients import Clients
from ediel.transport.config import Config
from ediel.transport.envelope import SOAP, Envelope
from ediel.transport.errors import SecurityRefused
from ediel.transport.identity import Identity, Trust, organisation_number
from ediel.transport.polling import CHANNELS
from ediel.transport.signing import sign
from ediel.transport.verifying import verify

__all__ = ["Check", "examine"]

Outcome = Literal["ok", "failed", "not checked"]
_SOON: Final = timedelta(days=30)
_APART: Final = timedelta(seconds=30)
_WAIT: Final = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One link.

    Attributes:
        name: what was checked.
        outcome: ``ok``, ``failed``, or ``not checked``, where an earlier check failed.
        text: the result, and what to do.
    """

    name: str
    outcome: Outcome
    text: str


class _Failed(Exception):
    """Something is wrong; the text says what to do."""


Action = Callable[[], str]


def examine(config: Config, parties: tuple[Party, ...], *, poll: bool = True) -> Iterator[Check]:
    """Check each link, the nearest first.

    Args:
        config: the configuration.
        parties: for whom messages are carried.
        poll: fetch a result set for each of them; it is not acknowledged, and comes again.
    """
    base = config.target().base
    url = urlsplit(base)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    broken = False
    road = config.road()
    if road.proxy is not None:  # the connection is to the proxy then
        near = urlsplit(road.proxy)
        host, port = near.hostname or "", near.port or 80
    rows: list[tuple[str, Action, bool]] = [
        ("configuration", lambda: _configured(config, base, road), True),
        ("name", lambda: _resolved(host), True),
        ("connection", lambda: _connected(host, port), True),
        ("TLS", lambda: _secured(url.scheme, host, port, road), True),
        ("clock", lambda: _in_time(base, road), False),
    ]
    for name, do, needed in rows:
        check = Check(name, "not checked", "an earlier check failed") if broken else _run(name, do)
        broken |= needed and check.outcome == "failed"
        yield check
    identities = yield from _identities(config)
    if identities is None:
        return
    for party in parties:
        for check in _party(config, party, poll=poll and not broken):
            yield check
    if not parties:
        yield Check("parties", "failed", "the database knows no party; add one with `ediel party add GLN ROLE`")


def _run(name: str, do: Action) -> Check:
    try:
        return Check(name, "ok", do())
    except _Failed as error:
        return Check(name, "failed", str(error))
    except EdielError as error:
        return Check(name, "failed", str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Check(name, "failed", f"{where}{error.strerror or type(error).__name__}")


def _configured(config: Config, base: str, road: Road) -> str:
    return f"{config.target().name}: {base}, signed by {config.target().algorithm.value}; {road}"


def _resolved(host: str) -> str:
    try:
        addresses = sorted({item[4][0] for item in socket.getaddrinfo(host, None)})
    except OSError as error:
        raise _Failed(f"{host} has no address: {error.strerror}; check the name and the DNS") from None
    return f"{host} is {', '.join(map(str, addresses))}"


def _connected(host: str, port: int) -> str:
    try:
        with socket.create_connection((host, port), timeout=_WAIT):
            return f"{host} answers on port {port}"
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _Failed(f"{host} does not answer on port {port}: {reason}; check the port and the firewalls") from None


def _secured(scheme: str, host: str, port: int, road: Road) -> str:
    if scheme != "https":
        return "not used: the address is http, as it should be on your own machine only"
    if road.proxy is not None:
        return "behind the proxy; the next check goes through it"
    context = road.context()
    try:
        with (
            socket.create_connection((host, port), timeout=_WAIT) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate: Any = secured.getpeercert()
            return f"{secured.version()}, the server's certificate holds until {certificate['notAfter']}"
    except ssl.SSLCertVerificationError as error:
        raise _Failed(
            f"the server's certificate is not accepted: {error.verify_message}; is there a proxy, or no issuer?"
        ) from None
    except (ssl.SSLError, OSError) as error:
        raise _Failed(f"no secure connection: {type(error).__name__}; Elhub wants TLS 1.2 or later") from None


def _in_time(base: str, road: Road) -> str:
    try:
        with road.open() as client:
            answer = client.get(base, timeout=_WAIT)
    except httpx2.HTTPError as error:
        raise _Failed(f"the hub's clock cannot be read: {type(error).__name__}") from None
    date = answer.headers.get("date")
    if date is None:
        return "the hub does not state its time"
    apart = abs(datetime.now(UTC) - parsedate_to_datetime(date))
    if apart > _APART:
        raise _Failed(f"the clocks are {apart} apart; a signature holds for 60 seconds: set the clock (NTP)")
    return f"the clocks are less than {int(apart.total_seconds()) + 1} seconds apart"


def _identities(config: Config) -> Generator[Check, None, dict[str, Identity] | None]:
    """Checks of every certificate; returns the identities, or nothing when they cannot be read."""
    identities: dict[str, Identity] = {}
    trust: Trust | None = None
    try:
        identities, trust = config.identities(), config.believed()
    except (EdielError, OSError) as error:
        yield Check("certificates", "failed", _words(error))
        return None
    for sender, identity in identities.items():
        name = f"certificate for {sender or 'everybody'}"
        yield _run(name, lambda identity=identity: _holds(identity.certificate))  # type: ignore[misc]
        yield _run(f"{name}: signature", lambda identity=identity: _signs(identity))  # type: ignore[misc]
    yield _run("issuers of the hub", lambda: _believes(trust))
    return identities


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _holds(certificate: x509.Certificate) -> str:
    now = datetime.now(UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not first <= now <= last:
        raise _Failed(f"it holds from {first:%Y-%m-%d} to {last:%Y-%m-%d}; order a new one")
    number = organisation_number(certificate)
    if number is None:
        raise _Failed("there is no organisation number in the subject's serialNumber; Elhub finds the sender by it")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise _Failed("it does not say what its key is for; take the certificate for signing") from None
    if not usage.content_commitment:
        kind = "digital signatures" if usage.digital_signature else "neither signing nor non-repudiation"
        raise _Failed(f"its key is for {kind}; Elhub wants one with non-repudiation: take the certificate for signing")
    soon = f"; order a new one, that is in {(last - now).days} days" if last - now < _SOON else ""
    return f"organisation {number}, non-repudiation, until {last:%Y-%m-%d}{soon}"


def _signs(identity: Identity) -> str:
    root = etree.fromstring(b'<s:Envelope xmlns:s="%b"><s:Body><a/></s:Body></s:Envelope>' % SOAP.encode())
    now = datetime.now(UTC)
    data = sign(Envelope(root, "", ""), identity, now)
    own = Trust((), certificates=(identity.certificate,))
    try:
        verify(data, own, now)
    except SecurityRefused as refusal:
        if refusal.reason not in {"trust", "certificate"}:  # the issuer is checked elsewhere
            raise _Failed(f"what it signs cannot be verified: {refusal}") from None
    return "what it signs can be verified"


def _believes(trust: Trust) -> str:
    now = datetime.now(UTC)
    over = [item for item in trust.anchors if not item.not_valid_before_utc <= now <= item.not_valid_after_utc]
    if over:
        raise _Failed(f"{len(over)} of {len(trust.anchors)} issuers do not hold now; take the present ones")
    if not trust.names:
        return f"{len(trust.anchors)} trusted; any certificate that they issued counts as the hub's: fit for tests only"
    who = (
        f"organisation {trust.organisation}" if trust.organisation else f"{len(trust.certificates)} certificates named"
    )
    return f"{who}; {len(trust.anchors)} trusted, {len(trust.intermediates)} between"


def _party(config: Config, party: Party, *, poll: bool) -> Iterator[Check]:
    name = f"poll as {party.gln} {party.role}"
    if not poll:
        yield Check(name, "not checked", "an earlier check failed, or polling was switched off")
        return
    with Clients(config) as clients:
        for channel in CHANNELS:
            yield _run(f"{name}: {channel}", lambda channel=channel: _polls(clients, party, channel))  # type: ignore[misc]


def _polls(clients: Clients, party: Party, channel: str) -> str:
    try:
        answer = clients.of(party.physical_sender).poll(party, channel)
    except HubFault as fault:
        more = "; is the organisation number that of the physical sender, and the party known in this role?"
        raise _Failed(f"{fault.details}{more if fault.stops else ''}") from None
    except AnswerRefused as error:
        raise _Failed(f"{error}; are the issuers of the hub's certificate among those that are trusted?") from None
    except Unavailable as error:
        raise _Failed(str(error)) from None
    return "nothing waits" if answer.result_set is None else f"{len(answer.messages)} messages wait; they were left"
