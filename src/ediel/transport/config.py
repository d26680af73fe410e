"""The file that says who carries messages where: ``ediel.toml``. Paths in it are seen from its own folder."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ediel._toml import toml_of
from ediel.engine import Webhook
from ediel.engine._webhooks import secret_of
from ediel.errors import problems_of
from ediel.identifiers import Gln
from ediel.market import PartyGln
from ediel.transport._road import DIRECT, Road, road_to
from ediel.transport._spool import LARGEST, Spool
from ediel.transport.environments import ENVIRONMENTS, Environment, environment
from ediel.transport.errors import InvalidConfig
from ediel.transport.identity import Identity, Trust
from ediel.transport.signing import Algorithm
from ediel.xml import LIMITS

__all__ = ["Config"]

_ELHUB: Final = frozenset(item.name for item in ENVIRONMENTS) - {"local"}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Database(_Part):
    url: str = "sqlite:///ediel.db"
    parties: tuple[Annotated[str, Field(pattern=rf"^{Gln.shape}:[A-Z]{{2,3}}$")], ...] = Field(
        default=(), description="parties as GLN:ROLE with which the database is made where there is none"
    )
    values: str | None = Field(
        default=None, description="folder, or URL of object storage, in which metering values are kept as Parquet"
    )


class _Hub(_Part):
    environment: str = Field(description="production, mt1 or local")
    address: str | None = Field(default=None, description="another address of the services")
    algorithm: Algorithm | None = Field(default=None, description="rsa-sha1 or rsa-sha256")
    gln: PartyGln | None = Field(
        default=None, description="GLN of the hub, for a database that is made; Elhub's if absent"
    )
    organisation: str | None = Field(
        default=None,
        pattern=r"^[0-9]{9}$",
        description="organisation number in the certificate that the hub signs with",
    )
    certificate: str | None = Field(default=None, description="PEM with the certificates that the hub signs with")
    ca: str | None = Field(default=None, description="PEM with the issuers of the server's TLS certificate")
    proxy: str | None = Field(
        default=None, description="HTTP proxy, or direct for none; as the environment says if absent"
    )

    @property
    def is_named(self) -> bool:
        """Whether the hub's organisation or certificate is named, and not only who may have issued it."""
        return self.organisation is not None or self.certificate is not None

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: str | None) -> str | None:
        if value is None or value == DIRECT:
            return value
        _check_url(value, "this is no proxy; write http://host:port, or direct for none")
        return value

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        _check_url(value, f"{value!r} is no address; write https://host:port/path")
        return value


