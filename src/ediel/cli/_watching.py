"""Files that change while somebody works on them: which are new or were written since they were last seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ediel.cli._files import expand

__all__ = ["changes"]

_PAUSE = 0.5
"""Seconds between two looks: a person who saves a file does not notice, and a folder of thousands costs little."""


def changes(
    paths: Sequence[str], endings: tuple[str, ...], *, pause: Callable[[float], object] = time.sleep
) -> Iterator[list[str]]:
    """The files that are to be judged: all of them first, then those that were made or written since; without end.

    A file that was written within the last look is given with the next one, when it may be whole. One that was removed
    is forgotten, so that it is judged again when it comes back.

    Args:
        paths: files and folders; a folder stands for the files below it.
        endings: of the files that a folder stands for.
        pause: waits for some seconds.
    """
    known: dict[str, tuple[int, int]] = {}
    first = True
    while True:
        there = {path: state for path in expand(paths, endings=endings) if (state := _state(path)) is not None}
        changed = [path for path, state in there.items() if known.get(path) != state]
        if changed and not first:
            pause(_PAUSE)
            changed = [path for path in changed if _state(path) == there[path]]  # the others are still being written
        known = {path: there[path] for path in there if path in changed or known.get(path) == there[path]}
        if changed or first:
            yield changed
        first = False
        pause(_PAUSE)


def _state(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
