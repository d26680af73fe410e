"""Settings of the documentation."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "ediel"
author = "the ediel project"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "diagrams"]
html_theme = "furo"
html_title = "ediel"
html_static_path = ["_static"]
html_css_files = ["diagrams.css"]
exclude_patterns: list[str] = []
myst_enable_extensions = ["colon_fence", "deflist"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_use_ivar = True
suppress_warnings = [
    "misc.highlighting_failure",
    "myst.xref_missing",
    "ref.python",  # a Party is one thing to the market and another to the engine
]
