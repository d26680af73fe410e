"""Checks the way to Elhub's REST APIs: configuration, token and clock, and an API, each with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ediel.errors import EdielError
from ediel.rest import access
from ediel.rest.client import Elhub
from ediel.transport import Check

__all__ = ["examine_rest"]


def examine_rest(make: Callable[[], Elhub]) -> Iterator[Check]:
    """Check each link, the nearest first.

    Args:
        make: makes the client, such as ``elhub_of``.
    """
    try:
        elhub = make()
    except EdielError as error:
        yield Check("REST", "failed", str(error))
        return
    except OSError as error:
        yield Check("REST", "failed", f"{error.filename}: {error.strerror}")
        return
    with elhub:
        yield Check("REST", "ok", f"{elhub.session.environment.name}: {elhub.session.environment.base}")
        token = _token(elhub)
        yield token
        if token.outcome != "ok":
            yield Check("Access API", "not checked", "an earlier check failed")
            return
        yield _run("Access API", lambda: _lists(elhub))


def _run(name: str, do: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", do())
    except EdielError as error:
        return Check(name, "failed", str(error))


def _token(elhub: Elhub) -> Check:
    tokens = elhub.session.tokens
    if tokens is None:
        return Check("token", "not checked", "nobody calls: there is no identity")

    def ask() -> str:
        elhub.carry_out(tokens.get())
        apart = tokens.clock_error
        clock = "" if apart is None else f"; the clocks are less than {int(abs(apart)) + 1} seconds apart"
        scopes = " ".join(elhub.session.identity.scopes) if elhub.session.identity is not None else ""
        return f"Maskinporten gives one for {scopes}{clock}"

    return _run("token", ask)


def _lists(elhub: Elhub) -> str:
    call = access.grants().page(0)
    page = elhub.run(call)
    return f"{call.api.name} answers; {page.total} grants"