def _check_url(value: str, words: str) -> None:
    """Refuse what cannot be called, before anything is sent there.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(words)
    _ = parts.port  # raises where it is no port
    try:
        httpx2.URL(value)
        parts.hostname.encode("idna")
    except (httpx2.InvalidURL, UnicodeError):
        raise ValueError(words) from None


class _Certificate(_Part):
    file: str = Field(description="PKCS#12 (.p12, .pfx) or PEM with key and certificate")
    password_env: str | None = Field(default=None, description="name of the environment variable with the password")
    senders: tuple[PartyGln, ...] = Field(default=(), description="physical senders that it is for; all when empty")


class _Trust(_Part):
    issuers: str | None = Field(default=None, description="PEM with the issuers whose certificates the hub may have")
    intermediates: str | None = None
    non_repudiation: bool = False
    sha1: bool = Field(
        default=True, description="whether signatures by SHA-1 are believed, as the hub's policy has them"
    )
    revocations: str | None = Field(default=None, description="revocation lists (CRL) of the issuers, PEM or DER")


class _Courier(_Part):
    interval: Annotated[float, Field(gt=0)] = 60
    compress: bool = False
    listen: str | None = Field(default=None, description="HOST:PORT for /health and /metrics")
    traceparent: bool = Field(
        default=False, description="whether requests to the hub name the current span, as a W3C traceparent"
    )
    expiry_days: Annotated[int, Field(ge=0)] = Field(
        default=30, description="days before a certificate or a revocation list runs out from which on that is said"
    )
    largest_answer: Annotated[int, Field(ge=1_000_000)] = Field(
        default=LIMITS.size, description="bytes of an answer that are read at once, at the most"
    )
    largest_spooled: Annotated[int, Field(ge=1_000_000)] = Field(
        default=LARGEST, description="bytes of an answer that are read in pieces from disk, at the most"
    )
    spool: str | None = Field(
        default=None,
        description="folder for answers that are read in pieces; large-answers beside the database if absent",
    )


class _Worker(_Part):
    concurrency: Annotated[int, Field(ge=1)] = Field(default=16, description="jobs that a worker does at a time")
    lanes: Annotated[int, Field(ge=1)] = Field(
        default=1, description="jobs of one party, or of one subscription, that send or deliver at a time"
    )
    lease: Annotated[float, Field(ge=5)] = Field(
        default=30, description="seconds after which the work of a silent worker is taken up by others"
    )
    handlers: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="MODULE:FUNCTION that is called with an engine, and subscribes to its events",
    )


class _Rest(_Part):
    client: str = Field(min_length=1, description="client id at Maskinporten")
    gln: PartyGln | None = Field(default=None, description="party that sends; the first of [database] if absent")
    party_type: Literal[
        "balance supplier", "grid owner", "third party", "service provider", "public stakeholder", "end user"
    ] = "balance supplier"
    kid: str | None = Field(default=None, description="identifier of the key, where it is registered at Maskinporten")
    on_behalf_of: PartyGln | None = Field(default=None, description="party that a service provider sends for")
    address: str | None = Field(default=None, description="address of a stand-in hub")


class _Webhook(_Part):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$", description="by which the database knows it")
    url: str = Field(description="https://...; http on this machine alone")
    secret_env: str | tuple[str, ...] = Field(
        min_length=1,
        description="name of the environment variable with the secret (whsec_...); several while it is changed",
    )
    events: tuple[str, ...] = Field(default=(), description="kinds of events; every kind when empty")
    parties: tuple[PartyGln, ...] = Field(default=(), description="parties whose events are posted; all when empty")
    personal: bool = Field(default=False, description="post messages too, which may hold people")
    attempts: Annotated[int, Field(ge=1)] = 12
    timeout: Annotated[float, Field(gt=0)] = 10


class Config(_Part):
    """What ``ediel run`` needs to know.

    Attributes:
        database: ``url``, ``parties`` (``GLN:ROLE``) with which it is made where there is none, and ``values``, where
            metering values are kept as Parquet.
        hub: ``environment``, and ``address`` and ``algorithm`` where they differ from it; who the hub is:
            ``organisation`` (number in its certificate) or ``certificate`` (a file), one of which is needed but for a
            ``local`` hub; and the way to it: ``ca``, ``proxy``.
        certificate: ``file``, ``password_env`` and ``senders``; one, or several as ``[[certificate]]``. A password
            never stands in the file.
        trust: ``issuers``, ``intermediates``, ``non_repudiation``, ``sha1``, ``revocations``; ``issuers`` may be absent
            where ``hub.certificate`` is given.
        rest: for REST APIs: ``client``, ``gln``, ``party_type``, ``kid``, ``on_behalf_of``, ``address``.
        worker: ``concurrency``, ``lanes``, ``lease``, ``handlers``; see ``ediel worker``.
        courier: ``interval`` between cycles in seconds, ``compress``, ``listen``, ``largest_answer`` in bytes; what is
            larger is read in pieces from disk: ``largest_spooled`` in bytes, ``spool``; ``expiry_days``: how long
            before a certificate runs out that is said; ``traceparent``: whether requests name the current span.
        webhooks: where events are posted, each as ``[[webhooks]]``: ``name``, ``url``, ``secret_env``, ``events``,
            ``parties``, ``personal``, ``attempts``, ``timeout``.
    """

    database: _Database = _Database()
    hub: _Hub
    certificate: tuple[_Certificate, ...] = Field(min_length=1)
    trust: _Trust = _Trust()
    courier: _Courier = _Courier()
    worker: _Worker = _Worker()
    rest: _Rest | None = None
    webhooks: tuple[_Webhook, ...] = ()
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _knows_the_hub(self) -> Self:
        if self.trust.issuers is None and self.hub.certificate is None:
            raise ValueError("nobody is trusted: name the issuers in [trust] issuers, or the hub in [hub] certificate")
        if not self.hub.is_named and self.hub.environment in _ELHUB:
            raise ValueError(
                "[hub] does not say who the hub is, and an issuer has many customers: give organisation, the number in "
                "the hub's certificate, or certificate, a file with it"
            )
        return self

    @classmethod
    def read(cls, path: str | Path) -> Config:
        """A configuration from a file.

        Raises:
            InvalidConfig: it is no TOML, or has something unknown; every mistake is listed.
            OSError: the file cannot be read.
        """
        file = Path(path)
        try:
            data = toml_of(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidConfig(f"{path} is no TOML: {error}") from None
        try:
            one = data.get("certificate")
            several = {"certificate": [one]} if isinstance(one, dict) else {}
            for other in ("validate", "retention"):  # what other commands read may stand in the same file
                data.pop(other, None)
            return cls.model_validate({**data, **several, "folder": file.resolve().parent})
        except ValidationError as error:
            raise InvalidConfig(f"{path}: {'; '.join(problems_of(error))}") from None

    def target(self) -> Environment:
        """The hub.

        Raises:
            UnknownName: there is no such environment.
        """
        known = environment(self.hub.environment)
        return Environment(
            known.name, self.hub.address or known.base, self.hub.algorithm or known.algorithm, known.source
        )

    def identities(self, variables: Mapping[str, str] = os.environ) -> dict[str, Identity]:
        """Who signs, by GLN of the physical sender; ``""`` stands for everybody else.

        Raises:
            InvalidConfig: the environment variable with a password is not set, or two certificates are for one sender.
            InvalidIdentity: a file does not hold a key and its certificate, or the password is wrong.
            OSError: a file cannot be read.
        """
        identities: dict[str, Identity] = {}
        for item in self.certificate:
            identity = self._identity(item, variables)
            for sender in item.senders or ("",):
                if sender in identities:
                    whom = sender or "everybody else"
                    raise InvalidConfig(f"several certificates are for {whom}; tell them apart with senders = [...]")
                identities[sender] = identity
        return identities

    def _identity(self, item: _Certificate, variables: Mapping[str, str]) -> Identity:
        name = item.password_env
        if name is not None and name not in variables:
            raise InvalidConfig(f"the environment variable {name} is not set; it holds the password of the certificate")
        password = None if name is None else variables[name].encode()
        data = (self.folder / item.file).read_bytes()
        load = Identity.from_pem if b"-----BEGIN" in data else Identity.from_pkcs12
        return load(data, password)

    def hooks(self, variables: Mapping[str, str] = os.environ) -> tuple[Webhook, ...]:
        """The webhooks, with their secrets.

        Raises:
            InvalidConfig: the environment variable with a secret is not set, or two webhooks have one name.
            InvalidWebhook: an address, a secret or a kind of event cannot be.
        """
        twice = {item.name for item in self.webhooks if [one.name for one in self.webhooks].count(item.name) > 1}
        if twice:
            raise InvalidConfig(f"several webhooks have the name {', '.join(sorted(twice))}; expected a name for each")
        return tuple(self._hook(item, variables) for item in self.webhooks)

    @staticmethod
    def _hook(item: _Webhook, variables: Mapping[str, str]) -> Webhook:
        names = (item.secret_env,) if isinstance(item.secret_env, str) else item.secret_env
        for name in names:
            if name not in variables:
                raise InvalidConfig(
                    f"the environment variable {name} is not set; it holds the key of the webhook {item.name}"
                )
        keys = tuple(secret_of(variables[name], item.name) for name in names)
        plain = item.model_dump(exclude={"secret_env"})
        return Webhook(**plain, keys=keys)

    def believed(self) -> Trust:
        """Whose answers are believed.

        Raises:
            InvalidIdentity: there is no certificate in a file.
            OSError: a file cannot be read.
        """

        def held(name: str | None) -> bytes:
            return b"" if name is None else (self.folder / name).read_bytes()

        return Trust.from_pem(
            held(self.trust.issuers),
            held(self.trust.intermediates),
            non_repudiation=self.trust.non_repudiation,
            organisation=self.hub.organisation,
            certificates=held(self.hub.certificate),
            sha1=self.trust.sha1,
            revocations=held(self.trust.revocations),
        )

    def road(self) -> Road:
        """The road to the hub: its proxy, and the issuers of its TLS certificate."""
        ca = None if self.hub.ca is None else str(self.folder / self.hub.ca)
        return road_to(self.target().base, proxy=self.hub.proxy, ca=ca)

    def database_url(self) -> str:
        """The database; a relative SQLite file is seen from the folder of the configuration."""
        head, mark, name = self.database.url.partition("sqlite:///")
        return f"{head}{mark}{self.folder / name}" if mark else self.database.url

    def spool(self) -> Spool:
        """Where answers are written that are too large to be read at once, and stay as evidence."""
        if self.courier.spool is not None:
            return Spool(self.folder / self.courier.spool, self.courier.largest_spooled)
        url = self.database_url()
        path = url.removeprefix("sqlite:///")
        beside = self.folder if path == url else Path(path).parent
        return Spool(beside / "large-answers", self.courier.largest_spooled)

    def values_place(self) -> str | None:
        """Where metering values are kept; a relative folder is seen from the folder of the configuration."""
        place = self.database.values
        return place if place is None or "://" in place else str(self.folder / place)
