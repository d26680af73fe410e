"""Webhooks: events for backends that are not Python, as CloudEvents by HTTP, each webhook a subscription of its own.

An event is posted as structured JSON (CloudEvents 1.0) and signed as Standard Webhooks has it (HMAC-SHA256 over
identification, moment and body). An answer of 2xx settles it; anything else is tried again later, and after so many
attempts the event is dead, as for every subscription (``ediel events dead``). What the events say is about nobody;
messages, which may hold people, go along only where the webhook is set so.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ediel.engine._subscriptions import Subscriptions
from ediel.engine.errors import InvalidWebhook, WebhookRefused
from ediel.engine.events import BY_NAME, Event
from ediel.engine.observe import log, where

if TYPE_CHECKING:
    import httpx2

    from ediel.engine._engine import Engine

__all__ = ["Webhook", "Webhooks", "cloud_event", "secret_of", "signed_headers"]

PREFIX: Final = "webhook "
"""Before the name of a webhook, in the name of its subscription."""
_LEASE: Final = timedelta(minutes=1)
_LAST: Final = 0.5
"""Seconds for which a call that is under way is waited for when the process ends."""
_SHORTEST_KEY: Final = 24
_LONGEST_KEY: Final = 64
"""Bytes of a key, by Standard Webhooks."""
_KIND: Final = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are posted.

    Attributes:
        name: its name, by which the database remembers what it has not received yet.
        url: ``https://...``; ``http`` on this machine alone.
        keys: what it is signed with, one signature for each: while a key is changed, the new one and the old one.
        events: names of kinds of events; every kind when empty.
        parties: GLNs of the parties whose events are posted; those of all when empty.
        personal: post the message of the step too. It may hold people.
        attempts: how often it is tried before the event is dead.
        timeout: seconds that the receiver has for its answer.
    """

    name: str
    url: str
    keys: tuple[bytes, ...] = field(repr=False)
    events: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    personal: bool = False
    attempts: int = 12
    timeout: float = 10

    def __post_init__(self) -> None:
        """Check what it is.

        Raises:
            InvalidWebhook: the address, the keys or a kind of event cannot be.
        """
        _check_address(self.name, self.url)
        if not self.keys or not all(_SHORTEST_KEY <= len(key) <= _LONGEST_KEY for key in self.keys):
            raise InvalidWebhook(
                f"webhook {self.name}: expected one key or more, each of {_SHORTEST_KEY} to {_LONGEST_KEY} bytes"
            )
        for name in self.events:
            if name not in BY_NAME:
                close = get_close_matches(name, BY_NAME, n=1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise InvalidWebhook(f"webhook {self.name}: there is no event {name}{hint}")
        if self.attempts < 1 or self.timeout <= 0:
            raise InvalidWebhook(
                f"webhook {self.name}: attempts={self.attempts}, timeout={self.timeout}; expected 1 or more, above 0"
            )

    @property
    def kinds(self) -> tuple[type[Event], ...]:
        """The kinds of events that it gets."""
        return tuple(BY_NAME[name] for name in self.events) or (Event,)


def _check_address(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidWebhook(f"webhook {name}: its url is no address; write https://host/path") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise InvalidWebhook(f"webhook {name}: its url is no address; write https://host/path")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InvalidWebhook(f"webhook {name}: its url holds a user, a password or a fragment; expected none of them")
    if parts.scheme == "http" and not _is_loopback(host):
        raise InvalidWebhook(
            f"webhook {name}: {host} is called without TLS; write https, http is for this machine alone"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def secret_of(text: str, name: str = "") -> bytes:
    """The key in a secret as Standard Webhooks writes it: ``whsec_`` and base64.

    Raises:
        InvalidWebhook: it is none; the secret is not repeated.
    """
    try:
        if not text.startswith("whsec_"):
            raise ValueError
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidWebhook(
            f"webhook {name}: its key cannot be read; expected whsec_ and {_SHORTEST_KEY} to {_LONGEST_KEY} bytes "
            "in base64"
        ) from None
    return key


def signed_headers(keys: Sequence[bytes], identification: str, moment: int, body: bytes) -> dict[str, str]:
    """Headers of Standard Webhooks.

    Args:
        keys: a signature for each.
        identification: of the event: the same each time it is sent, so that the receiver knows a repetition.
        moment: seconds since 1970, of this try.
        body: what is sent.
    """
    signed = f"{identification}.{moment}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": identification,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{item}" for item in signatures),
    }


def cloud_event(event: Event, *, personal: bool = False) -> bytes:
    """An event as a CloudEvent (1.0) in JSON.

    ``type`` is ``ediel.`` and the name of the event, ``source`` the party, ``subject`` the metering point, ``sequence``
    its number among all events, and ``partitionkey`` the process, whose events come in order. ``data`` is that of
    the event, with ``process_id`` and ``version``; about nobody.

    Args:
        event: it.
        personal: with ``message``, the message that made the step, which may hold people.
    """
    data: dict[str, object] = {**event.data, "process_id": event.process_id, "version": event.version}
    if personal and event.message is not None:
        data["message"] = event.message.model_dump(mode="json", exclude_none=True)
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/parties/{event.party}",
        "type": f"ediel.{event.name}",
        "time": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": f"{event.number:020}",
        "partitionkey": event.process_id,
        "data": data,
    }
    if event.metering_point is not None:
        envelope["subject"] = event.metering_point
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()


class Webhooks:
    """Posts the events of an engine to webhooks; each has a thread of its own, so that none waits for another.

    ::

        webhooks = Webhooks(engine, [Webhook("billing", "https://billing.example/ediel", keys=(key,))])
        with webhooks.running(): ...

    Args:
        engine: whose events.
        hooks: where they go; a webhook that is new gets what happens from now on.
        http: a client to call with, for tests; it follows no redirect.
        clock: seconds since 1970, for signatures: the system's.

    Raises:
        InvalidWebhook: two have the same name.
        StoreError: the database refuses.
    """

    def __init__(
        self,
        engine: Engine,
        hooks: Iterable[Webhook],
        *,
        http: httpx2.Client | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        import httpx2  # noqa: PLC0415 - an extra

        self._engine = engine
        self._clock = clock
        self._own = http is None
        self._http = http or httpx2.Client(follow_redirects=False)
        self._subscriptions: list[Subscriptions] = []
        self._stop = threading.Event()
        names: set[str] = set()
        for hook in hooks:
            if hook.name in names:
                raise InvalidWebhook(f"two webhooks have the name {hook.name}; expected a name for each")
            names.add(hook.name)
            subscriptions = Subscriptions(engine.store, engine._event, engine.tracing)
            subscriptions.add(
                f"{PREFIX}{hook.name}", hook.kinds, self._poster(hook), engine.clock(), attempts=hook.attempts,
                lease=_LEASE, since=None,
            )  # fmt: skip
            self._subscriptions.append(subscriptions)

    def deliver(self) -> int:
        """Post what is due, one webhook after the other; gives how many events were received."""
        total = 0
        with suppress(_Stopping):
            for subscriptions in self._subscriptions:
                total += subscriptions.deliver(self._engine.clock())
        return total

    @contextmanager
    def running(self, interval: float = 1.0) -> Iterator[None]:
        """Post in the background what is due, every ``interval`` seconds.

        At the end a call that is under way is waited for half a second; what was not settled by then is posted again.
        """
        threads = [
            threading.Thread(target=self._run, args=(item, interval), name="ediel-webhook", daemon=True)
            for item in self._subscriptions
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            until = time.monotonic() + _LAST
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
            self.close()

    def close(self) -> None:
        """Let go of the connections."""
        if self._own:
            self._http.close()

    def _run(self, subscriptions: Subscriptions, interval: float) -> None:
        while not self._stop.wait(interval):
            try:
                subscriptions.deliver(self._engine.clock())
            except _Stopping:
                return
            except Exception as error:  # noqa: BLE001 - the database may be away for a while
                log.error("webhooks could not be delivered", error=type(error).__name__, at=where(error))

    def _poster(self, hook: Webhook) -> Callable[[Event], None]:
        def post(event: Event) -> None:
            if self._stop.is_set():
                raise _Stopping
            if hook.parties and event.party not in hook.parties:
                return
            body = cloud_event(event, personal=hook.personal)
            headers = {
                "Content-Type": _KIND,
                "User-Agent": "ediel",
                "Idempotency-Key": event.id,
                **signed_headers(hook.keys, event.id, int(self._clock()), body),
            }
            trace = self._engine.tracing.current()
            if trace is not None:
                headers["traceparent"] = trace
            with self._http.stream(
                "POST", hook.url, content=body, headers=headers, timeout=hook.timeout, follow_redirects=False
            ) as answer:  # of the answer the status counts; its body is not read
                status = answer.status_code
            if not 200 <= status < 300:
                log.warning("a webhook was not received", webhook=hook.name, event_id=event.id, status=status)
                raise WebhookRefused(hook.name, status)

        return post


class _Stopping(BaseException):
    """The process is ending: what was claimed is let go, and the next one posts it. No failure of the receiver."""
