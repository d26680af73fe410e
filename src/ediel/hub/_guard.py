"""Who may use the back office: whoever has its token, from a page of its own or from no page at all.

That a call comes from this machine says little: any page in a browser on it may send one, and a name can be made to
stand for 127.0.0.1. So the token is asked for, the Host must be one of ours, and a page of another origin is refused.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

__all__ = ["COOKIE", "TOKEN_VARIABLE", "Guard", "kept_token"]

COOKIE: Final = "ediel_hub_token"
TOKEN_VARIABLE: Final = "EDIEL_HUB_TOKEN"  # noqa: S105 - a name
"""Environment variable with the token, for the hub and for those who use its back office."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SAFE: Final = frozenset({"GET", "HEAD"})


class Guard:
    """Lets calls into the back office, or not.

    Args:
        token: what a caller must know; a new one when not given.
        hosts: names under which the hub is called, besides those of this machine.
    """

    def __init__(self, token: str | None = None, hosts: Iterable[str] = ()) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self._hosts = _LOOPBACK | {host.strip("[]").lower() for host in hosts}

    def refusal(self, request: Request) -> Response | None:
        """Why a call is not let in, as an answer; ``None`` when it is."""
        if _host(request.headers.get("host", "")) not in self._hosts:
            return _error(403, "Host is none of this hub's names; name others with --allow-host")
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() != f"{request.url.scheme}://{request.headers.get('host', '')}".lower():
            return _error(403, "a page of another origin may not use the back office")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method not in _SAFE and _has_body(request) and kind != "application/json":
            return _error(415, f"Content-Type is {kind[:60] or 'missing'}; expected application/json")
        if not self._knows(request):
            return _error(
                401, "send the token that the hub printed at its start: Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        return None

    def entered(self, request: Request) -> Response:
        """The way in for a browser: ``/admin?token=...`` gives a cookie, and goes on to the description."""
        if _host(request.headers.get("host", "")) not in self._hosts:
            return _error(403, "Host is none of this hub's names; name others with --allow-host")
        if not self._is(request.query_params.get("token", "")):
            return self.refusal(request) or RedirectResponse("/admin/openapi.json", 303)
        answer = RedirectResponse("/admin/openapi.json", 303, headers={"Referrer-Policy": "no-referrer"})
        answer.set_cookie(
            COOKIE, self.token, httponly=True, samesite="strict", path="/", secure=request.url.scheme == "https"
        )
        return answer

    def _knows(self, request: Request) -> bool:
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._is(presented.strip())
        return self._is(request.cookies.get(COOKIE, ""))

    def _is(self, presented: str) -> bool:
        return secrets.compare_digest(presented.encode(), self.token.encode())


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _host(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status, headers)


def kept_token(folder: Path) -> str:
    """The token of a hub, by the folder of its keys: of the environment, or kept in a file for its owner alone."""
    if given := os.environ.get(TOKEN_VARIABLE):
        return given
    path = folder / "back-office-token"
    if path.is_file() and (known := path.read_text(encoding="utf-8").strip()):
        return known
    made = secrets.token_urlsafe(24)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{made}\n")
    Path(temporary).replace(path)
    return made
