"""The messages of the Norwegian electricity market: read, check, write.

    import ediel

    message = ediel.read(data)             # a typed message, or InvalidMessage with the report
    inspection = ediel.inspect(data)       # what could be read, and every finding of the schema and the rules
    data = ediel.write(message)            # XML, checked before it leaves

Names are loaded when they are first used, so ``import ediel`` is quick.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ediel import calendar, codes, errors, identifiers, market, messages, processes, report, rules
    from ediel.engine import Engine, EngineError, Party, PreflightRefused, TimersFailed, events
    from ediel.engine.commands import (
        AccessRequest,
        AnnualVolumes,
        AnnualVolumeUpdate,
        ChangeFromLastResort,
        ChangeOfSupplier,
        Command,
        ConsentRequest,
        CustomerUpdate,
        EndOfSupply,
        GridMoveIn,
        GridMoveOut,
        GridQuestion,
        HubQuestion,
        MasterDataQuery,
        MasterDataUpdate,
        MoveIn,
        MoveOut,
        PointSearch,
        SettlementQuery,
        SharedProduction,
        ValuesQuery,
        ValuesReport,
    )
    from ediel.errors import (
        EdielError,
        InvalidJson,
        InvalidMessage,
        InvalidProfile,
        InvalidRegister,
        NotOneMessage,
        SchemaSetError,
        UnknownName,
    )
    from ediel.messages._json import from_json, to_json
    from ediel.messages.header import Message
    from ediel.processes import CommandRefused, NoTransition
    from ediel.report import Finding, Report
    from ediel.rules import inspect
    from ediel.xml import Document, Inspection, Limits, SchemaSet, read, read_all, write

__version__: Final = "0.1.0"

_COMMANDS: Final = (
    "AccessRequest",
    "AnnualVolumes",
    "AnnualVolumeUpdate",
    "ChangeFromLastResort",
    "ChangeOfSupplier",
    "Command",
    "ConsentRequest",
    "CustomerUpdate",
    "EndOfSupply",
    "GridMoveIn",
    "GridMoveOut",
    "GridQuestion",
    "HubQuestion",
    "MasterDataQuery",
    "MasterDataUpdate",
    "MoveIn",
    "MoveOut",
    "PointSearch",
    "SettlementQuery",
    "SharedProduction",
    "ValuesQuery",
    "ValuesReport",
)
_HOME: Final[dict[str, str]] = {
    **dict.fromkeys(_COMMANDS, "ediel.engine.commands"),
    "CommandRefused": "ediel.processes",
    "Engine": "ediel.engine",
    "EngineError": "ediel.engine",
    "NoTransition": "ediel.processes",
    "Party": "ediel.engine",
    "PreflightRefused": "ediel.engine",
    "TimersFailed": "ediel.engine",
    "Document": "ediel.xml",
    "EdielError": "ediel.errors",
    "Finding": "ediel.report",
    "Inspection": "ediel.xml",
    "InvalidJson": "ediel.errors",
    "InvalidMessage": "ediel.errors",
    "InvalidProfile": "ediel.errors",
    "InvalidRegister": "ediel.errors",
    "Limits": "ediel.xml",
    "Message": "ediel.messages.header",
    "NotOneMessage": "ediel.errors",
    "Report": "ediel.report",
    "SchemaSet": "ediel.xml",
    "SchemaSetError": "ediel.errors",
    "UnknownName": "ediel.errors",
    "from_json": "ediel.messages._json",
    "inspect": "ediel.rules",
    "read": "ediel.xml",
    "read_all": "ediel.xml",
    "to_json": "ediel.messages._json",
    "write": "ediel.xml",
}
_ROOMS: Final = frozenset(
    {
        "calendar",
        "codes",
        "engine",
        "errors",
        "identifiers",
        "market",
        "messages",
        "processes",
        "report",
        "rules",
        "transport",
        "xml",
    }
)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name == "events":
        value = importlib.import_module("ediel.engine.events")
    elif name in _ROOMS:
        value = importlib.import_module(f"ediel.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_ROOMS, "events"})


__all__ = [
    "AccessRequest",
    "AnnualVolumeUpdate",
    "AnnualVolumes",
    "ChangeFromLastResort",
    "ChangeOfSupplier",
    "Command",
    "CommandRefused",
    "ConsentRequest",
    "CustomerUpdate",
    "Document",
    "EdielError",
    "EndOfSupply",
    "Engine",
    "EngineError",
    "Finding",
    "GridMoveIn",
    "GridMoveOut",
    "GridQuestion",
    "HubQuestion",
    "Inspection",
    "InvalidJson",
    "InvalidMessage",
    "InvalidProfile",
    "InvalidRegister",
    "Limits",
    "MasterDataQuery",
    "MasterDataUpdate",
    "Message",
    "MoveIn",
    "MoveOut",
    "NoTransition",
    "NotOneMessage",
    "Party",
    "PointSearch",
    "PreflightRefused",
    "Report",
    "SchemaSet",
    "SchemaSetError",
    "SettlementQuery",
    "SharedProduction",
    "TimersFailed",
    "UnknownName",
    "ValuesQuery",
    "ValuesReport",
    "calendar",
    "codes",
    "errors",
    "events",
    "from_json",
    "identifiers",
    "inspect",
    "market",
    "messages",
    "processes",
    "read",
    "read_all",
    "report",
    "rules",
    "to_json",
    "write",
]
