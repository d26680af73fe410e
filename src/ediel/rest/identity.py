"""Who calls: an organisation with its key, the client that Maskinporten knows, and the party in the market.

Source: docs.digdir.no, JWT grant: signed with RS256; the header names the key by ``kid``, or holds the certificates of
the organisation in ``x5c``; an assertion lives 120 seconds at the most and is used once.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import RSAKey

from ediel.identifiers import Gln
from ediel.rest.errors import InvalidRestIdentity
from ediel.transport.identity import Identity

__all__ = ["SCOPES", "PartyType", "RestIdentity"]

PartyType = Literal[
    "balance supplier", "grid owner", "third party", "service provider", "public stakeholder", "end user"
]
SCOPES: Final[Mapping[PartyType, str]] = {
    "balance supplier": "elhub:balancesupplier",
    "grid owner": "elhub:gridowner",
    "third party": "elhub:thirdparty",
    "service provider": "elhub:serviceprovider",
    "public stakeholder": "elhub:publicstakeholder",
    "end user": "elhub:enduser",
}
"""Scope of a token by the type of the party that asks for it."""
_LIFE: Final = timedelta(seconds=100)
"""Of an assertion; 120 seconds are allowed."""


@dataclass(frozen=True, repr=False)
class RestIdentity:
    """One identity for all of Elhub's REST APIs; ``of`` makes one from a certificate.

    Attributes:
        gln: GLN of the party that sends.
        client: identifier of the client at Maskinporten.
        key: private RSA key, PKCS#8 DER. It is never shown.
        scopes: what a token is asked for.
        kid: the key's identifier at Maskinporten; without it, the certificates are sent.
        certificates: those of the organisation, its own first.
        on_behalf_of: GLN of the party that a service provider sends for.
    """

    gln: str
    client: str
    key: bytes
    scopes: Sequence[str]
    kid: str | None = None
    certificates: Sequence[x509.Certificate] = ()
    on_behalf_of: str | None = field(default=None)

    def __post_init__(self) -> None:
        """Check what can be checked before anything is sent."""
        for name, value in (("gln", self.gln), ("on_behalf_of", self.on_behalf_of)):
            if value is not None and not Gln(value).is_valid:
                raise InvalidRestIdentity(f"{name} is {value!r}; expected a GLN of 13 digits with its check digit")
        if not self.client.strip():
            raise InvalidRestIdentity("client is empty; expected the client id that Maskinporten has given")
        if not self.scopes:
            raise InvalidRestIdentity("scopes is empty; expected at least one, such as elhub:balancesupplier")
        if self.kid is None and not self.certificates:
            raise InvalidRestIdentity("expected kid, or the certificates of the organisation; Maskinporten needs one")
        _ = self._loaded

    def __repr__(self) -> str:
        """Nothing of the key."""
        return f"RestIdentity(gln={self.gln!r}, client={self.client!r}, scopes={tuple(self.scopes)!r})"

    @classmethod
    def of(
        cls,
        identity: Identity,
        *,
        gln: str,
        client: str,
        party_type: PartyType,
        kid: str | None = None,
        on_behalf_of: str | None = None,
        issuers: Sequence[x509.Certificate] = (),
    ) -> RestIdentity:
        """The identity of an organisation whose key and certificate are loaded, as for EMIF messages.

        Args:
            identity: key and certificate; see ``ediel.transport.Identity``.
            gln: GLN of the party that sends.
            client: identifier of the client at Maskinporten.
            party_type: decides the scope.
            kid: identifier of the key, where it is registered at Maskinporten.
            on_behalf_of: GLN of the party that a service provider sends for.
            issuers: certificates between that of the organisation and the root, for the chain of ``x5c``.

        Raises:
            InvalidRestIdentity: something is missing, or is no GLN.
        """
        return cls(
            gln, client, identity.key, (SCOPES[party_type],), kid, (identity.certificate, *issuers), on_behalf_of
        )

    @cached_property
    def _loaded(self) -> RSAKey:
        try:
            found = serialization.load_der_private_key(self.key, None)
            pem = found.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            return RSAKey.import_key(pem)
        except ValueError:
            raise InvalidRestIdentity("the key cannot be read; expected a private RSA key in PKCS#8 DER") from None

    def assertion(self, audience: str, now: datetime) -> str:
        """A signed assertion for a token, new each time: Maskinporten takes none twice.

        Args:
            audience: identifier of Maskinporten.
            now: the moment, aware.
        """
        header: dict[str, object] = {"alg": "RS256"}
        if self.kid is not None:
            header["kid"] = self.kid
        else:
            header["x5c"] = [
                base64.b64encode(item.public_bytes(serialization.Encoding.DER)).decode() for item in self.certificates
            ]
        claims = {
            "aud": audience,
            "iss": self.client,
            "scope": " ".join(self.scopes),
            "iat": int(now.timestamp()),
            "exp": int((now + _LIFE).timestamp()),
            "jti": str(uuid4()),
        }
        return jwt.encode(header, claims, self._loaded)
