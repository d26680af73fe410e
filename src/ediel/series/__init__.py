"""Metering values in columns: read fast and soundly, judged, summed, shared. Needs the extra ``series``.

``read_table`` gives a ``pyarrow.Table`` with a row per value; values are exact thousandths, moments UTC.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_columns": ("SCHEMA",),
    "_read": ("read_table", "ways"),
    "errors": ("InvalidTable",),
    "estimating": ("KNOWN_TOTAL", "like_days", "line", "with_total"),
    "exporting": ("FORMS", "Written", "convert", "export", "hand_over"),
    "importing": ("load",),
    "judging": ("completeness", "latest"),
    "ruling": ("judge",),
    "sharing": ("Shares", "distribute"),
    "streaming": ("stream",),
    "volumes": ("annual_volume", "annual_volumes", "volume_orders"),
    "writing": ("write_messages",),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
