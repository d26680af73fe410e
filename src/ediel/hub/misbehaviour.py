"""How a stand-in hub misbehaves when it is told to: the troubles that a client must live with."""

from __future__ import annotations

import gzip
import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Final, Literal, Self
from uuid import uuid4

from lxml import etree
from pydantic import Field, model_validator

from ediel.codes import FaultGroup
from ediel.hub._replies import Reply
from ediel.market import PartyGln, Record
from ediel.xml import LIMITS

__all__ = ["KINDS", "Kind", "Misbehaviour", "Misbehaviours"]

Kind = Literal[
    "silence",
    "delay",
    "duplicate",
    "reorder",
    "wrong code",
    "fault",
    "http",
    "broken signature",
    "expired certificate",
    "truncated",
    "gzip bomb",
    "slow drip",
    "unknown type",
    "newer release",
    "new element",
    "bare fault",
    "too large",
    "empty",
    "unsigned",
]
KINDS: Final[dict[str, str]] = {
    "silence": "no answer comes; the caller has to give up",
    "delay": "the answer comes late, by `seconds`",
    "duplicate": "every message of a result set stands in it twice",
    "reorder": "the messages of a result set come in another order",
    "wrong code": "refusals in a result set say `code` instead of their own",
    "fault": "a SOAP fault of a `group`",
    "http": "an HTTP `status` without SOAP",
    "broken signature": "the signature of the answer does not fit",
    "expired certificate": "the answer is signed with a certificate that has expired",
    "truncated": "the answer ends in the middle",
    "gzip bomb": "the answer unpacks to a gigabyte",
    "slow drip": "the answer comes byte by byte, over `seconds`",
    "unknown type": "in the middle of a result set stands a message of a type that nobody knows",
    "newer release": "the message in the middle of a result set is of a newer release",
    "new element": "the message in the middle of a result set has an element that the schema does not know",
    "bare fault": "a SOAP fault without a detail and without a signature, as a gateway gives it",
    "too large": "the answer is larger than 100 MB",
    "empty": "HTTP 200 and nothing else",
    "unsigned": "the answer is not signed",
}
_BEFORE: Final = frozenset({"fault", "http", "bare fault"})
_IN_SETS: Final = frozenset({"duplicate", "reorder", "wrong code", "unknown type", "newer release", "new element"})
_ACCEPTED: Final = _IN_SETS | {"delay", "slow drip"}
"""Kinds after which the caller believes that its message was accepted."""
_BOMB: Final = 1_000_000_000


class Misbehaviour(Record):
    """One thing that the hub does wrong, to whom, and how often.

    What is not given fits everything.
    """

    id: str = Field(default_factory=lambda: str(uuid4()), description="To take it back.")
    kind: Kind
    party: PartyGln | None = Field(default=None, description="GLN of the juridical sender of the call.")
    operation: str | None = Field(default=None, description="Such as PollForData.")
    message: str | None = Field(default=None, description="Identification of the message that is sent.")
    times: int | None = Field(default=None, ge=1, description="How often; for good when absent.")
    share: float = Field(default=1, gt=0, le=1, description="Share of the calls that it hits, by chance.")
    accepted: bool | None = Field(
        default=None, description="Whether the message is taken all the same; by default, but for faults and `http`."
    )
    seconds: float = Field(default=5, ge=0, le=600)
    group: FaultGroup = FaultGroup.SYSTEM
    status: int = Field(default=503, ge=400, le=599)
    code: str = Field(default="E10", pattern=r"^[A-Z0-9]{1,5}$")

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        if self.accepted is False and self.kind in _ACCEPTED:
            raise ValueError(f"{self.kind} answers as if the message was accepted: then it must be; leave `taken` out")
        return self

    @property
    def takes(self) -> bool:
        """Whether the message is taken all the same."""
        return self.kind not in _BEFORE if self.accepted is None else self.accepted


