"""``make differential-signatures``: what is quick against libxml2 and xmlsec, by the thousand.

python tests/transport/differential.py documents 1000000 [SEED]
python tests/transport/differential.py envelopes 100000 [SEED]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Compare, and say what was found."""
    what, count = arguments[0], int(arguments[1])
    seed = int(arguments[2]) if len(arguments) > 2 else time.time_ns() % 1_000_000
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path
    from tests.support.tally import Tally
    from tests.transport.differences import documents, envelopes

    started = time.monotonic()
    tally, step = Tally(), 1000
    way = documents if what == "documents" else envelopes
    while tally.total < count:
        more = min(step, count - tally.total)
        way(more if what == "documents" else tally.total + more, seed * 1_000_000 + tally.total, tally)
        if tally.total % 10_000 == 0 or tally.differences:
            print(f"{tally.total} {dict(tally.kinds)} {time.monotonic() - started:.0f} s", flush=True)
        if len(tally.differences) > 10:
            break
    print(f"{tally.total} {what}, seed {seed}: {dict(tally.kinds)}; {len(tally.differences)} differences")
    for why, data in tally.differences[:10]:
        print(why, data, sep="\n", end="\n\n")
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
