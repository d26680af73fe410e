"""The one exception tree.

::

    EdielError
    ├── InvalidMessage (ValueError)         what was read, or is to be written, is not a valid message
    ├── NotOneMessage (ValueError)          one message was asked for, none or several were found
    ├── InvalidJson (ValueError)            JSON that does not describe a message
    ├── InvalidProfile (ValueError)         a market profile that cannot be read
    ├── InvalidRegister (ValueError)        a register file that cannot be read
    │   └── Rebound                         a party that is known would be bound to another certificate
    ├── LineRefused (ValueError)            what would make two hold on one day, or rest on nothing
    ├── InvalidTable (ValueError)           a table that cannot be read or written as metering values
    │   └── InvalidRows                     a file of values with mistakes in its rows
    ├── UnknownName (LookupError)           no message, code list or element of that name
    ├── SchemaSetError (LookupError)        a set of schemas is missing or cannot be used
    ├── ProcessError                        something cannot be done with a process
    │   ├── CannotRead (ValueError)         a stored state does not hold what its table needs
    │   ├── CommandRefused (ValueError)     its state, or a deadline, does not allow the command
    │   ├── InvalidData (ValueError)        what goes with a command or a decision does not fit the process
    │   ├── NoTransition (LookupError)      its table has no row for what came, in that state
    │   └── UnreadableProcess (LookupError) a stored process that this release cannot read
    ├── StoreError                          the database cannot be used
    │   ├── ArchiveDamaged                  what the archive holds is not what arrived
    │   ├── ArchiveRemoved                  what arrived was purged, or erased
    │   ├── Conflict                        another writer was there first; do it again
    │   ├── DatabaseAway                    the database cannot be reached now, or the connection was lost
    │   ├── DatabaseGone                    the file of the database was removed or replaced
    │   ├── SchemaOutOfDate                 the tables are of another release
    │   └── WrongKey                        an encrypted database, and another key or none
    ├── EngineError                         the engine cannot do what it was asked to
    │   ├── ErasureRefused                  a person is in something that is under way; nothing has changed
    │   ├── InvalidParty (ValueError)       a party with a GLN or a role that cannot be
    │   ├── InvalidPortfolio (ValueError)   a portfolio with mistakes in it; nothing was written
    │   ├── InvalidWebhook (ValueError)     a webhook that cannot be set up as it is described
    │   ├── PreflightRefused (ValueError)   a message that the hub would refuse; nothing has changed
    │   ├── ProcessesUnreadable             a database with processes that this release cannot read
    │   ├── TimersFailed                    timers that could not be fired; the others were
    │   ├── Unroutable (LookupError)        no process waits for a message; it is kept as a dead letter
    │   └── WebhookRefused                  the receiver of a webhook has not taken an event
    ├── ValuesError                         the values store, or a file of it, cannot be used
    ├── TransportError                      something is wrong on the way of a message
    │   ├── AnswerRefused                   an answer that cannot be trusted or read
    │   │   └── AnswerTooLarge              an answer that is larger than what is written to disk
    │   ├── BadRoad (ValueError)            the issuers of a road to the hub cannot be read
    │   ├── HubFault                        a SOAP fault; what it proves depends on whether it is signed
    │   ├── InvalidAddress (ValueError)     an address that cannot be listened on
    │   ├── InvalidConfig (ValueError)      a configuration that cannot be used
    │   ├── InvalidIdentity (ValueError)    a key or a certificate that cannot be used
    │   ├── NoClient (LookupError)          nobody can sign for a sender
    │   ├── NoOperation (LookupError)       no service takes a message, or none of several was named
    │   ├── SecurityRefused (ValueError)    an envelope that cannot be trusted
    │   └── Unavailable                     the hub did not answer as a hub does
    ├── RestError                           a call to a REST API of Elhub did not succeed
    │   ├── ApiRefused                      the API refuses the call
    │   │   └── TooManyCalls                its limit is exceeded, for longer than the client waits
    │   ├── ApiUnavailable                  no answer as the API gives them; it may have taken effect
    │   ├── InvalidRestIdentity (ValueError) an identity that no token can be asked for with
    │   ├── NoConsent (LookupError)         no active consent for a start of supply
    │   ├── ReturnRefused (ValueError)      what an end user brings back is not taken
    │   ├── TokenRefused                    Maskinporten gives no token, or one that is of no use
    │   └── UnexpectedAnswer                an answer that is not of the published form
    └── ConformanceError                    something is wrong with an approval case
        ├── CaseFailed                      a case has not passed, under pytest
        ├── InvalidCase (ValueError)        a case that cannot be read
        ├── InvalidRun (ValueError)         a run that cannot go on
        └── StepFailed                      a step of a case has failed

All of them are names of ``ediel``; those of a room are names of that room too. Each text says what was found, what was
expected, where, and what to do. None of them carries person data.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

    from ediel.report import Report

__all__ = [
    "EdielError",
    "InvalidJson",
    "InvalidMessage",
    "InvalidProfile",
    "InvalidRegister",
    "InvalidTable",
    "LineRefused",
    "NotOneMessage",
    "SchemaSetError",
    "UnknownName",
]


class EdielError(Exception):
    """Anything that this package raises on purpose."""


class InvalidMessage(EdielError, ValueError):
    """The input or the output is not a valid message.

    Attributes:
        report: every finding, with path, line, what was found and what was expected.
    """

    def __init__(self, text: str, report: Report) -> None:
        super().__init__(text)
        self.report = report

    def __reduce__(self) -> tuple[type[InvalidMessage], tuple[str, Report]]:
        """So that it passes from one process to another."""
        return type(self), (str(self), self.report)


class NotOneMessage(EdielError, ValueError):
    """One message was asked for, but none or several were found.

    Attributes:
        names: the messages that were found.
    """

    def __init__(self, text: str, names: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.names = tuple(names)


class InvalidJson(EdielError, ValueError):
    """JSON that does not describe a message.

    Attributes:
        problems: one line per problem, each with the place in the JSON.
    """

    def __init__(self, text: str, problems: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)


class InvalidProfile(EdielError, ValueError):
    """A market profile that cannot be read, or holds a row that is wrong."""


class InvalidRegister(EdielError, ValueError):
    """A register file that cannot be read, or holds something that is wrong. The text repeats nothing about people."""


class LineRefused(EdielError, ValueError):
    """A change would make a line of intervals say something that cannot be so; the text says what stands in its way."""


class InvalidTable(EdielError, ValueError):
    """A table that cannot be read or written as metering values."""


class UnknownName(EdielError, LookupError):
    """There is no message, code list, element or release of that name.

    Attributes:
        name: what was asked for.
        suggestions: names that look like it.
    """

    def __init__(self, kind: str, name: str, known: Sequence[str] = (), *, nearest: Sequence[str] = ()) -> None:
        lowered = {item.lower(): item for item in known}
        close = get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)
        self.name = name
        self.suggestions = (*nearest, *(lowered[item] for item in close))
        hint = f"; did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"no {kind} is called {name!r}{hint}")


class SchemaSetError(EdielError, LookupError):
    """A set of schemas is missing, incomplete or cannot be compiled."""


def problems_of(error: ValidationError, top: str = "") -> list[str]:
    """What pydantic found wrong, a line for each: the place and what is wrong there, never what was given.

    Args:
        error: what pydantic raised.
        top: what to call the whole, where that is what is wrong.
    """
    result = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(map(str, item["loc"])) or top
        problem = item["msg"].removeprefix("Value error, ")
        result.append(f"{place}: {problem}" if place else problem)
    return result
