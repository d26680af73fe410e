"""Mermaid blocks become SVG when the pages are built: whoever reads them fetches and runs no script.

A block that cannot be drawn stops the build. Where the pages are no HTML, the source of the diagram is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from drawing import CannotDraw, drawn
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Mermaid(SphinxDirective):
    """The directive ``mermaid``; ``accTitle`` in the block says in words what is drawn."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The picture, or what it is made of."""
        source = "\n".join(self.content)
        if self.env.app.builder.format != "html":
            return [nodes.literal_block(source, source)]
        try:
            svg = drawn(source)
        except CannotDraw as error:
            raise self.error(str(error)) from error
        return [nodes.raw("", f'<figure class="diagram">{svg}</figure>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_directive("mermaid", Mermaid)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
