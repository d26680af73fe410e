"""How a call is made, as a plan: token, pace, headers, retries, errors. The clients carry the plan out."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Final, TypeVar
from uuid import uuid4

from pydantic import ValidationError

from ediel.errors import problems_of
from ediel.rest._advice import advice_for
from ediel.rest._pace import Pace, back_off
from ediel.rest._steps import Answer, Call, Fetch, Lost, Pause, Plan
from ediel.rest._tokens import Tokens
from ediel.rest.environments import APIS, Api, RestEnvironment
from ediel.rest.errors import ApiRefused, ApiUnavailable, TooManyCalls, UnexpectedAnswer
from ediel.rest.identity import RestIdentity
from ediel.rest.jsonapi import Listing, Page, R, errors_of

T = TypeVar("T")
_SOON: Final = frozenset({502, 503, 504})
"""Of a gateway, or of a server that is not up: asking again later may help."""
_MOST_PAGES: Final = 100_000


class Session:
    """What calls of one client share. Safe for threads.

    Args:
        identity: who calls; ``None`` for open APIs alone.
        environment: where.
        patience: seconds that a call may take with all its retries.
        agent: what the client says it is.
        clock: the moment, aware.
        ticks: a clock that only goes forward, in seconds.
        chance: for waits.
    """

    def __init__(
        self,
        identity: RestIdentity | None,
        environment: RestEnvironment,
        *,
        patience: float,
        agent: str,
        clock: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = time.monotonic,
        chance: Random | None = None,
    ) -> None:
        self.identity = identity
        self.environment = environment
        self._patience = patience
        self._agent = agent
        self._ticks = ticks
        self._chance = chance or Random()  # noqa: S311 - for waits
        now = clock or partial(datetime.now, UTC)
        self.clock = now
        self.tokens = (
            None
            if identity is None
            else Tokens(identity, environment, clock=now, ticks=ticks, patience=patience, chance=self._chance)
        )
        self._paces = {item.name: Pace(item.per_second, ticks) for item in APIS if item.per_second is not None}

    def perform(self, call: Call[T]) -> Plan[T]:
        """Make a call, again where that is safe; gives its result.

        Raises:
            RestError: it did not succeed; see ``ediel.rest.errors``.
        """
        began, attempt, trace, renewed = self._ticks(), 0, str(uuid4()), False
        while True:
            token = None
            if call.secured and self.tokens is not None:
                token = yield from self.tokens.get()
            pace = self._paces.get(call.api.name)
            wait = 0.0 if pace is None else pace.turn()
            if wait:
                yield Pause(wait)
            left = max(1.0, self._patience - (self._ticks() - began))
            answer = yield self._request(call, token, trace, left)
            if isinstance(answer, Answer):
                if 200 <= answer.status < 300:
                    return _result(call, answer, trace)
                if answer.status == 401 and token is not None and not renewed:
                    assert self.tokens is not None
                    self.tokens.drop(token)
                    renewed = True
                    continue
            pause = self._again(call, answer, attempt, trace)
            if self._ticks() - began + pause > self._patience:
                raise _given_up(answer, self._patience, trace)
            yield Pause(pause)
            attempt += 1

    def _again(self, call: Call[T], answer: Answer | Lost, attempt: int, trace: str) -> float:
        """Seconds after which the call may be made again; where it may not, the error is raised."""
        if isinstance(answer, Lost):
            if call.repeatable or answer.arrived is False:
                return back_off(attempt, self._chance)
            raise ApiUnavailable(
                f"{answer.text}; whether the call has arrived is not known", arrived=answer.arrived, trace=trace
            )
        asked = answer.retry_after
        if answer.status == 429 or (answer.status in _SOON and call.repeatable):
            return back_off(attempt, self._chance) if asked is None else asked + self._chance.random() / 10
        if answer.status >= 500:
            raise ApiUnavailable(
                f"HTTP status {answer.status}{_said(answer)}; whether the call has taken effect is not known",
                arrived=None, status=answer.status, trace=trace,
            )  # fmt: skip
        raise _refused(answer, trace)

    def _request(self, call: Call[T], token: str | None, trace: str, seconds: float) -> Fetch:
        headers = {"User-Agent": self._agent, "Accept": call.accept}
        if call.content:
            headers["Content-Type"] = call.content_type
        if call.api.trace is not None:
            headers[call.api.trace] = trace
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        headers |= self._party(call.api)
        address = self.environment.address(call.api, call.path)
        return Fetch(call.method, address, headers, call.content, call.params, min(60.0, seconds))

    def _party(self, api: Api) -> dict[str, str]:
        """The party, in the words of the API's headers."""
        if self.identity is None or api.sender is None:
            return {}
        own = {api.sender: self.identity.gln}
        if api.on_behalf_of is not None and self.identity.on_behalf_of is not None:
            own[api.on_behalf_of] = self.identity.on_behalf_of
        return own

    def next_page(self, listing: Listing[R], number: int, seen: set[str]) -> Plan[tuple[list[R], bool]]:
        """What is new on a page, and whether there is another.

        Raises:
            UnexpectedAnswer: the pages do not end, or one states another number than was asked for.
        """
        page: Page[R] = yield from self.perform(listing.page(number))
        fresh = [item for item in page.items if listing.key(item) not in seen]
        seen.update(listing.key(item) for item in fresh)
        if page.pages is None:
            return fresh, False
        if page.number != number:
            raise UnexpectedAnswer(f"asked for page {number}, and page {page.number} came; try again later")
        more = number + 1 < page.pages
        if more and (not page.items or number >= _MOST_PAGES):
            raise UnexpectedAnswer(
                f"page {number} is empty, though there are to be {page.pages} pages; what follows would be missing"
            )
        return fresh, more


def _result(call: Call[T], answer: Answer, trace: str) -> T:
    try:
        return call.read(answer)
    except ValidationError as error:
        problems = problems_of(error)[:10]
    except (ValueError, KeyError, TypeError):
        problems = ["the body is no JSON of the published form"]
    raise UnexpectedAnswer(
        f"the answer of {call.api.name} is not as published: {'; '.join(problems)}", problems, trace=trace
    )


def _said(answer: Answer) -> str:
    errors = errors_of(answer)
    return f": {errors[0].title}" if errors else ""


def _refused(answer: Answer, trace: str) -> ApiRefused:
    errors = errors_of(answer)
    if not errors:
        known = advice_for(answer.status, None)
        return ApiRefused(f"HTTP status {answer.status}{f'; {known}' if known else ''}", answer.status, trace=trace)
    first = errors[0]
    code = f"{first.code}: " if first.code else ""
    where = f" at {first.pointer}" if first.pointer else ""
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    text = f"{answer.status} {code}{first.title}{where}{more}"
    return ApiRefused(f"{text}; {first.advice}" if first.advice else text, answer.status, errors, trace=trace)


def _given_up(answer: Answer | Lost, patience: float, trace: str) -> ApiUnavailable | TooManyCalls:
    if isinstance(answer, Lost):
        return ApiUnavailable(f"{answer.text}; given up after {patience:g} s", arrived=answer.arrived, trace=trace)
    if answer.status == 429:
        after = answer.retry_after
        wanted = "" if after is None else f", which wants to be asked again in {after:g} s"
        return TooManyCalls(
            f"429: the limit of the API is exceeded{wanted}; given up after {patience:g} s",
            errors_of(answer), retry_after=after, trace=trace,
        )  # fmt: skip
    return ApiUnavailable(
        f"HTTP status {answer.status}; given up after {patience:g} s", arrived=None, status=answer.status, trace=trace
    )
