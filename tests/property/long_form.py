"""Lines of intervals and metering points under far more random operations than the tests make.

python tests/property/long_form.py [EXAMPLES]
"""

from __future__ import annotations

import sys
import time
import unittest
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

from tests.property.test_intervals import TestLines
from tests.property.test_point import TestPoints


def main() -> int:
    """Both machines, 50 operations an example."""
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    passed = True
    for case in (TestLines, TestPoints):
        case.settings = settings(max_examples=examples, stateful_step_count=50, deadline=None)
        began = time.monotonic()
        found = unittest.TextTestRunner().run(case("runTest"))
        passed &= found.wasSuccessful()
        print(f"{case.__name__}: {examples} times 50 operations at the most, {time.monotonic() - began:.0f} s")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
