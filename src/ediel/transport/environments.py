"""Where Elhub is. Source: the WSDL files of EMIF 2.4.3, for production and for market test 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ediel.errors import UnknownName
from ediel.transport.signing import Algorithm

__all__ = ["ENVIRONMENTS", "Environment", "environment"]


@dataclass(frozen=True, slots=True)
class Environment:
    """One hub.

    Attributes:
        name: what it is called.
        base: address of its services, without the name of a service at the end.
        algorithm: how messages to it are signed.
        source: who says so.
    """

    name: str
    base: str
    algorithm: Algorithm = Algorithm.RSA_SHA1
    source: str = "EMIF 2.4.3 WSDL"

    def address(self, service: str) -> str:
        """Address of a service."""
        return f"{self.base.rstrip('/')}/{service}"


ENVIRONMENTS: Final = (
    Environment("production", "https://service.elhub.no:8200/WebService/services"),
    Environment("mt1", "https://service-mt1.elhub.no/WebService/services"),
    Environment("local", "http://localhost:8200/WebService/services", source="a hub on this machine"),
)


def environment(name: str) -> Environment:
    """The environment of a name.

    Raises:
        UnknownName: there is none.
    """
    for item in ENVIRONMENTS:
        if item.name == name:
            return item
    raise UnknownName("environment", name, tuple(item.name for item in ENVIRONMENTS))
