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
def render(
    sequence: Any,
    thousandths: Any,
    tags: Any,
    lead: bytes,
    openings: tuple[bytes, ...],
    closings: tuple[bytes, ...],
    offsets: Any,
    out: Any,
    /,
) -> int: ...
