"""Where Elhub's REST APIs and Maskinporten are, and how each API names the party that calls.

Sources: the published OpenAPI documents of the Access API (July 2026) and of the Contracts API (July 2025); a dated
copy of the others (October 2026); Digdir's documentation of Maskinporten for issuers and the token endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ediel.codes import Standing
from ediel.errors import UnknownName

__all__ = ["APIS", "REST_ENVIRONMENTS", "Api", "RestEnvironment", "rest_environment"]


@dataclass(frozen=True, slots=True)
class Api:
    """One API.

    Attributes:
        name: what it is called here.
        path: below the host.
        sender: header with the GLN of whoever sends; ``None`` for an open API.
        on_behalf_of: header with the GLN of the party that it sends for.
        per_second: calls a second that are allowed; ``None`` where no number is published.
        trace: header with the trace id; ``None`` where none is published.
        standing: how certain ``path`` is.
        source: who says so.
    """

    name: str
    path: str
    sender: str | None
    on_behalf_of: str | None
    per_second: float | None = None
    trace: str | None = None
    standing: Standing = "published"
    source: str = ""


_TRACE: Final = "ElhubTraceID"
ACCESS_V0: Final = Api(
    "access v0", "/access/v0", "SenderGln", "OnBehalfOfGln", trace=_TRACE, source="OpenAPI of auth-grant-manager"
)
ACCESS_V1: Final = Api(
    "access v1", "/access/v1", "SenderGln", "OnBehalfOfGln", trace=_TRACE, standing="assumed",
    source="shapes are known, paths are not: taken to be named as in v0",
)  # fmt: skip
CONTRACTS: Final = Api(
    "contracts", "/contract-service/v1", "Sender", "On-Behalf-Of", source="OpenAPI of elhub-norgespris, 2025-07-01"
)
SETTLEMENT: Final = Api(
    "settlement", "/settlement/v0", "SenderGLN", "OnBehalfOfGLN", standing="inferred", source="dated copy, October 2026"
)
ENERGY_DATA: Final = Api("energy data", "/energy-data/v0", None, None, per_second=5, source="Elhub's page, open API")
APIS: Final = (ACCESS_V0, ACCESS_V1, CONTRACTS, SETTLEMENT, ENERGY_DATA)


@dataclass(frozen=True, slots=True)
class RestEnvironment:
    """One set of addresses.

    Attributes:
        name: what it is called.
        base: host of the APIs.
        issuer: identifier of Maskinporten: the audience of an assertion.
        token_endpoint: where tokens are given.
        paths: paths of APIs that are other than in ``APIS``, by name.
        source: who says so.
    """

    name: str
    base: str
    issuer: str
    token_endpoint: str
    paths: dict[str, str] = field(default_factory=dict)
    source: str = "OpenAPI of auth-grant-manager; docs.digdir.no"

    def address(self, api: Api, path: str) -> str:
        """Address of a path of an API."""
        return f"{self.base.rstrip('/')}{self.paths.get(api.name, api.path)}{path}"

    @classmethod
    def at(cls, base: str) -> RestEnvironment:
        """The environment of a stand-in hub: APIs and token endpoint below one address."""
        root = base.rstrip("/")
        return cls("local", root, f"{root}/maskinporten/", f"{root}/maskinporten/token", source="a hub on this machine")


REST_ENVIRONMENTS: Final = (
    RestEnvironment(
        "production", "https://api.elhub.no", "https://maskinporten.no/", "https://maskinporten.no/token"
    ),
    RestEnvironment(
        # the issuer is inferred from the host in the example for MT1
        "mt1", "https://api-mt1.elhub.no", "https://test.maskinporten.no/", "https://test.maskinporten.no/token"
    ),
    RestEnvironment.at("http://localhost:8200"),
)  # fmt: skip


def rest_environment(name: str) -> RestEnvironment:
    """The environment of a name.

    Raises:
        UnknownName: there is none.
    """
    for item in REST_ENVIRONMENTS:
        if item.name == name:
            return item
    raise UnknownName("environment", name, [item.name for item in REST_ENVIRONMENTS])
