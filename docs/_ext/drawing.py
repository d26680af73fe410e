"""Diagrams in Mermaid's language, drawn as SVG by a library: no browser, no script, no network."""

from __future__ import annotations

from hashlib import sha256

import merman


class CannotDraw(ValueError):
    """The source is no diagram that Mermaid knows."""


def drawn(source: str) -> str:
    """A diagram as SVG, for a page: what it refers to inside itself has a name that no other diagram has.

    Raises:
        CannotDraw: the source is no diagram; with what is wrong.
    """
    name = f"diagram-{sha256(source.encode()).hexdigest()[:12]}"
    try:
        svg: str = merman.Merman().render_svg(source, f'{{"svg":{{"diagram_id":"{name}"}}}}')
    except merman.MermanError as error:
        raise CannotDraw(f"Mermaid cannot draw this: {error}") from error
    return svg
