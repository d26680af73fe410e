# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.testing._conforming import conforming as conforming
from ediel.testing._hub import HubUnderTest as HubUnderTest
from ediel.testing._hub import MarketParty as MarketParty
from ediel.testing._hub import hub as hub
from ediel.testing._mutate import Mutation as Mutation
from ediel.testing._mutate import mutate as mutate
from ediel.testing._mutate import mutate_bytes as mutate_bytes
from ediel.testing._sample import Sampler as Sampler
from ediel.testing._sample import sample as sample

__all__ = [
    "HubUnderTest",
    "MarketParty",
    "Mutation",
    "Sampler",
    "conforming",
    "hub",
    "mutate",
    "mutate_bytes",
    "sample",
]
