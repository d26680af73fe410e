"""Certificates that are renewed on the disk while a process runs, and those that will run out soon."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ediel.errors import EdielError
from ediel.transport._words import plain
from ediel.transport.config import Config
from ediel.transport.errors import InvalidIdentity
from ediel.transport.identity import Identity, Trust, not_in_force

__all__ = ["Expiry", "Files", "Holders", "expiries", "why"]

_MISSING: Final = "missing"


@dataclass(frozen=True, slots=True)
class Expiry:
    """When something of the configuration runs out.

    Attributes:
        kind: ``own`` (what this side signs with), ``hub`` (a certificate that the hub signs with), ``issuer``,
            ``revocations`` (the day of the next list).
        file: its file, as the configuration names it.
        at: the moment, in UTC.
    """

    kind: str
    file: str
    at: datetime

    def words(self, now: datetime) -> str:
        """That it runs out soon, or has run out, and what to do."""
        day = self.at.date().isoformat()
        if self.at <= now:
            when = f"ran out on {day}"
        else:
            days = (self.at - now) // timedelta(days=1)
            when = f"runs out on {day}, in {days} {'day' if days == 1 else 'days'}"
        return f"{_NAMES[self.kind]} in {self.file} {when}; put the new one in its place, no restart is needed"


_NAMES: Final[Mapping[str, str]] = {
    "own": "the certificate of this side", "hub": "the certificate of the hub", "issuer": "a certificate of an issuer",
    "revocations": "a revocation list",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holders:
    """What was read from the files of a configuration.

    Attributes:
        identities: who signs, by physical sender; ``""`` for everybody else.
        trust: whose answers are believed.
    """

    identities: Mapping[str, Identity]
    trust: Trust

    @classmethod
    def read(cls, config: Config) -> Holders:
        """What the files hold now.

        Raises:
            EdielError: one of them is broken, or does not fit the others.
            OSError: one cannot be read.
        """
        return cls(config.identities(), config.believed())


class Files:
    """The files of a configuration that hold keys and certificates, and what was in them when they were taken into use.

    They are compared by what is in them: a new file may have the time and the size of the old one.

    Args:
        config: names them.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known = self.digests()

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, as the configuration has them."""
        hub, trust = self._config.hub, self._config.trust
        own = [item.file for item in self._config.certificate]
        others = (hub.certificate, hub.ca, trust.issuers, trust.intermediates, trust.revocations)
        return tuple(dict.fromkeys([*own, *(name for name in others if name is not None)]))

    def digests(self) -> dict[str, str]:
        """What is in each of them, by a digest."""
        return {name: _digest(self._config.folder / name) for name in self.names}

    def changed(self, digests: Mapping[str, str]) -> tuple[str, ...]:
        """Those that hold something else than what is in use."""
        return tuple(name for name in self.names if digests[name] != self._known[name])

    def taken(self, digests: Mapping[str, str]) -> None:
        """Say that this is in use now."""
        self._known = dict(digests)

    def read(self, digests: Mapping[str, str], holders: Holders, now: datetime) -> Holders:
        """Read what the files hold now.

        Args:
            digests: what is in them.
            holders: what is in use.
            now: the moment.

        Raises:
            EdielError: one of them is broken, or does not fit the others, or is not in force while the one in use is.
            OSError: one cannot be read.
        """
        fresh = Holders.read(self._config)
        for sender, identity in fresh.identities.items():
            problem = not_in_force(identity.certificate, now)
            old = holders.identities.get(sender)
            if problem and (old is None or not_in_force(old.certificate, now) is None):
                raise InvalidIdentity(problem)
        if self.digests() != digests:
            raise InvalidIdentity("a file was being written while it was read")
        return fresh


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return _MISSING


def why(error: EdielError | OSError) -> str:
    """Why files cannot be used, in words for a line."""
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror or type(error).__name__}"
    return plain(str(error))


def expiries(config: Config, holders: Holders) -> list[Expiry]:
    """When each certificate and revocation list that is in use runs out, the nearest first."""
    return sorted(set(_expiries(config, holders)), key=lambda item: (item.at, item.kind, item.file))


def _expiries(config: Config, holders: Holders) -> Iterator[Expiry]:
    for item in config.certificate:
        for sender in item.senders or ("",):
            yield Expiry("own", item.file, holders.identities[sender].certificate.not_valid_after_utc.astimezone(UTC))
    trust, names = holders.trust, config.trust
    for kind, name, certificates in (
        ("hub", config.hub.certificate, trust.certificates),
        ("issuer", names.issuers, trust.anchors),
        ("issuer", names.intermediates, trust.intermediates),
    ):
        for certificate in certificates if name is not None else ():
            yield Expiry(kind, str(name), certificate.not_valid_after_utc.astimezone(UTC))
    for revoked in trust.revocations:
        if names.revocations is not None and revoked.next_update_utc is not None:
            yield Expiry("revocations", names.revocations, revoked.next_update_utc.astimezone(UTC))
