"""What a user needs to test against ediel: sample messages, hypothesis strategies, a stand-in hub, certificates."""

from typing import TYPE_CHECKING, Final

from ediel._lazy import lazily

if TYPE_CHECKING:
    from ediel.testing._conforming import conforming
    from ediel.testing._hub import HubUnderTest, MarketParty, hub
    from ediel.testing._mutate import Mutation, mutate, mutate_bytes
    from ediel.testing._sample import Sampler, sample

_HOME: Final[dict[str, str]] = {
    "conforming": "_conforming",
    **dict.fromkeys(("HubUnderTest", "MarketParty", "hub"), "_hub"),
    **dict.fromkeys(("Mutation", "mutate", "mutate_bytes"), "_mutate"),
    **dict.fromkeys(("Sampler", "sample"), "_sample"),
}

__getattr__ = lazily(__name__, _HOME, globals())

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
