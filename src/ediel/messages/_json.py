"""Messages as JSON: the fields of the models, and ``"message"`` for the name. Nothing is lost on the way."""

from __future__ import annotations

import json

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ediel import messages
from ediel.errors import InvalidJson, UnknownName
from ediel.messages.header import Message

__all__ = ["from_json", "to_json"]


def to_json(message: Message, *, indent: int | None = 2) -> str:
    """A message as JSON text, without the fields that are not given. Holds person data as it is."""
    return message.model_dump_json(exclude_none=True, indent=indent)


def from_json(text: str | bytes) -> Message:
    """The message that a JSON text describes.

    Raises:
        InvalidJson: it is no JSON, names no message, or a field is missing, unknown or wrong; each with its place.
        UnknownName: there is no message of that name.
    """
    try:
        # Decimals are kept as text: a float would change them.
        value = json.loads(text, parse_float=str, object_pairs_hook=_object)
    except InvalidJson:
        raise
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be read as UTF-8 JSON"
        raise InvalidJson(f"this is not JSON{place}: {reason}") from None
    if not isinstance(value, dict):
        raise InvalidJson(f"expected an object with the fields of a message, found {type(value).__name__}")
    name = value.get("message")
    if not isinstance(name, str):
        raise InvalidJson(
            'the key "message" is missing: it names the message, such as "RequestStartOfSupply"; '
            "`ediel messages` lists them"
        )
    if name not in messages.MESSAGES:
        raise UnknownName("message", name, tuple(messages.MESSAGES))
    try:
        return messages.model(name).model_validate(value)
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors(include_input=False, include_url=False)]
        problems = [problem for problem in problems if problem]
        raise InvalidJson(
            f"{name}: {len(problems)} problem{'' if len(problems) == 1 else 's'}\n  " + "\n  ".join(problems), problems
        ) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object in which no key stands twice: the second would silently replace the first."""
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise InvalidJson(f"the key {key[:40]!r} stands twice in one object; keep one of them")
        result[key] = value
    return result


def _problem(item: ErrorDetails) -> str:
    if item["type"] == "default_factory_not_called":
        return ""  # follows from another problem
    place = ".".join(str(step) for step in item["loc"]) or "message"
    text = str(item["msg"])
    return f"{place}: {text.removeprefix('Value error, ')}"
