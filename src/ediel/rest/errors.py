"""What can go wrong with a REST call; part of the one exception tree. No text holds a token, a key or person data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ediel.errors import EdielError

__all__ = [
    "ApiError",
    "ApiRefused",
    "ApiUnavailable",
    "InvalidRestIdentity",
    "NoConsent",
    "RestError",
    "ReturnRefused",
    "TokenRefused",
    "TooManyCalls",
    "UnexpectedAnswer",
]


class RestError(EdielError):
    """A call to one of Elhub's REST APIs did not succeed.

    Attributes:
        trace: the trace id that the call carried, to give to Elhub's support; ``None`` where no API was called.
    """

    def __init__(self, text: str, *, trace: str | None = None) -> None:
        super().__init__(text)
        self.trace = trace


class InvalidRestIdentity(RestError, ValueError):
    """An identity that no token can be asked for with. The text never holds any of the key."""


class NoConsent(RestError, LookupError):
    """There is no active consent for a start of supply."""


ReturnReason = Literal["unreadable", "address", "party", "unknown", "expired", "answered"]


class ReturnRefused(RestError, ValueError):
    """What an end user's browser has brought back is not taken (BRS-NO-624). No text repeats what came.

    Attributes:
        reason: ``unreadable``: not of the form that is expected; ``address``: it came to another address than the
            return address; ``party``: it is for another third party, or not from this hub; ``unknown``: nothing was
            asked under its identification; ``expired``: too late; ``answered``: another answer was there before.
    """

    def __init__(self, reason: ReturnReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class TokenRefused(RestError):
    """Maskinporten gives no token, or one that is of no use.

    Attributes:
        code: the OAuth error, such as ``invalid_grant``; ``None`` where it gave a token.
        status: HTTP status.
        advice: what to do.
    """

    def __init__(self, text: str, *, code: str | None, status: int | None, advice: str) -> None:
        super().__init__(f"{text}; {advice}" if advice else text)
        self.code = code
        self.status = status
        self.advice = advice


class ApiUnavailable(RestError):
    """No answer as the API gives them: no connection, no answer in time, or an error of the server.

    Attributes:
        arrived: ``False`` when the call cannot have taken effect, ``None`` when it is unknown.
        status: HTTP status, if there was one.
    """

    def __init__(self, text: str, *, arrived: bool | None, status: int | None = None, trace: str | None = None) -> None:
        super().__init__(text, trace=trace)
        self.arrived = arrived
        self.status = status


class UnexpectedAnswer(RestError):
    """The answer is not of the published form; what was asked for may have been done.

    Attributes:
        problems: what is wrong with it, a line each, without what was found.
    """

    def __init__(self, text: str, problems: Sequence[str] = (), *, trace: str | None = None) -> None:
        super().__init__(text, trace=trace)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class ApiError:
    """One error of an answer.

    Attributes:
        status: HTTP status, as the error states it.
        code: the API's own code; the Access API sends none.
        title: what kind of error.
        detail: what is wrong in this call. Kept out of ``repr``: it may quote what was sent.
        pointer: where in the body.
        advice: what to do, from the package's own table; empty where nothing is known.
    """

    status: str
    code: str | None
    title: str
    detail: str
    pointer: str | None = None
    advice: str = ""

    def __repr__(self) -> str:
        """Without the detail."""
        return f"ApiError(status={self.status!r}, code={self.code!r}, title={self.title!r})"


class ApiRefused(RestError):
    """The API refuses the call.

    Attributes:
        status: HTTP status.
        errors: what it says, at least one where the answer held any.
    """

    def __init__(self, text: str, status: int, errors: Sequence[ApiError] = (), *, trace: str | None = None) -> None:
        super().__init__(text, trace=trace)
        self.status = status
        self.errors = tuple(errors)

    @property
    def code(self) -> str | None:
        """Code of the first error."""
        return self.errors[0].code if self.errors else None

    @property
    def advice(self) -> str:
        """What to do about the first error."""
        return self.errors[0].advice if self.errors else ""


class TooManyCalls(ApiRefused):
    """The API's limit is exceeded, for longer than this client waits.

    Attributes:
        retry_after: seconds after which the API may be called again; ``None`` where it does not say.
    """

    def __init__(
        self, text: str, errors: Sequence[ApiError] = (), *, retry_after: float | None, trace: str | None = None
    ) -> None:
        super().__init__(text, 429, errors, trace=trace)
        self.retry_after = retry_after
