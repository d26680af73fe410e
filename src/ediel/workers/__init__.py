"""Workers: the work of an engine as jobs that several processes share. Needs the extra ``transport``.

``Work`` knows what there is to do, and does it; a runner decides who does what when: ``LocalRunner`` in one process
or in some that share an SQLite file, ``EngineRunner`` (extra ``worker``) on PostgreSQL by procrastinate.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_health": ("WorkerHealth",),
    "_jobs": ("QUEUES", "Done", "Job", "Runner", "WorkerSettings"),
    "_local": ("LocalRunner",),
    "_running": ("runner_for",),
    "_work": ("Work",),
    "procrastinating": ("EngineRunner",),
}

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
