"""The page of evidence in a real browser, as wide as a desk and as narrow as a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ediel.conformance import CaseResult, Passage, StepResult, as_html, case, run_case

sync_api: Any = pytest.importorskip("playwright.sync_api", reason="playwright is not installed; `make browser` does it")
_CHROMIUM = os.environ.get("EDIEL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
_QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
_ABOUT = {"ediel": "0", "target": "simulator"}
_ID = "AG622-02"

pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="there is no Chromium; `make browser` installs one on Debian")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as started:
        found = started.chromium.launch(executable_path=_CHROMIUM, args=_QUIET)
        yield found
        found.close()


@pytest.fixture(scope="module")
def results() -> list[CaseResult]:
    """A long case that passes, one that fails, with texts and names as long as they get."""
    failed = CaseResult(case("DDQ101-01"), fault="the hub's", notes=["noticed " * 40])
    failed.steps.append(StepResult(0, "actor gets " + "x" * 60, "failed", "expected " + "y" * 300, "2026-11-27T09:00"))
    long = Passage("2026-11-27T09:00", "actor", "hub", "RequestUpfrontMeteringPointCharacteristics", "z" * 36, "0" * 64)
    failed.passages.append(long)
    return [run_case(case(_ID)), failed]


@pytest.mark.parametrize("language", ["en", "nb"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_can_be_read(
    browser: Any, results: list[CaseResult], tmp_path: Path, width: int, language: Any
) -> None:
    path = tmp_path / "evidence.html"
    path.write_text(as_html(results, _ABOUT, language), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 844})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()], "nothing is fetched from elsewhere"
    assert not page.locator(f"#{_ID} table").is_visible(), "what has passed is folded"
    assert page.locator("#DDQ101-01 table").is_visible(), "what has failed is open"
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths == [width, width], "the page is never wider than the window"
    cut = page.evaluate(_CUT)
    assert cut == [], "words stand whole, and inside of the window"
    small = page.evaluate("[...document.querySelectorAll('td, pre, p, summary')].map(one => "
                          "parseFloat(getComputedStyle(one).fontSize)).filter(size => size < 12)")  # fmt: skip
    assert small == []
    text = page.locator("body").inner_text()
    assert results[0].case.title_nb in text if language == "nb" else results[0].case.title in text
    assert not said
    page.close()


_CUT = """
[...document.querySelectorAll('td.fix, td span, h1, h2, h3, th')].filter(one => one.offsetParent !== null).filter(one => {
  const box = one.getBoundingClientRect(), lines = one.getClientRects().length
  const inside = box.left >= 0 && (box.right <= innerWidth || one.closest('.scroll'))
  return !inside || (one.matches('td span') && lines > 2)
}).map(one => one.outerHTML.slice(0, 80))
"""
"""Elements that reach out of the window, and verdicts that are broken into letters."""


def test_a_link_leads_to_its_case(browser: Any, results: list[CaseResult], tmp_path: Path) -> None:
    path = tmp_path / "evidence.html"
    path.write_text(as_html(results, _ABOUT), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(path.as_uri())
    page.locator(f"a[href='#{_ID}']").click()
    assert page.locator(f"#{_ID}").bounding_box()["y"] < 844
    page.locator(f"#{_ID} > summary").click()
    page.locator(f"#{_ID} details > summary").first.click()
    first = page.locator(f"#{_ID} details.message").first
    first.locator("summary").click()
    assert "physical_sender" in first.inner_text()
    assert "***" in first.inner_text() or "UpdateThirdPartyAccess" in first.inner_text()
    page.close()
