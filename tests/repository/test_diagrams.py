"""Every diagram in the pages can be drawn where the pages are built, and the picture needs nothing from elsewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from tests.support.places import ROOT

BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [path for path in sorted((ROOT / "docs").rglob("*.md")) if BLOCK.search(path.read_text(encoding="utf-8"))]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    pytest.importorskip("merman", reason="merman, which draws the diagrams, is not installed")
    spec = importlib.util.spec_from_file_location("drawing", ROOT / "docs" / "_ext" / "drawing.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_diagrams() -> None:
    assert len(PAGES) >= 28


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_diagram_is_drawn(path: Path, drawing: ModuleType) -> None:
    for source in BLOCK.findall(path.read_text(encoding="utf-8")):
        svg = etree.fromstring(drawing.drawn(source).encode())
        assert svg.tag == f"{SVG}svg"
        texts = "".join(svg.itertext())
        for state in re.findall(r'^\s+state "([^"]+)" as', source, re.MULTILINE):
            assert state in texts, state
        assert svg.find(f"{SVG}title") is not None, "accTitle says in words what is drawn"
        assert svg.find(f".//{SVG}script") is None
        linked = [value for item in svg.iter() for key, value in item.attrib.items() if key.endswith("href")]
        assert all(value.startswith("#") for value in linked)
        assert "url(http" not in texts
        assert "@import" not in texts


def test_what_is_no_diagram_is_refused(drawing: ModuleType) -> None:
    with pytest.raises(drawing.CannotDraw, match="cannot draw"):
        drawing.drawn("no diagram")


def test_no_page_hands_a_diagram_over_as_code() -> None:
    """The theme would show its source; the fence is a directive of the pages."""
    assert 'myst_fence_as_directive = ["mermaid"]' in (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")
