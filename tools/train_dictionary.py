"""Train the dictionary by which the archive packs small messages: `python -m tools.train_dictionary NAME`.

It learns from the fixtures and from made-up messages of every kind, as they are written and in the canonical form that
is kept of what was signed. A dictionary that has been released is never trained again: rows need it; give a new name,
and add it to `ediel.store._packing.DICTIONARIES`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import zstandard
from lxml import etree

from ediel.messages import MESSAGES, model
from ediel.testing._sample import sample
from ediel.xml import write

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "ediel" / "store" / "dictionaries"
SIZE = 65_536
LARGEST = 20_000
"""Longer samples are those of values, which need no dictionary."""


def forms(data: bytes) -> list[bytes]:
    """A message as it is written, and canonical."""
    return [data, etree.tostring(etree.fromstring(data), method="c14n", exclusive=True)]


def samples() -> list[bytes | bytearray | memoryview]:
    """What it learns from; fixtures count twice, for they are what messages are like."""
    fixtures = [
        form for path in sorted((ROOT / "fixtures" / "valid").glob("*.xml")) for form in forms(path.read_bytes())
    ]
    made = [form for name in MESSAGES for seed in range(12) for form in forms(write(sample(model(name), seed=seed)))]
    return [form for form in (*fixtures, *fixtures, *made) if len(form) < LARGEST]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    path = FOLDER / f"{sys.argv[1]}.dict"
    if path.exists():
        print(f"{path.name} is there, and rows may need it; give a new name")
        return 1
    trained = zstandard.train_dictionary(SIZE, samples(), level=6)
    FOLDER.mkdir(exist_ok=True)
    path.write_bytes(trained.as_bytes())
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes, identification {trained.dict_id()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
