"""A local Maskinporten: takes a signed assertion, gives a token, and knows its own tokens again.

Source: docs.digdir.no, JWT grant and token endpoint. The organisation is that of the certificate in ``x5c``; ``kid`` is
not known here, for nobody has registered a key.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from ediel.hub.seed import HubParty
from ediel.transport import SecurityRefused, Trust, organisation_number

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE: Final = 120
"""Seconds of a token here; Maskinporten decides it for each scope."""
_APART: Final = 10
_LONGEST: Final = 120
_ROLES: Final = {
    "elhub:balancesupplier": {"DDQ", "SLR"},
    "elhub:gridowner": {"DDM", "MDR"},
    "elhub:thirdparty": {"AG"},
}
"""Roles whose parties have a scope; the other scopes are for everybody here."""
_OTHERS: Final = frozenset({"elhub:serviceprovider", "elhub:publicstakeholder", "elhub:enduser"})
_ALGORITHMS: Final = ["RS256", "RS384", "RS512"]
_REGISTRY: Final = jws.JWSRegistry(algorithms=_ALGORITHMS)
_REGISTRY.max_header_length = 50_000  # a chain of certificates stands in it


class _Refused(Exception):
    """No token; ``args`` are the OAuth code and the description."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a token was given to.

    Attributes:
        organisation: organisation number.
        scopes: what it is for.
    """

    organisation: str
    scopes: frozenset[str]


class Issuer:
    """Gives tokens and knows them again. Safe for threads.

    Args:
        secret: signs the tokens.
        trust: whose certificates are believed; ``None`` for any.
        parties: the parties of the register.
        machine: the clock of this machine: tokens know nothing of the market's.
    """

    def __init__(
        self,
        secret: bytes,
        trust: Trust | None,
        parties: Callable[[], Mapping[str, HubParty]],
        machine: Callable[[], datetime],
    ) -> None:
        self._key = OctKey.import_key(secret)
        self._trust = trust
        self._parties = parties
        self._machine = machine
        self._lock = threading.Lock()
        self._used: dict[str, float] = {}

    def answer(
        self, form: bytes, audience: Sequence[str], *, scope: str | None = None, life: int = LIFE
    ) -> tuple[int, dict[str, Any]]:
        """HTTP status and JSON for a request of a token.

        Args:
            form: the body of the request.
            audience: identifiers of this issuer.
            scope: a scope to give instead, for a misbehaviour.
            life: seconds that the token is valid; negative for one that has expired, which it does not say.
        """
        try:
            organisation, scopes = self._asked(form, audience)
        except _Refused as refusal:
            code, text = refusal.args
            return (400, {"error": code, "error_description": text})
        now = self._machine()
        given = scope or scopes
        token = jwt.encode(
            {"alg": "HS256"},
            {
                "iss": audience[0], "scope": given, "consumer": organisation, "jti": secrets.token_hex(8),
                "exp": int((now + timedelta(seconds=life)).timestamp()),
            },
            self._key,
        )  # fmt: skip
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": max(life, 1) if life > 0 else LIFE,
                     "scope": given}  # fmt: skip

    def bearer(self, header: str) -> Bearer | None:
        """Who calls, by the header ``Authorization``; ``None`` for nobody, or with a token that has expired."""
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer":
            return None
        try:
            claims = jwt.decode(token.strip(), self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            return None
        if claims["exp"] <= self._machine().timestamp():
            return None
        return Bearer(str(claims["consumer"]), frozenset(str(claims["scope"]).split()))

    def _asked(self, form: bytes, audience: Sequence[str]) -> tuple[str, str]:
        """Organisation and scopes of a request."""
        try:
            fields = parse_qs(form.decode("ascii"), strict_parsing=True, max_num_fields=20)
        except ValueError:
            raise _Refused("invalid_request", "the body is no form") from None
        if fields.get("grant_type") != [GRANT]:
            raise _Refused("unsupported_grant_type", "expected a JWT grant")
        assertions = fields.get("assertion", [])
        if len(assertions) != 1:
            raise _Refused("invalid_request", "expected one assertion")
        certificate, claims = self._verified(assertions[0])
        organisation = self._organisation(certificate)
        self._timely(claims, audience)
        scopes = str(claims.get("scope", "")).split()
        known = {party.gln for party in self._parties().values() if party.organisation == organisation}
        if not known:
            raise _Refused("invalid_client", "no party of this market has the organisation of the certificate")
        for item in scopes or [""]:
            if not self._may(item, organisation):
                raise _Refused("invalid_scope", "the organisation does not have the scope")
        self._once(str(claims.get("jti", "")), float(claims["exp"]))
        return organisation, " ".join(scopes)

    def _verified(self, assertion: str) -> tuple[x509.Certificate, Mapping[str, Any]]:
        try:
            header = jws.extract_compact(assertion.encode(), registry=_REGISTRY).headers()
            chain = header.get("x5c")
            if not isinstance(chain, list) or not chain:
                raise _Refused("invalid_grant", "expected x5c: this Maskinporten knows no registered keys")
            certificate = x509.load_der_x509_certificate(base64.b64decode(str(chain[0]), validate=True))
            pem = certificate.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            claims = jwt.decode(assertion, RSAKey.import_key(pem), registry=_REGISTRY).claims
        except (JoseError, ValueError, binascii.Error, KeyError, TypeError):
            raise _Refused("invalid_grant", "Invalid assertion. Client authentication failed.") from None
        return certificate, claims

    def _organisation(self, certificate: x509.Certificate) -> str:
        try:
            if self._trust is not None:
                self._trust.check(certificate, self._machine())
        except SecurityRefused:
            raise _Refused("invalid_grant", "The JWT is signed with an invalid certificate.") from None
        found = organisation_number(certificate)
        if found is None:
            raise _Refused("invalid_grant", "there is no organisation number in the certificate")
        return found

    def _timely(self, claims: Mapping[str, Any], audience: Sequence[str]) -> None:
        issued, expires = claims.get("iat"), claims.get("exp")
        if claims.get("aud") not in audience:
            raise _Refused("invalid_grant", "Invalid JWT claim aud")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise _Refused("invalid_grant", "expected iat and exp")
        now = self._machine().timestamp()
        if abs(now - issued) > _APART + 1 or expires < now or expires - issued > _LONGEST:
            raise _Refused("invalid_grant", "iat or exp is not within the limits")

    def _may(self, scope: str, organisation: str) -> bool:
        if scope in _OTHERS:
            return True
        wanted = _ROLES.get(scope, set())
        own = [party for party in self._parties().values() if party.organisation == organisation]
        return any(role.value in wanted for party in own for role in party.roles or ())

    def _once(self, jti: str, until: float) -> None:
        now = self._machine().timestamp()
        with self._lock:
            self._used = {name: end for name, end in self._used.items() if end > now}
            if jti and jti in self._used:
                raise _Refused("invalid_grant", "the assertion was used before")
            self._used[jti] = until
