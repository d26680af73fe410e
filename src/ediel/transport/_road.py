"""The road to a hub: through which proxy, and by whose certificates. The client and the doctor take the same."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from ediel.transport._patience import PatientClient, PatientTransport
from ediel.transport.errors import BadRoad

__all__ = ["DIRECT", "TIMEOUT", "Road", "road_to"]

DIRECT: Final = "direct"
"""In place of a proxy: none, whatever the environment says."""
TIMEOUT: Final = httpx2.Timeout(60, connect=10)
"""Seconds for one step of a call; the call as a whole has a limit of its own."""


@dataclass(frozen=True, slots=True)
class Road:
    """How a hub is reached.

    Attributes:
        proxy: address of the proxy; ``None`` for none.
        certificates: where the certificates of issuers come from, for TLS, in words.
        ca: a file with them; ``None`` for the usual ones.
    """

    proxy: str | None
    certificates: str
    ca: str | None = None

    def context(self) -> ssl.SSLContext:
        """TLS as on this road.

        Raises:
            BadRoad: there is no certificate in the file.
            OSError: it cannot be read.
        """
        try:
            return ssl.create_default_context(cafile=self.ca)
        except ssl.SSLError:
            raise BadRoad(f"there is no certificate in {self.ca}, or it is broken") from None

    def open(self) -> PatientClient:
        """An HTTP client that takes this road; it follows no redirect.

        Raises:
            BadRoad: there is no certificate in the file that is named.
            OSError: it cannot be read.
        """
        verify: ssl.SSLContext | bool = True if self.ca is None else self.context()
        return PatientClient(PatientTransport(proxy=self.proxy, verify=verify), TIMEOUT)

    def __str__(self) -> str:
        """In words; a password of the proxy is not shown."""
        if self.proxy is None:
            return f"no proxy, {self.certificates}"
        parts = urlsplit(self.proxy)
        where = parts.hostname or "unknown"
        return f"the proxy {where}{f':{parts.port}' if parts.port else ''}, {self.certificates}"


def road_to(base: str, *, proxy: str | None = None, ca: str | None = None) -> Road:
    """The road to an address; as the environment has it, where nothing else is set.

    Args:
        base: the address.
        proxy: the proxy; ``direct`` for none, whatever the environment says.
        ca: a file with the issuers of the server's certificate.

    ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` name proxies, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``
    issuers.
    """
    if proxy is None:
        proxy = _of_environment(base)
    elif proxy == DIRECT:
        proxy = None
    named = next(
        (f"{name}={value}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if (value := os.environ.get(name))), ""
    )
    issuers = ca or named
    return Road(proxy, f"issuers of {issuers}" if issuers else "the usual issuers", ca)


def _of_environment(base: str) -> str | None:
    parts = urlsplit(base)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy and proxy_bypass(parts.hostname or ""):
        proxy = None
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy or None
