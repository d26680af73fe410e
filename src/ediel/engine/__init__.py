"""The engine: inbox, router, processes, outbox, timers, events, dead letters, in one database."""

from ediel.engine import commands, events
from ediel.engine._delivery import Outbox
from ediel.engine._engine import Engine
from ediel.engine._intake import DecisionMaker, Opinion
from ediel.engine._party import ELHUB, InvalidParty, Party
from ediel.engine._results import Process, Received
from ediel.engine.errors import EngineError, PreflightRefused, TimersFailed, Unroutable
from ediel.engine.observe import CountingMeter, Meter, OpenTelemetryMeter, PrometheusMeter

__all__ = [
    "ELHUB",
    "CountingMeter",
    "DecisionMaker",
    "Engine",
    "EngineError",
    "InvalidParty",
    "Meter",
    "OpenTelemetryMeter",
    "Opinion",
    "Outbox",
    "Party",
    "PreflightRefused",
    "Process",
    "PrometheusMeter",
    "Received",
    "TimersFailed",
    "Unroutable",
    "commands",
    "events",
]
