"""Settings of a process that serves for days: few heaps, and warnings in the log."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from typing import Final

import structlog

_ARENA_MAX: Final = -8
"""M_ARENA_MAX of glibc's malloc.h."""
_HEAPS: Final = 2


def few_heaps() -> None:
    """Let the threads of this process share few heaps; elsewhere than on glibc, nothing is done.

    glibc gives each thread a heap of its own, and what is freed in one is of no use to the others: with ten threads
    that answer calls, the process held some 90 MB that nobody used. ``MALLOC_ARENA_MAX`` in the environment wins.
    """
    if not sys.platform.startswith("linux") or "MALLOC_ARENA_MAX" in os.environ:
        return
    try:
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _HEAPS)
    except (OSError, AttributeError):  # musl has no such thing
        return


def warnings_heard() -> None:
    """Write warnings and errors of this package to standard error, a line each, with what belongs to them."""
    shape = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(shape)
    handler.setLevel(logging.WARNING)
    logging.getLogger("ediel").addHandler(handler)
