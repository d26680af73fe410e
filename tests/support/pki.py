"""The issuers and the certificates that the tests of the wire share; a key is made once per number."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from ediel.testing import certificates
from ediel.testing.certificates import Holder
from ediel.transport import Trust

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
ORGANISATION = "123456785"


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    """A key; the same one for the same number."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def make(name: str, number: int, issuer: Holder | None = None, **more: Any) -> Holder:
    return certificates.make(name, NOW, issuer, key=key(number), **more)


@cache
def root() -> Holder:
    return make("Test root", 1, ca=True)


@cache
def between() -> Holder:
    return make("Test issuer", 2, root(), ca=True)


@cache
def supplier() -> Holder:
    return make("A supplier", 3, between(), organisation="123 456 785")


@cache
def trust() -> Trust:
    return Trust((root().certificate,), (between().certificate,))
