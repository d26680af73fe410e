"""Writes ``fixtures/``: the valid messages of ``fixtures_valid``, the broken ones of ``fixtures_invalid``, those of
``fixtures_field``, a register.

Run ``make fixtures`` after a change. The findings beside a broken fixture are written from what ediel finds, and read by
a person before they are kept; ``tests/repository/test_fixtures.py`` holds ediel to them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ediel.xml import check_schema
from tools.fixtures_field import field
from tools.fixtures_invalid import broken
from tools.fixtures_market import market
from tools.fixtures_valid import pretty, typed, wrapped

ROOT = Path(__file__).resolve().parent.parent / "fixtures"
KEPT = ("rule", "severity", "code", "path", "line", "found", "expected", "text")


def findings(data: bytes) -> list[dict[str, object]]:
    report = check_schema(data).report
    return [{key: getattr(finding, key) for key in KEPT} for finding in report.all_findings()]


def main() -> int:
    """Write everything."""
    valid, invalid, seen = ROOT / "valid", ROOT / "invalid", ROOT / "field"
    for folder in (valid, invalid, seen):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
    for name, message in typed():
        (valid / f"{name}.xml").write_bytes(pretty(message))
    for name, data in wrapped():
        (valid / f"{name}.xml").write_bytes(data)
    count = 0
    for name, data in broken(valid):
        (invalid / f"{name}.xml").write_bytes(data)
        text = json.dumps(findings(data), indent=2, ensure_ascii=False)
        (invalid / f"{name}.findings.json").write_text(text + "\n", encoding="utf-8")
        count += 1
    for name, data in field(valid).items():
        (seen / name).write_bytes(data)
    (ROOT / "market.json").write_text(market(), encoding="utf-8")
    print(f"{len(list(valid.iterdir()))} valid, {count} broken fixtures, {len(list(seen.iterdir())) - 1} of the field")
    return 0


if __name__ == "__main__":
    sys.exit(main())
