"""The messages of the Norwegian electricity market: read, check, write.

    import ediel

    message = ediel.read(data)             # a typed message, or InvalidMessage with the report
    inspection = ediel.inspect(data)       # what could be read, and every finding of the schema and the rules
    data = ediel.write(message)            # XML, checked before it leaves

Names are loaded when they are first used, so ``import ediel`` is quick.
"""

from typing import Final

from ediel._lazy import lazily

__version__: Final = "0.1.0"

_NAMES: Final = {
    "conformance.errors": ("CaseFailed", "ConformanceError", "InvalidCase", "InvalidRun", "StepFailed"),
    "engine": ("AsyncEngine", "Engine", "EngineSettings", "Party", "Person", "Retention", "Transaction"),
    "engine.commands": (
        "AccessRequest", "AnnualVolumeUpdate", "AnnualVolumes", "ChangeFromLastResort", "ChangeOfSupplier", "Command",
        "ConsentRequest", "CustomerUpdate", "EndOfSupply", "GridMoveIn", "GridMoveOut", "GridQuestion", "HubQuestion",
        "KnownAccess", "MasterDataQuery", "MasterDataUpdate", "MoveIn", "MoveOut", "PointSearch", "SettlementQuery",
        "SharedProduction", "ValuesQuery", "ValuesReport",
    ),
    "engine.errors": (
        "EngineError", "ErasureRefused", "InvalidParty", "InvalidPortfolio", "InvalidWebhook", "PreflightRefused",
        "ProcessesUnreadable", "TimersFailed", "Unroutable", "WebhookRefused",
    ),
    "errors": (
        "EdielError", "InvalidJson", "InvalidMessage", "InvalidProfile", "InvalidRegister", "InvalidTable",
        "LineRefused", "NotOneMessage", "SchemaSetError", "UnknownName",
    ),
    "hub.errors": ("Rebound",),
    "messages._json": ("from_json", "to_json"),
    "messages.header": ("Message",),
    "processes.errors": (
        "CannotRead", "CommandRefused", "InvalidData", "NoTransition", "ProcessError", "UnreadableProcess",
    ),
    "report": ("Finding", "Report"),
    "rest.errors": (
        "ApiRefused", "ApiUnavailable", "InvalidRestIdentity", "NoConsent", "RestError", "ReturnRefused",
        "TokenRefused", "TooManyCalls", "UnexpectedAnswer",
    ),
    "series.errors": ("InvalidRows",),
    "values.errors": ("ValuesError",),
    "store.errors": (
        "ArchiveDamaged", "ArchiveRemoved", "Conflict", "DatabaseAway", "DatabaseGone", "SchemaOutOfDate", "StoreError",
        "WrongKey",
    ),
    "transport.errors": (
        "AnswerRefused", "AnswerTooLarge", "BadRoad", "HubFault", "InvalidAddress", "InvalidConfig", "InvalidIdentity",
        "NoClient", "NoOperation", "SecurityRefused", "TransportError", "Unavailable",
    ),
    "rules": ("inspect",),
    "xml": ("Document", "Inspection", "Limits", "SchemaSet", "read", "read_all", "write"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(
    __name__,
    globals(),
    _NAMES,
    modules=(
        "brs", "calendar", "codes", "conformance", "engine", "engine.events", "errors", "hub", "identifiers", "market",
        "messages", "processes", "report", "rest", "rules", "series", "store", "testing", "transport", "values", "xml",
    ),
)  # fmt: skip
