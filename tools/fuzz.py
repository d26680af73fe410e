"""Feeds ``ediel.xml.check_schema`` broken documents for a while: no exception, no second lost, the same verdict as ``read_all``.

    python tools/fuzz.py --minutes 30 [--seed N]

Starts from the fixtures and from sampled messages, changes their structure, values and bytes, now and then makes them
large or packs them, and prints what it counted. Exit code 1 at the first failure, with the input in ``build/fuzz/``.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

from lxml import etree

import ediel
from ediel.messages import MESSAGES, model
from ediel.testing import Sampler, mutate, mutate_bytes

ROOT = Path(__file__).resolve().parent.parent
SLOW = 1.0
LARGE = 1_000_000


def seeds() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "fixtures").rglob("*.xml"))]


def document(random: Random, fixtures: list[bytes]) -> bytes:
    """One input."""
    if random.random() < 0.3:
        name = random.choice(sorted(MESSAGES))
        data = ediel.write(Sampler(random, wild=random.random() < 0.5).message(model(name)), validate=False)
    else:
        data = random.choice(fixtures)
    for _ in range(random.choice((0, 1, 1, 2, 4))):
        try:
            root = etree.fromstring(data)
        except etree.XMLSyntaxError:
            break
        data = etree.tostring(mutate(root, random).root)
    if random.random() < 0.35:
        data = mutate_bytes(data, random)
    if random.random() < 0.01:  # many copies of a part: wide, long or deep
        start = random.randrange(max(1, len(data)))
        part = data[start : start + random.choice((1, 10, 100, 1000))]
        data = data[:start] + part * (LARGE // max(1, len(part))) + data[start:]
        data = data[: LARGE - 1]
    if random.random() < 0.03:
        data = gzip.compress(data, 1)
        if random.random() < 0.5:
            data = mutate_bytes(data, random)
    return data


def check(data: bytes) -> str:
    """Look at one input; the kind of its outcome.

    Raises:
        AssertionError: a promise was broken.
    """
    inspection = ediel.xml.check_schema(data)
    report = inspection.report
    assert len(inspection.messages) == len(report.messages)
    for item in inspection.messages:
        assert item.valid == (item.message is not None), "a message is typed exactly when the schema takes it"
    errors = [finding for finding in report.all_findings() if finding.severity == "error"]
    assert report.valid == (bool(report.messages) and not errors)
    try:
        found = ediel.read_all(data)
    except ediel.InvalidMessage as error:
        assert errors, "read_all refused what inspect found nothing wrong with"
        assert not error.report.valid
        return "unreadable" if not report.readable else "refused"
    assert not errors, "read_all took what inspect refused"
    assert list(found) == [item.message for item in inspection.messages]
    for message in found:
        assert ediel.read(ediel.write(message)) == message
    return "valid" if found else "no message"


def main() -> int:
    """Run until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    random = Random(options.seed)
    fixtures = seeds()
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end:
        data = document(random, fixtures)
        started = time.perf_counter()
        try:
            ediel.xml.check_schema(data)
            took = time.perf_counter() - started
            slowest = max(slowest, took)
            if took > SLOW and len(data) < LARGE:
                raise AssertionError(f"{took:.2f} s for {len(data)} bytes")
            outcomes[check(data)] += 1
        except Exception:  # whatever it is, it is what we are looking for
            folder = ROOT / "build" / "fuzz"
            folder.mkdir(parents=True, exist_ok=True)
            target = folder / f"failure-{options.seed}-{sum(outcomes.values())}.xml"
            target.write_bytes(data)
            traceback.print_exc()
            print(f"seed {options.seed}, after {sum(outcomes.values())} inputs; the input is in {target}")
            return 1
    total = sum(outcomes.values())
    print(f"{total} inputs in {options.minutes:g} minutes, seed {options.seed}: no failure; slowest {slowest:.3f} s")
    print(", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
