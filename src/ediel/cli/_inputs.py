"""What paths of ``ediel validate`` hold: a file is one input, a zip archive one for each message file in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ediel.cli._files import content
from ediel.serve.archives import ENDINGS, inputs_of, unreadable

if TYPE_CHECKING:
    from ediel.report import Report

INPUTS: Final = (*ENDINGS, ".zip")
"""Endings of the files that a folder stands for."""


def inputs(path: str, most: int) -> Iterator[tuple[str, bytes] | Report]:
    """The inputs that a path holds, each with its name and bytes; a report where one cannot be read.

    Args:
        path: a file, or ``-``.
        most: bytes of one input; of a longer one, one byte more.
    """
    try:
        data = content(path, most)
    except OSError as error:
        text = f"The file cannot be read: {error.strerror or type(error).__name__}. Give an XML file, a folder, or -."
        yield unreadable(path, "READ/file", text)
        return
    yield from inputs_of(path, data, most)