class Misbehaviours:
    """What the hub has been told to do wrong. Safe for threads."""

    def __init__(self, chance: Random | None = None) -> None:
        self._lock = threading.Lock()
        self._items: dict[str, Misbehaviour] = {}
        self._left: dict[str, int | None] = {}
        self._chance = chance or Random()  # noqa: S311 - a hub to test against

    def add(self, item: Misbehaviour) -> Misbehaviour:
        """Begin to misbehave."""
        with self._lock:
            self._items[item.id] = item
            self._left[item.id] = item.times
        return item

    def remove(self, identification: str) -> bool:
        """Take one back; whether there was one."""
        with self._lock:
            self._left.pop(identification, None)
            return self._items.pop(identification, None) is not None

    def clear(self) -> None:
        """Behave."""
        with self._lock:
            self._items.clear()
            self._left.clear()

    def all(self) -> list[Misbehaviour]:
        """What is set."""
        with self._lock:
            return list(self._items.values())

    def strike(self, party: str, operation: str, message: str) -> list[Misbehaviour]:
        """What hits a call."""
        if not self._items:
            return []
        result = []
        with self._lock:
            for item in list(self._items.values()):
                fits = (item.party, item.operation, item.message)
                if any(
                    wanted not in {None, own} for wanted, own in zip(fits, (party, operation, message), strict=True)
                ):
                    continue
                if item.share < 1 and self._chance.random() >= item.share:
                    continue
                result.append(item)
                left = self._left[item.id]
                if left is not None:
                    self._left[item.id] = left - 1
                    if left == 1:
                        del self._items[item.id], self._left[item.id]
        return result

    def shuffled(self, messages: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Messages in another order, where there is one."""
        order = list(messages)
        with self._lock:
            self._chance.shuffle(order)
        return tuple(order if len(order) < 2 or tuple(order) != messages else reversed(order))


def with_code(message: bytes, code: str) -> bytes:
    """A refusal that says another code."""
    root = etree.fromstring(message, etree.XMLParser(resolve_entities=False, no_network=True))
    for element in root.iter("{*}ResponseReasonType"):
        element.text = code
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _middle(messages: tuple[bytes, ...], change: Callable[[bytes], tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """Messages, with something else in place of the one in the middle."""
    if not messages:
        return ()
    place = len(messages) // 2
    return (*messages[:place], *change(messages[place]), *messages[place + 1 :])


def _root(message: bytes) -> etree._Element:
    return etree.fromstring(message, etree.XMLParser(resolve_entities=False, no_network=True))


def of_unknown_type(messages: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """One message more, of a type that nobody knows, in the middle."""

    def change(message: bytes) -> tuple[bytes, ...]:
        root = _root(message)
        space, name = etree.QName(root).namespace or "", etree.QName(root).localname
        text = etree.tostring(root).replace(
            space.encode(), space.replace(f":{name}:", ":NotifyOfSomethingNew:").encode()
        )
        other = _root(text)
        other.tag = f"{{{etree.QName(other).namespace}}}NotifyOfSomethingNew"
        for found in list(other.iter("{*}Header"))[:1]:
            for identification in list(found.iter("{*}Identification"))[:1]:
                identification.text = str(uuid4())
        return (etree.tostring(other), message)

    return _middle(messages, change)


def of_newer_release(messages: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The message in the middle, as if of a newer release: its namespaces end otherwise."""
    return _middle(messages, lambda message: (message.replace(b':v2"', b':v3"').replace(b":v2'", b":v3'"),))


def with_new_element(messages: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The message in the middle, with an element in its payload that the schema does not know."""

    def change(message: bytes) -> tuple[bytes, ...]:
        root = _root(message)
        payload = root[-1]
        etree.SubElement(payload, f"{{{etree.QName(payload).namespace}}}SomethingNew").text = "1"
        return (etree.tostring(root),)

    return _middle(messages, change)


def broken(body: bytes) -> bytes:
    """An envelope whose signature does not fit."""
    head, mark, tail = body.partition(b"SignatureValue>")
    place = next((number for number, byte in enumerate(tail) if chr(byte).isalpha()), None)
    if not mark or place is None:
        return body
    other = b"B" if tail[place : place + 1] == b"A" else b"A"
    return head + mark + tail[:place] + other + tail[place + 1 :]


def _bomb() -> bytes:
    """A gigabyte of blanks, packed."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        block = b" " * 10_000_000
        for _ in range(_BOMB // len(block)):
            file.write(block)
    return out.getvalue()


_made: dict[str, bytes] = {}


def _packed(_reply: Reply, _item: Misbehaviour) -> Reply:
    if "bomb" not in _made:
        _made["bomb"] = _bomb()
    return replace(_reply, body=_made["bomb"], headers={"Content-Encoding": "gzip"})


_BARE: Final = (
    b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultcode>s:Server</faultcode><faultstring>System error</faultstring></s:Fault></s:Body></s:Envelope>"
)


_AFTER: Final[dict[str, Callable[[Reply, Misbehaviour], Reply]]] = {
    "silence": lambda reply, _: replace(reply, silent=True),
    "delay": lambda reply, item: replace(reply, delay=reply.delay + item.seconds),
    "broken signature": lambda reply, _: replace(reply, body=broken(reply.body)),
    "truncated": lambda reply, _: replace(reply, body=reply.body[: len(reply.body) * 2 // 3]),
    "gzip bomb": _packed,
    "bare fault": lambda _, __: Reply(500, _BARE),
    "too large": lambda reply, _: replace(reply, body=reply.body + b" " * LIMITS.size),
    "empty": lambda _, __: Reply(200, b""),
    "slow drip": lambda reply, item: replace(reply, drip=max(1, int(len(reply.body) / max(item.seconds, 0.001)))),
}


def spoil(reply: Reply, items: Iterable[Misbehaviour]) -> Reply:
    """A reply as misbehaviours leave it."""
    for item in items:
        change = _AFTER.get(item.kind)
        if change is not None:
            reply = change(reply, item)
    return reply
