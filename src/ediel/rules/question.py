"""Questions in words: BRS-NO-601."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ediel.rules._rule import Flaw, Known, Outcome, Row, Rule

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.query import RequestToGridAccessProviderEvent, ResponseFromGridAccessProviderEvent


def _question(event: RequestToGridAccessProviderEvent, _facts: Known) -> Outcome:
    if event.request_public is not None or event.request_private is not None:
        return ()
    return (Flaw("request_public", expected="RequestPublic or RequestPrivate"),)


def _answer(event: ResponseFromGridAccessProviderEvent, _facts: Known) -> Outcome:
    if event.feedback_public is not None or event.feedback_private is not None:
        return ()
    return (Flaw("feedback_public", expected="FeedbackPublic or FeedbackPrivate"),)


def _no_question(event: ResponseFromGridAccessProviderEvent, _facts: Known) -> Outcome:
    return tuple(
        Flaw(name, None, "nothing")
        for name in ("request_public", "request_private")
        if getattr(event, name) is not None
    )


_ASK: Final = Row("question", "EH034", "There is a question.", "Det er et spørsmål.", _question)
_ANSWER: Final = (
    Row("answer", "EH034", "There is an answer.", "Det er et svar.", _answer),
    Row("no-question", "EH034", "The question is not repeated.", "Spørsmålet er ikke gjentatt.", _no_question),
)


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    yield _ASK.of("601", "RequestToGridAccessProvider", source="VAL-601", standing="published")
    for row in _ANSWER:
        yield row.of("601", "ResponseFromGridAccessProvider", source="VAL-601", standing="published")
