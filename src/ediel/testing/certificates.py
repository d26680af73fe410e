"""Issuers and certificates for tests; the stand-in hub makes its own in the same way. Needs the extra ``transport``."""

from ediel.hub.certificates import Holder, make

__all__ = ["Holder", "make"]
