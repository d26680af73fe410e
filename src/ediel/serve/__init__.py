"""Validation, reading, generation, explanation and deadlines over HTTP, for callers in any language; no state.

``asgi`` makes the app, ``ServeSettings`` says what it is allowed. Needs the extra ``serve``. What judges and explains
one input stands beside it, for the command line as well.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_settings": ("ServeSettings",),
    "app": ("asgi",),
}

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
