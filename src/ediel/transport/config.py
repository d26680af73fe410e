"""The file that says who carries messages where: ``ediel.toml``. Paths in it are seen from its own folder."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ediel.errors import EdielError, problems_of
from ediel.market import PartyGln
from ediel.transport.environments import Environment, environment
from ediel.transport.identity import Identity, Trust
from ediel.transport.signing import Algorithm
from ediel.xml import LIMITS

__all__ = ["Config", "InvalidConfig"]


class InvalidConfig(EdielError, ValueError):
    """A configuration that cannot be used."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Database(_Part):
    url: str = "sqlite:///ediel.db"


class _Hub(_Part):
    environment: str = Field(description="production, mt1 or local")
    address: str | None = Field(default=None, description="another address of the services")
    algorithm: Algorithm | None = Field(default=None, description="rsa-sha1 or rsa-sha256")

    @field_validator("address")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{value!r} is no address; write https://host:port/path")
        _ = parts.port  # raises where it is no port
        return value


class _Certificate(_Part):
    file: str = Field(description="PKCS#12 (.p12, .pfx) or PEM with key and certificate")
    password_env: str | None = Field(default=None, description="name of the environment variable with the password")
    senders: tuple[PartyGln, ...] = Field(default=(), description="physical senders that it is for; all when empty")


class _Trust(_Part):
    issuers: str = Field(description="PEM with the issuers whose certificates the hub may have")
    intermediates: str | None = None
    non_repudiation: bool = False


class _Courier(_Part):
    interval: Annotated[float, Field(gt=0)] = 60
    compress: bool = False
    listen: str | None = Field(default=None, description="HOST:PORT for /health and /metrics")
    largest_answer: Annotated[int, Field(ge=1_000_000)] = Field(
        default=LIMITS.size, description="bytes of an answer that are read, at the most"
    )


class Config(_Part):
    """What ``ediel run`` needs to know.

    Attributes:
        database: ``url``.
        hub: ``environment``, and ``address`` and ``algorithm`` where they differ from it.
        certificate: ``file``, ``password_env`` and ``senders``; one, or several as ``[[certificate]]``. A password
            never stands in the file.
        trust: ``issuers``, ``intermediates``, ``non_repudiation``.
        courier: ``interval`` between cycles in seconds, ``compress``, ``listen``, ``largest_answer`` in bytes.
    """

    database: _Database = _Database()
    hub: _Hub
    certificate: tuple[_Certificate, ...] = Field(min_length=1)
    trust: _Trust
    courier: _Courier = _Courier()
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def read(cls, path: str | Path) -> Config:
        """A configuration from a file.

        Raises:
            InvalidConfig: it is no TOML, or says something that is not known; every mistake is told.
            OSError: the file cannot be read.
        """
        file = Path(path)
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidConfig(f"{path} is no TOML: {error}") from None
        try:
            one = data.get("certificate")
            several = {"certificate": [one]} if isinstance(one, dict) else {}
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
        found: dict[str, Identity] = {}
        for item in self.certificate:
            identity = self._identity(item, variables)
            for sender in item.senders or ("",):
                if sender in found:
                    whom = sender or "everybody else"
                    raise InvalidConfig(f"several certificates are for {whom}; tell them apart with senders = [...]")
                found[sender] = identity
        return found

    def _identity(self, item: _Certificate, variables: Mapping[str, str]) -> Identity:
        name = item.password_env
        if name is not None and name not in variables:
            raise InvalidConfig(f"the environment variable {name} is not set; it holds the password of the certificate")
        password = None if name is None else variables[name].encode()
        data = (self.folder / item.file).read_bytes()
        load = Identity.from_pem if b"-----BEGIN" in data else Identity.from_pkcs12
        return load(data, password)

    def believed(self) -> Trust:
        """Whose answers are believed.

        Raises:
            InvalidIdentity: there is no certificate in a file.
            OSError: a file cannot be read.
        """
        between = self.trust.intermediates
        return Trust.from_pem(
            (self.folder / self.trust.issuers).read_bytes(),
            b"" if between is None else (self.folder / between).read_bytes(),
            non_repudiation=self.trust.non_repudiation,
        )

    def database_url(self) -> str:
        """The database; a relative SQLite file is seen from the folder of the configuration."""
        head, mark, name = self.database.url.partition("sqlite:///")
        return f"{head}{mark}{self.folder / name}" if mark else self.database.url
