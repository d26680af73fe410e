"""A client of the file that says who carries messages where (``ediel.toml``): its part ``[rest]``."""

from __future__ import annotations

import os
from collections.abc import Mapping

import httpx2

from ediel.rest.client import Elhub
from ediel.rest.environments import RestEnvironment, rest_environment
from ediel.rest.identity import RestIdentity
from ediel.transport import Config, InvalidConfig

__all__ = ["elhub_of"]


def elhub_of(config: Config, *, patience: float = 60, variables: Mapping[str, str] = os.environ) -> Elhub:
    """The client of a configuration; its certificate is that of the sender, and signs for tokens too.

    Raises:
        InvalidConfig: there is no part ``[rest]``, it names nobody who sends, or no certificate is for it.
        InvalidIdentity: a certificate cannot be read.
        OSError: a file cannot be read.
    """
    part = config.rest
    if part is None:
        raise InvalidConfig('the configuration has no part [rest]; add one with client = "the id at Maskinporten"')
    gln = part.gln or next((name.partition(":")[0] for name in config.database.parties), None)
    if gln is None:
        raise InvalidConfig("[rest] does not say who sends; add gln, or parties in [database]")
    identities = config.identities(variables)
    own = identities.get(str(gln)) or identities.get("")
    if own is None:
        raise InvalidConfig(f"no certificate is for {gln}; add it to senders of one")
    identity = RestIdentity.of(
        own, gln=str(gln), client=part.client, party_type=part.party_type, kid=part.kid,
        on_behalf_of=None if part.on_behalf_of is None else str(part.on_behalf_of),
    )  # fmt: skip
    where = RestEnvironment.at(part.address) if part.address else rest_environment(config.hub.environment)
    road = config.road()
    verify = road.context() if road.ca is not None else True
    http = httpx2.Client(proxy=road.proxy, verify=verify, trust_env=False, follow_redirects=False)
    return Elhub(identity, environment=where, patience=patience, http=http, keep_open=False)
