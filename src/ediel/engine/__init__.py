"""The engine: inbox, router, processes, outbox, timers, events, dead letters, in one database."""

from ediel.engine import commands, events
from ediel.engine._async import AsyncEngine
from ediel.engine._delivery import Outbox
from ediel.engine._engine import Engine
from ediel.engine._intake import DecisionMaker, Opinion
from ediel.engine._lookup import Lookup, TimelineEntry
from ediel.engine._many import Many, Order, Started, Tally
from ediel.engine._messages import Exchanged, NotSent
from ediel.engine._page import Page
from ediel.engine._party import ELHUB, InvalidParty, Party
from ediel.engine._receiving import Receiving
from ediel.engine._repair import Repair
from ediel.engine._results import Process, Received
from ediel.engine._settings import EngineSettings
from ediel.engine._starting import Starting
from ediel.engine._subscribing import Subscribing
from ediel.engine._subscriptions import Subscriptions, Transaction
from ediel.engine._tenant import PartyView
from ediel.engine.errors import EngineError, PreflightRefused, ProcessesUnreadable, TimersFailed, Unroutable
from ediel.engine.observe import CountingMeter, Meter, OpenTelemetryMeter, PrometheusMeter

__all__ = [
    "ELHUB",
    "AsyncEngine",
    "CountingMeter",
    "DecisionMaker",
    "Engine",
    "EngineError",
    "EngineSettings",
    "Exchanged",
    "InvalidParty",
    "Lookup",
    "Many",
    "Meter",
    "NotSent",
    "OpenTelemetryMeter",
    "Opinion",
    "Order",
    "Outbox",
    "Page",
    "Party",
    "PartyView",
    "PreflightRefused",
    "Process",
    "ProcessesUnreadable",
    "PrometheusMeter",
    "Received",
    "Receiving",
    "Repair",
    "Started",
    "Starting",
    "Subscribing",
    "Subscriptions",
    "Tally",
    "TimelineEntry",
    "TimersFailed",
    "Transaction",
    "Unroutable",
    "commands",
    "events",
]
