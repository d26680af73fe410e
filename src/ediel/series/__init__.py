"""Metering values in columns: read fast and soundly, judged, summed, shared. Needs the extra ``series``.

``read_table`` gives a ``pyarrow.Table`` with a row per value; values are exact thousandths, moments UTC.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_columns": ("SCHEMA",),
    "_read": ("read_table", "ways"),
    "_rows": ("Reading",),
    "converting": ("Converted", "convert"),
    "errors": ("InvalidRows", "InvalidTable", "Mistake"),
    "estimating": ("KNOWN_TOTAL", "like_days", "line", "with_total"),
    "exporting": ("FORMS", "Written", "export", "hand_over"),
    "importing": ("Loaded", "load", "load_all"),
    "judging": ("Expected", "completeness", "gaps"),
    "versions": ("changes", "latest"),
    "ruling": ("judge",),
    "sharing": ("Shares", "distribute"),
    "streaming": ("stream",),
    "volumes": ("annual_volume", "annual_volumes", "volume_orders"),
    "writing": ("write_messages",),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
