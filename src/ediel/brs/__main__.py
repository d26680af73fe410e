"""``python -m ediel.brs check``: whether everything that derives from the rows of processes agrees with them."""

from __future__ import annotations

import sys

from ediel.testing._agreement import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
