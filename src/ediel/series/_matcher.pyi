from typing import Any

def match(
    data: bytes,
    begin: int,
    program: Any,
    texts: bytes,
    spaces: tuple[bytes, ...],
    prefixes: tuple[bytes | None, ...],
    series: Any,
    blank: Any,
    columns: tuple[Any, ...],
    rows: int,
    /,
) -> tuple[int, int, int, int]: ...
def distinct(
    data: bytes, series: Any, width: int, columns: Any, places: Any, /
) -> tuple[tuple[int, bytes, bytes], ...]: ...
def render(
    sequence: Any,
    thousandths: Any,
    tags: Any,
    starts: Any,
    edges: Any,
    heads: Any,
    lead: bytes,
    openings: tuple[bytes, ...],
    closings: tuple[bytes, ...],
    out: Any,
    /,
) -> int: ...
