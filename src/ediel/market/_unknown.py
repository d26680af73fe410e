"""An answer of its own: the register cannot tell."""

from enum import Enum
from typing import Final


class Unknown(Enum):
    """The answer of a register that cannot tell."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
