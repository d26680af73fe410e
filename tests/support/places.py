"""Where things are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
OFFICIAL = Path(os.environ.get("EDIEL_SHARED", ROOT.parent / "shared")) / "emif" / "2.4.3"
"""The official release, for comparison; not part of the project."""
