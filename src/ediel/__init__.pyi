# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from typing import Final
from ediel import brs as brs
from ediel import calendar as calendar
from ediel import codes as codes
from ediel import conformance as conformance
from ediel import engine as engine
from ediel import errors as errors
from ediel import hub as hub
from ediel import identifiers as identifiers
from ediel import market as market
from ediel import messages as messages
from ediel import processes as processes
from ediel import report as report
from ediel import rest as rest
from ediel import rules as rules
from ediel import series as series
from ediel import store as store
from ediel import testing as testing
from ediel import transport as transport
from ediel import values as values
from ediel import xml as xml
from ediel.engine import events as events
from ediel.conformance.errors import CaseFailed as CaseFailed
from ediel.conformance.errors import ConformanceError as ConformanceError
from ediel.conformance.errors import InvalidCase as InvalidCase
from ediel.conformance.errors import InvalidRun as InvalidRun
from ediel.conformance.errors import StepFailed as StepFailed
from ediel.engine import AsyncEngine as AsyncEngine
from ediel.engine import Engine as Engine
from ediel.engine import EngineSettings as EngineSettings
from ediel.engine import Party as Party
from ediel.engine import Person as Person
from ediel.engine import Retention as Retention
from ediel.engine import Transaction as Transaction
from ediel.engine.commands import AccessRequest as AccessRequest
from ediel.engine.commands import AnnualVolumeUpdate as AnnualVolumeUpdate
from ediel.engine.commands import AnnualVolumes as AnnualVolumes
from ediel.engine.commands import ChangeFromLastResort as ChangeFromLastResort
from ediel.engine.commands import ChangeOfSupplier as ChangeOfSupplier
from ediel.engine.commands import Command as Command
from ediel.engine.commands import ConsentRequest as ConsentRequest
from ediel.engine.commands import CustomerUpdate as CustomerUpdate
from ediel.engine.commands import EndOfSupply as EndOfSupply
from ediel.engine.commands import GridMoveIn as GridMoveIn
from ediel.engine.commands import GridMoveOut as GridMoveOut
from ediel.engine.commands import GridQuestion as GridQuestion
from ediel.engine.commands import HubQuestion as HubQuestion
from ediel.engine.commands import KnownAccess as KnownAccess
from ediel.engine.commands import MasterDataQuery as MasterDataQuery
from ediel.engine.commands import MasterDataUpdate as MasterDataUpdate
from ediel.engine.commands import MoveIn as MoveIn
from ediel.engine.commands import MoveOut as MoveOut
from ediel.engine.commands import PointSearch as PointSearch
from ediel.engine.commands import SettlementQuery as SettlementQuery
from ediel.engine.commands import SharedProduction as SharedProduction
from ediel.engine.commands import ValuesQuery as ValuesQuery
from ediel.engine.commands import ValuesReport as ValuesReport
from ediel.engine.errors import EngineError as EngineError
from ediel.engine.errors import ErasureRefused as ErasureRefused
from ediel.engine.errors import InvalidParty as InvalidParty
from ediel.engine.errors import InvalidPortfolio as InvalidPortfolio
from ediel.engine.errors import InvalidWebhook as InvalidWebhook
from ediel.engine.errors import PreflightRefused as PreflightRefused
from ediel.engine.errors import ProcessesUnreadable as ProcessesUnreadable
from ediel.engine.errors import TimersFailed as TimersFailed
from ediel.engine.errors import Unroutable as Unroutable
from ediel.engine.errors import WebhookRefused as WebhookRefused
from ediel.errors import EdielError as EdielError
from ediel.errors import InvalidJson as InvalidJson
from ediel.errors import InvalidMessage as InvalidMessage
from ediel.errors import InvalidProfile as InvalidProfile
from ediel.errors import InvalidRegister as InvalidRegister
from ediel.errors import InvalidTable as InvalidTable
from ediel.errors import LineRefused as LineRefused
from ediel.errors import NotOneMessage as NotOneMessage
from ediel.errors import SchemaSetError as SchemaSetError
from ediel.errors import UnknownName as UnknownName
from ediel.hub.errors import Rebound as Rebound
from ediel.messages._json import from_json as from_json
from ediel.messages._json import to_json as to_json
from ediel.messages.header import Message as Message
from ediel.processes.errors import CannotRead as CannotRead
from ediel.processes.errors import CommandRefused as CommandRefused
from ediel.processes.errors import InvalidData as InvalidData
from ediel.processes.errors import NoTransition as NoTransition
from ediel.processes.errors import ProcessError as ProcessError
from ediel.processes.errors import UnreadableProcess as UnreadableProcess
from ediel.report import Finding as Finding
from ediel.report import Report as Report
from ediel.rest.errors import ApiRefused as ApiRefused
from ediel.rest.errors import ApiUnavailable as ApiUnavailable
from ediel.rest.errors import InvalidRestIdentity as InvalidRestIdentity
from ediel.rest.errors import NoConsent as NoConsent
from ediel.rest.errors import RestError as RestError
from ediel.rest.errors import ReturnRefused as ReturnRefused
from ediel.rest.errors import TokenRefused as TokenRefused
from ediel.rest.errors import TooManyCalls as TooManyCalls
from ediel.rest.errors import UnexpectedAnswer as UnexpectedAnswer
from ediel.rules import inspect as inspect
from ediel.series.errors import InvalidRows as InvalidRows
from ediel.store.errors import ArchiveDamaged as ArchiveDamaged
from ediel.store.errors import ArchiveRemoved as ArchiveRemoved
from ediel.store.errors import Conflict as Conflict
from ediel.store.errors import DatabaseAway as DatabaseAway
from ediel.store.errors import DatabaseGone as DatabaseGone
from ediel.store.errors import SchemaOutOfDate as SchemaOutOfDate
from ediel.store.errors import StoreError as StoreError
from ediel.store.errors import WrongKey as WrongKey
from ediel.transport.errors import AnswerRefused as AnswerRefused
from ediel.transport.errors import AnswerTooLarge as AnswerTooLarge
from ediel.transport.errors import BadRoad as BadRoad
from ediel.transport.errors import HubFault as HubFault
from ediel.transport.errors import InvalidAddress as InvalidAddress
from ediel.transport.errors import InvalidConfig as InvalidConfig
from ediel.transport.errors import InvalidIdentity as InvalidIdentity
from ediel.transport.errors import NoClient as NoClient
from ediel.transport.errors import NoOperation as NoOperation
from ediel.transport.errors import SecurityRefused as SecurityRefused
from ediel.transport.errors import TransportError as TransportError
from ediel.transport.errors import Unavailable as Unavailable
from ediel.values.errors import ValuesError as ValuesError
from ediel.xml import Document as Document
from ediel.xml import Inspection as Inspection
from ediel.xml import Limits as Limits
from ediel.xml import SchemaSet as SchemaSet
from ediel.xml import read as read
from ediel.xml import read_all as read_all
from ediel.xml import write as write

