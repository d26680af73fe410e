"""A process that has loaded everything, and begins a child of itself for each line that it reads."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

__all__ = ["serve"]


def serve(begin: Callable[[str], int]) -> None:
    """A child for each line, which gets it; its identification is said, and how it has ended.

    A child ends when whoever asks lets it.
    """
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                code = begin(line)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
