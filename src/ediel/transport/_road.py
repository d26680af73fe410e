"""The road to a hub: through which proxy, and by whose certificates. The client and the doctor take the same."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from ediel.transport._patience import PatientTransport

__all__ = ["TIMEOUT", "Road", "road_to"]

TIMEOUT: Final = httpx2.Timeout(60, connect=10)
"""Seconds for one step of a call; the call as a whole has a limit of its own."""


@dataclass(frozen=True, slots=True)
class Road:
    """How a hub is reached.

    Attributes:
        proxy: address of the proxy; ``None`` for none.
        certificates: where the certificates of issuers come from, for TLS.
    """

    proxy: str | None
    certificates: str

    def open(self) -> httpx2.Client:
        """An HTTP client that takes this road; it follows no redirect."""
        return httpx2.Client(
            transport=PatientTransport(proxy=self.proxy), timeout=TIMEOUT, follow_redirects=False, trust_env=False
        )

    def __str__(self) -> str:
        """In words; a password of the proxy is not shown."""
        if self.proxy is None:
            return f"no proxy, {self.certificates}"
        parts = urlsplit(self.proxy)
        where = parts.hostname or "unknown"
        return f"the proxy {where}{f':{parts.port}' if parts.port else ''}, {self.certificates}"


def road_to(base: str) -> Road:
    """The road to an address, as the environment has it.

    ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` name proxies, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``
    issuers.
    """
    parts = urlsplit(base)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy and proxy_bypass(parts.hostname or ""):
        proxy = None
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    named = next(
        (f"{name}={value}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if (value := os.environ.get(name))), ""
    )
    return Road(proxy or None, f"issuers of {named}" if named else "the usual issuers")
