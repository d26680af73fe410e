"""What each call does: one function each, of what was asked, with no state between two calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from ediel import __version__, codes
from ediel.codes import BusinessProcess, Code
from ediel.errors import EdielError, InvalidJson, InvalidMessage, UnknownName
from ediel.market import load, window
from ediel.messages._json import from_json
from ediel.report import FORMS, PLACED, How, Report, Summary
from ediel.report import json as report_json
from ediel.rules import Known
from ediel.serve._models import CodeList, CodeRow, DeadlineQuery, NoQuery, ReadQuery, ValidateQuery
from ediel.serve._problems import Refusal
from ediel.serve._settings import ServeSettings
from ediel.serve.archives import inputs_of, is_archive, unreadable
from ediel.serve.deadlines import described
from ediel.serve.explaining import explanation
from ediel.serve.judging import Judging, judge_of, moment_of, report_of
from ediel.serve.naming import process_named
from ediel.xml import DEFAULT_RELEASE, LIMITS, check_schema, showing, write
from ediel.xml._privacy import names_person
from ediel.xml.parser import fits

__all__ = ["EXIT_CODE", "MEDIA_TYPES", "Asked", "Given", "code_list", "code_lists", "deadlines", "explain", "generate",
           "health", "read", "validate"]  # fmt: skip

EXIT_CODE: Final = "Ediel-Exit-Code"
"""Header with what the exit code of ``ediel validate`` would be: 0, 1 or 2."""
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "json": "application/json",
    "sarif": "application/sarif+json",
    "junit": "application/xml",
    "html": "text/html",
    "text": "text/plain",
}
_NAME: Final = "body"
"""What reports call the input; files of an archive are ``body!name``."""
_MEMBERS: Final = 1_000
_LONGEST_WORD: Final = 100
_GZIP: Final = b"\x1f\x8b"
_SIZES: Final = (100_000, 1_000_000, 10_000_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call.

    Attributes:
        settings: of the service.
        query: its query parameters.
        path: its path parameters.
        body: its body.
    """

    settings: ServeSettings
    query: NoQuery
    path: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: its content, media type and headers."""

    content: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] | None = None


def health(_asked: Asked) -> Given:
    """That the service answers."""
    return _json({"status": "ok", "version": __version__, "release": DEFAULT_RELEASE})


def validate(asked: Asked) -> Given:
    """Judge each message of the body."""
    query = asked.query
    assert isinstance(query, ValidateQuery)
    settings = asked.settings
    how = How(query.lang, query.fail_on or ("assumed" if query.strict else "published"))
    judging = Judging(
        query.level, _moment(query.on), query.strict, settings.profile, settings.register_file, settings.schemas,
        query.release, _shows(query.show_person_data, settings), query.format in PLACED,
    )  # fmt: skip
    try:
        judge = judge_of(judging)
        reports = [
            item if isinstance(item, Report) else report_of(judging, judge, item[1], item[0])
            for item in _inputs(asked.body, settings.largest)
        ]
    except UnknownName as error:
        raise Refusal(400, str(error), expected=f"release {DEFAULT_RELEASE}", advice="Leave ?release= out.") from None
    except EdielError as error:
        raise Refusal(400, str(error), advice="Compare the query with /openapi.json.") from None
    summary = Summary.of(reports)
    written = FORMS[query.format](reports, how).encode()
    return Given(written, MEDIA_TYPES[query.format], {EXIT_CODE: str(summary.exit_code_on(how.fail_on))})


def _inputs(body: bytes, largest: int) -> Iterator[tuple[str, bytes] | Report]:
    """The inputs of a body. Those of an archive are within one budget, and so is what gzip files in it unpack to."""
    if not is_archive(body):
        yield _NAME, body
        return
    left = largest
    for item in inputs_of(_NAME, body, largest, members=_MEMBERS, whole=largest):
        if not isinstance(item, Report):
            left -= _unpacked(item[1])
            if left < 0:
                text = f"The files of the archive unpack to more than {largest} bytes. Send fewer at a time."
                yield unreadable(item[0], "READ/archive", text)
                return
        yield item


def _unpacked(data: bytes) -> int:
    """Bytes that a file counts for: a gzip file for the smallest of a few sizes that it unpacks to at the most."""
    if data[:2] != _GZIP:
        return len(data)
    return next((size for size in _SIZES if fits(data, size)), LIMITS.size)


def read(asked: Asked) -> Given:
    """The messages of the body, typed."""
    query = asked.query
    assert isinstance(query, ReadQuery)
    masked = not _shows(query.show_person_data, asked.settings)
    if is_archive(asked.body):
        raise Refusal(
            415, "The body is a zip archive.", found="a zip archive", expected="XML, plain or gzip",
            advice="Send the files of the archive one by one; POST /validate takes an archive.",
        )  # fmt: skip
    inspection = check_schema(asked.body, path=_NAME, show_personal=not masked)
    messages = [item.message for item in inspection.messages if item.message is not None]
    report = report_json.document([inspection.report])
    if not messages:
        raise Refusal(
            422, "The body holds no message that can be read.", found=inspection.report.kind or None,
            expected="a message that the schema accepts, bare or in an envelope",
            advice="Read the findings of the report.", report=report,
        )  # fmt: skip
    values = [json.loads(showing.as_json([message], masked=masked)) for message in messages]
    return _json({"messages": values, "report": report})


def generate(asked: Asked) -> Given:
    """The XML of a message that is given as JSON, judged by the schema."""
    try:
        return Given(write(from_json(asked.body)), "application/xml")
    except (InvalidJson, UnknownName) as error:
        problems = error.problems if isinstance(error, InvalidJson) else ()
        detail = str(error).partition("\n")[0]
        if isinstance(error, UnknownName) and (len(error.name) > _LONGEST_WORD or names_person(error.name)):
            detail = "No message has that name."
        raise Refusal(
            422, "The JSON does not describe a message." if names_person(detail) else detail,
            expected="a message as JSON, with its name in the key message",
            advice="Compare it with the schema of the message in /openapi.json.",
            problems=[item for item in problems if not names_person(item)],
        ) from None  # fmt: skip
    except InvalidMessage as error:
        raise Refusal(
            422, "The message would not be valid.", expected="a message that the schema accepts",
            advice="Change what the findings of the report name.", report=report_json.document([error.report]),
        ) from None  # fmt: skip


def explain(asked: Asked) -> Given:
    """What is known of a word."""
    word = asked.path["word"].strip()
    if len(word) > _LONGEST_WORD:
        raise Refusal(
            404, "That word is too long to be known.", found=f"{len(word)} characters",
            expected=f"at most {_LONGEST_WORD}", advice="Name a code, an element, a message, a role or a process.",
        )  # fmt: skip
    try:
        return _json({"lines": explanation(word)})
    except UnknownName as error:
        raise _not_there(error, "Name a code, an element, a message, a role or a process.") from None


def deadlines(asked: Asked) -> Given:
    """When a request may come and be cancelled."""
    query = asked.query
    assert isinstance(query, DeadlineQuery)
    try:
        process = process_named(query.process, tuple(BusinessProcess), "process")
        profile = load(asked.settings.profile)
        return _json(described(window(profile, process, query.settlement, query.start), profile))
    except UnknownName as error:
        raise _not_there(error, "GET /codes/BusinessProcess lists the processes.") from None
    except (ValueError, OverflowError) as error:
        raise Refusal(
            400, f"No days can be given for this start: {error}", found=query.start.isoformat(),
            expected="a day of a year whose holidays are known", advice="Choose a start of these years.",
        ) from None  # fmt: skip


def code_lists(_asked: Asked) -> Given:
    """The code lists, with how many codes each has."""
    return _json({item.__name__: len(item) for item in codes.ALL})


def code_list(asked: Asked) -> Given:
    """The codes of one list."""
    known = {name.lower(): item for name, item in codes.BY_NAME.items()}
    found = known.get(asked.path["name"].lower())
    if found is None:
        error = UnknownName("code list", asked.path["name"][:_LONGEST_WORD], tuple(codes.BY_NAME))
        raise _not_there(error, "GET /codes lists them.")
    text = (found.__doc__ or "").strip().partition("\n")[0]
    rows = [_row(code) for code in found]
    return Given(CodeList(name=found.__name__, text=text, codes=rows).model_dump_json().encode())


def _row(code: Code) -> CodeRow:
    return CodeRow(
        code=code.value, name=code.name, agency=code.agency, label=code.label, label_nb=code.label_nb,
        source=code.source, standing=code.standing,
    )  # fmt: skip


def _not_there(error: UnknownName, advice: str) -> Refusal:
    """The word is repeated, unless it is about a person."""
    if names_person(error.name):
        return Refusal(404, "Nothing is known by that name.", advice=advice)
    expected = " or ".join(error.suggestions) or None
    return Refusal(404, str(error), found=error.name, expected=expected, advice=advice)


def _shows(wanted: bool, settings: ServeSettings) -> bool:
    if wanted and not settings.allow_person_data:
        raise Refusal(
            403, "This service does not show values about people.", found="show_person_data=true",
            expected="show_person_data=false", advice="Leave it out, or start the service with --allow-person-data.",
        )  # fmt: skip
    return wanted


def _moment(text: str | None) -> date:
    """When to judge: as given, or now."""
    try:
        when: date = datetime.now(UTC) if text is None else moment_of(text)
        Known.on(when)
    except (ValueError, OverflowError):
        raise Refusal(
            400, "on is no day and no moment that can be judged at.", found=text,
            expected="2026-12-01, or 2026-12-01T08:00", advice="Leave on out for now.",
        ) from None  # fmt: skip
    return when


def _json(value: object) -> Given:
    return Given(json.dumps(value, ensure_ascii=False).encode())
