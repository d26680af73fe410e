"""Algorithms of signatures and digests: their names in an envelope, and what does them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes

from ediel.transport._wsse import DS

__all__ = ["DIGESTS", "HASHES", "RSA_SHA1", "RSA_SHA256", "SHA1", "SHA256", "Digest", "digest"]

RSA_SHA1: Final = f"{DS}rsa-sha1"
"""What Basic256 in the policy of the WSDL means."""
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA1: Final = f"{DS}sha1"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"


class Digest(Protocol):
    """A hash that is filled piece by piece."""

    def update(self, data: bytes, /) -> None:
        """Add some octets."""

    def digest(self) -> bytes:
        """The digest of all of them."""


HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    RSA_SHA1: hashes.SHA1(),  # noqa: S303 - what Basic256 in the policy of the WSDL means
    RSA_SHA256: hashes.SHA256(),
}
"""The hash of each algorithm of signatures."""
DIGESTS: Final[dict[str, Callable[[], Digest]]] = {
    SHA1: lambda: hashlib.sha1(usedforsecurity=False),
    SHA256: hashlib.sha256,
}
"""Makes the digest of each algorithm."""


def digest(made: Callable[[], Digest], pieces: Iterable[bytes]) -> str:
    """The digest of some octets, in base 64."""
    found = made()
    for piece in pieces:
        found.update(piece)
    return base64.b64encode(found.digest()).decode()
