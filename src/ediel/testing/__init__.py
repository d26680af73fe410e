"""What a user needs to test against ediel: sample messages, hypothesis strategies, a stand-in hub, certificates."""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_conforming": ("conforming",),
    "_hub": ("HubUnderTest", "MarketParty", "hub"),
    "_mutate": ("Mutation", "mutate", "mutate_bytes"),
    "_sample": ("Sampler", "sample"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