__version__: Final[str]

__all__ = [
    "AccessRequest",
    "AnnualVolumeUpdate",
    "AnnualVolumes",
    "AnswerRefused",
    "AnswerTooLarge",
    "ApiRefused",
    "ApiUnavailable",
    "ArchiveDamaged",
    "ArchiveRemoved",
    "AsyncEngine",
    "BadRoad",
    "CannotRead",
    "CaseFailed",
    "ChangeFromLastResort",
    "ChangeOfSupplier",
    "Command",
    "CommandRefused",
    "Conflict",
    "ConformanceError",
    "ConsentRequest",
    "CustomerUpdate",
    "DatabaseAway",
    "DatabaseGone",
    "Document",
    "EdielError",
    "EndOfSupply",
    "Engine",
    "EngineError",
    "EngineSettings",
    "ErasureRefused",
    "Finding",
    "GridMoveIn",
    "GridMoveOut",
    "GridQuestion",
    "HubFault",
    "HubQuestion",
    "Inspection",
    "InvalidAddress",
    "InvalidCase",
    "InvalidConfig",
    "InvalidData",
    "InvalidIdentity",
    "InvalidJson",
    "InvalidMessage",
    "InvalidParty",
    "InvalidPortfolio",
    "InvalidProfile",
    "InvalidRegister",
    "InvalidRestIdentity",
    "InvalidRows",
    "InvalidRun",
    "InvalidTable",
    "InvalidWebhook",
    "KnownAccess",
    "Limits",
    "LineRefused",
    "MasterDataQuery",
    "MasterDataUpdate",
    "Message",
    "MoveIn",
    "MoveOut",
    "NoClient",
    "NoConsent",
    "NoOperation",
    "NoTransition",
    "NotOneMessage",
    "Party",
    "Person",
    "PointSearch",
    "PreflightRefused",
    "ProcessError",
    "ProcessesUnreadable",
    "Rebound",
    "Report",
    "RestError",
    "Retention",
    "ReturnRefused",
    "SchemaOutOfDate",
    "SchemaSet",
    "SchemaSetError",
    "SecurityRefused",
    "SettlementQuery",
    "SharedProduction",
    "StepFailed",
    "StoreError",
    "TimersFailed",
    "TokenRefused",
    "TooManyCalls",
    "Transaction",
    "TransportError",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownName",
    "UnreadableProcess",
    "Unroutable",
    "ValuesError",
    "ValuesQuery",
    "ValuesReport",
    "WebhookRefused",
    "WrongKey",
    "brs",
    "calendar",
    "codes",
    "conformance",
    "engine",
    "errors",
    "events",
    "from_json",
    "hub",
    "identifiers",
    "inspect",
    "market",
    "messages",
    "processes",
    "read",
    "read_all",
    "report",
    "rest",
    "rules",
    "series",
    "store",
    "testing",
    "to_json",
    "transport",
    "values",
    "write",
    "xml",
]
