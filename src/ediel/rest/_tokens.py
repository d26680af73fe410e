"""Tokens of Maskinporten: asked for once, kept until shortly before they expire, asked for anew when refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final
from urllib.parse import urlencode

from ediel.rest._advice import advice_for
from ediel.rest._pace import back_off
from ediel.rest._steps import Alone, Answer, Fetch, Lost, Pause, Plan
from ediel.rest.environments import RestEnvironment
from ediel.rest.errors import ApiUnavailable, TokenRefused
from ediel.rest.identity import RestIdentity

_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AHEAD: Final = 30.0
"""Seconds before its end at which a token is not used any more, at the most a fifth of its life."""
_APART: Final = 10.0
"""Seconds that the clocks may be apart: Maskinporten's own limit."""
_LARGEST: Final = 100_000


class Tokens:
    """The tokens of one identity. Safe for threads.

    Args:
        identity: who asks.
        environment: where.
        clock: the moment, aware.
        ticks: a clock that only goes forward, in seconds.
        patience: seconds after which a token endpoint that does not answer is given up.
        chance: for waits.
    """

    def __init__(
        self,
        identity: RestIdentity,
        environment: RestEnvironment,
        *,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
        patience: float,
        chance: Random,
    ) -> None:
        self._identity = identity
        self._environment = environment
        self._clock = clock
        self._ticks = ticks
        self._patience = patience
        self._chance = chance
        self._lock = threading.Lock()
        self._held: tuple[str, float] | None = None
        self.clock_error: float | None = None
        """Seconds that this machine's clock is ahead of Maskinporten's; ``None`` until it has answered."""

    def get(self) -> Plan[str]:
        """A token that is valid for a while yet."""
        found = self._valid()
        if found is None:
            found = yield Alone(self._single())
        return str(found)

    def drop(self, token: str) -> None:
        """Forget a token that was refused."""
        with self._lock:
            if self._held is not None and self._held[0] == token:
                self._held = None

    def _valid(self) -> str | None:
        with self._lock:
            return None if self._held is None or self._ticks() >= self._held[1] else self._held[0]

    def _single(self) -> Plan[str]:
        found = self._valid()  # somebody else may have asked meanwhile
        if found is not None:
            return found
        token, seconds = yield from self._ask()
        with self._lock:
            self._held = (token, self._ticks() + seconds - min(_AHEAD, seconds / 5))
        return token

    def _ask(self) -> Plan[tuple[str, float]]:
        began, attempt = self._ticks(), 0
        while True:
            answer = yield self._request()
            if isinstance(answer, Answer):
                self._compare(answer)
                if answer.status < 500 and answer.status != 429:
                    return self._read(answer)
                wait = answer.retry_after
                what = f"answers with HTTP status {answer.status}"
            else:
                assert isinstance(answer, Lost)
                wait, what = None, answer.text
            pause = back_off(attempt, self._chance) if wait is None else wait
            if self._ticks() - began + pause > self._patience:
                raise ApiUnavailable(
                    f"Maskinporten gives no token: {self._environment.token_endpoint} {what}; no call was made",
                    arrived=False,
                    status=answer.status if isinstance(answer, Answer) else None,
                )
            yield Pause(pause)
            attempt += 1

    def _request(self) -> Fetch:
        form = {
            "grant_type": _GRANT,
            "assertion": self._identity.assertion(self._environment.issuer, self._clock()),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return Fetch(
            "POST", self._environment.token_endpoint, headers, urlencode(form).encode(),
            seconds=max(1.0, min(20.0, self._patience)), largest=_LARGEST,
        )  # fmt: skip

    def _compare(self, answer: Answer) -> None:
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return
        if theirs.tzinfo is not None:
            self.clock_error = (self._clock() - theirs).total_seconds()

    def _late(self) -> str:
        """A word on the clock, where it is wrong."""
        apart = self.clock_error
        if apart is None or abs(apart) <= _APART:
            return ""
        side = "ahead of" if apart > 0 else "behind"
        return f"this machine's clock is {abs(apart):.0f} seconds {side} Maskinporten's: set it (NTP)"

    def _read(self, answer: Answer) -> tuple[str, float]:
        try:
            found = answer.json()
            if not isinstance(found, dict):
                raise ValueError("no object")
        except ValueError:
            raise TokenRefused(
                f"{self._environment.token_endpoint} answers with HTTP status {answer.status} and no JSON",
                code=None, status=answer.status, advice="is this the token endpoint of Maskinporten?",
            ) from None  # fmt: skip
        if answer.status != 200:
            code = _word(found.get("error"))
            text = f"Maskinporten refuses a token: {code or answer.status}{_described(found.get('error_description'))}"
            advice = self._late() or advice_for(answer.status, code)
            raise TokenRefused(text, code=code, status=answer.status, advice=advice)
        token, seconds = found.get("access_token"), found.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.strip():
            raise TokenRefused(
                "Maskinporten's answer holds no access_token", code=None, status=200, advice=advice_for(0, None)
            )
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise TokenRefused(
                "Maskinporten gave a token that has expired, or does not say when it expires", code=None, status=200,
                advice="try again later; where it stays so, Maskinporten has a problem",
            )  # fmt: skip
        missing = set(self._identity.scopes) - set(str(found.get("scope") or " ".join(self._identity.scopes)).split())
        if missing:
            raise TokenRefused(
                f"Maskinporten gave a token without the scope {' '.join(sorted(missing))}", code=None, status=200,
                advice=advice_for(0, "invalid_scope"),
            )  # fmt: skip
        return token, float(seconds)


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= 60 else None


def _described(value: object) -> str:
    """Maskinporten's own words, in short."""
    if not isinstance(value, str) or not value:
        return ""
    text = "".join(character if character.isprintable() else " " for character in value)
    return f" ({text[:300]})"
