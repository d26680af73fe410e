"""What contributors are told is there: paths, targets of make, links, and a floor for each room."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.places import ROOT

PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "README.md")),
    *(ROOT / "docs" / name for name in ("architecture.md", "releasing.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
PLACE = re.compile(
    r"`((?:src|docs|tests|tools|schemas|fixtures|requirements)/[^`\s*]*|\.ci/run|constraints\.txt|pyproject\.toml)`"
)
TARGET = re.compile(r"\bmake ((?:[a-z]+ ?)+)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    for place in PLACE.findall(text):
        assert (ROOT / place).exists(), place
    for targets in TARGET.findall(text):
        for target in targets.split():
            assert re.search(rf"^{target}:", made, re.MULTILINE), f"make {target}"
    for link in LINK.findall(text):
        assert (page.parent / link).exists(), link


def test_pages_name_places() -> None:
    """So that the test above looks at something."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert len(set(PLACE.findall(text))) > 15


def test_every_room_has_a_floor() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (item for item in settings["tool"]["importlinter"]["contracts"] if item["id"] == "floors")
    named = {room.strip().removeprefix("ediel.") for layer in contract["layers"] for room in re.split(r"[|:]", layer)}
    rooms = {
        path.stem for path in (ROOT / "src" / "ediel").iterdir()
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }  # fmt: skip
    assert rooms == named


def test_every_decision_is_a_short_record() -> None:
    records = [path for path in (ROOT / "docs" / "decisions").glob("*.md") if path.name != "index.md"]
    index = (ROOT / "docs" / "decisions" / "index.md").read_text(encoding="utf-8")
    assert len(records) > 20
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert path.stem in index
        assert text.startswith(f"# {int(path.stem[:4])}. ")
        assert all(word in text for word in ("Status: ", "**Why.**", "**Decision.**", "**What follows.**"))
