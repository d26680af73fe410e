"""For pytest: approval cases as tests, where ``--ediel-target simulator`` is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ediel.conformance.errors import CaseFailed
from ediel.errors import EdielError


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that makes approval cases tests."""
    parser.getgroup("ediel").addoption(
        "--ediel-target", choices=["simulator"], default=None,
        help="collect approval cases (.toml files of ediel conformance) and run them against the stand-in hub",
    )  # fmt: skip


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file with a case, where cases are requested; other TOML files are left alone."""
    if parent.config.getoption("--ediel-target") is None or file_path.suffix != ".toml":
        return None
    if "[[step]]" not in file_path.read_text(encoding="utf-8"):
        return None
    return CaseFile.from_parent(parent, path=file_path)


class CaseFile(pytest.File):
    """A file with one approval case."""

    def collect(self) -> Iterator[pytest.Item]:
        """The case as a test."""
        yield CaseItem.from_parent(self, name=self.path.stem)


class CaseItem(pytest.Item):
    """An approval case as a test: it fails at the step that fails."""

    def runtest(self) -> None:
        """Run it against a hub in this process.

        Raises:
            CaseFailed: it has not passed.
        """
        from ediel.conformance import read_case, run_case  # noqa: PLC0415 - heavy

        result = run_case(read_case(self.path))
        if result.failed is not None:
            step = result.failed
            fault = f"; the fault is probably {result.fault}" if result.fault else ""
            raise CaseFailed(f"{result.verdict} at step {step.place + 1}, {step.title}: {step.text}{fault}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The step and what came; a traceback only where something else went wrong."""
        if isinstance(excinfo.value, (CaseFailed, EdielError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, and what it is called."""
        return self.path, None, f"approval case {self.name}"
