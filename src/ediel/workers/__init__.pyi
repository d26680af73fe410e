# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.workers._health import WorkerHealth as WorkerHealth
from ediel.workers._jobs import Done as Done
from ediel.workers._jobs import Job as Job
from ediel.workers._jobs import QUEUES as QUEUES
from ediel.workers._jobs import Runner as Runner
from ediel.workers._jobs import WorkerSettings as WorkerSettings
from ediel.workers._local import LocalRunner as LocalRunner
from ediel.workers._running import runner_for as runner_for
from ediel.workers._work import Work as Work
from ediel.workers.procrastinating import EngineRunner as EngineRunner

__all__ = [
    "Done",
    "EngineRunner",
    "Job",
    "LocalRunner",
    "QUEUES",
    "Runner",
    "Work",
    "WorkerHealth",
    "WorkerSettings",
    "runner_for",
]
