"""The engine: inbox, router, processes, outbox, timers, events, dead letters, in one database."""

from ediel.engine import commands, events, portfolio
from ediel.engine._adopt import Adopt, Adopted, Adoption
from ediel.engine._async import AsyncEngine
from ediel.engine._comparing import Difference
from ediel.engine._delivery import Outbox
from ediel.engine._engine import Engine
from ediel.engine._exporting import PersonExport
from ediel.engine._intake import DecisionMaker, Opinion
from ediel.engine._lookup import Lookup, TimelineEntry
from ediel.engine._many import Many, Order, Started, Tally
from ediel.engine._marks import Person
from ediel.engine._messages import Exchanged, NotSent
from ediel.engine._page import Page
from ediel.engine._party import ELHUB, InvalidParty, Party
from ediel.engine._protection import Erased, Protection
from ediel.engine._receiving import Receiving
from ediel.engine._reconcile import Reconcile, Reconciliation
from ediel.engine._repair import Repair
from ediel.engine._rerun import Replaying, Rerun
from ediel.engine._rerun_diff import Otherwise
from ediel.engine._results import Process, Received
from ediel.engine._retention import Age, Keep, Retention
from ediel.engine._settings import EngineSettings
from ediel.engine._starting import Starting
from ediel.engine._subscribing import Subscribing
from ediel.engine._subscriptions import Subscriptions, Transaction
from ediel.engine._tenant import PartyView
from ediel.engine._webhooks import Webhook, Webhooks
from ediel.engine.errors import (
    EngineError,
    ErasureRefused,
    InvalidPortfolio,
    InvalidWebhook,
    PreflightRefused,
    ProcessesUnreadable,
    TimersFailed,
    Unroutable,
    WebhookRefused,
)
from ediel.engine.gauges import Gauge, Gauges, PrometheusGauges, observe_gauges
from ediel.engine.observe import CountingMeter, Meter, OpenTelemetryMeter, PrometheusMeter
from ediel.engine.tracing import OpenTelemetryTracing, Span, Tracing

__all__ = [
    "ELHUB",
    "Adopt",
    "Adopted",
    "Adoption",
    "Age",
    "AsyncEngine",
    "CountingMeter",
    "DecisionMaker",
    "Difference",
    "Engine",
    "EngineError",
    "EngineSettings",
    "Erased",
    "ErasureRefused",
    "Exchanged",
    "Gauge",
    "Gauges",
    "InvalidParty",
    "InvalidPortfolio",
    "InvalidWebhook",
    "Keep",
    "Lookup",
    "Many",
    "Meter",
    "NotSent",
    "OpenTelemetryMeter",
    "OpenTelemetryTracing",
    "Opinion",
    "Order",
    "Otherwise",
    "Outbox",
    "Page",
    "Party",
    "PartyView",
    "Person",
    "PersonExport",
    "PreflightRefused",
    "Process",
    "ProcessesUnreadable",
    "PrometheusGauges",
    "PrometheusMeter",
    "Protection",
    "Received",
    "Receiving",
    "Reconcile",
    "Reconciliation",
    "Repair",
    "Replaying",
    "Rerun",
    "Retention",
    "Span",
    "Started",
    "Starting",
    "Subscribing",
    "Subscriptions",
    "Tally",
    "TimelineEntry",
    "TimersFailed",
    "Tracing",
    "Transaction",
    "Unroutable",
    "Webhook",
    "WebhookRefused",
    "Webhooks",
    "commands",
    "events",
    "observe_gauges",
    "portfolio",
]
