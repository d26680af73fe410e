"""What is known of a word: a code, an element, a message, a role, a process, an identifier, a rule."""

from __future__ import annotations

from collections.abc import Iterator

from ediel import codes
from ediel.errors import UnknownName
from ediel.identifiers import identify
from ediel.messages import MESSAGES, Composite, FieldSpec, fields_of, model

__all__ = ["explanation", "words"]


def explanation(text: str) -> list[str]:
    """Everything that is known of a word, a line each.

    Raises:
        UnknownName: nothing is.
    """
    lines = [
        *_messages(text),
        *_elements(text),
        *_code_lists(text),
        *_codes(text),
        *_identifiers(text),
        *_rules(text),
    ]
    if not lines:
        raise UnknownName("code, element, message or identifier", text, tuple(words()))
    return lines


def _messages(text: str) -> Iterator[str]:
    for name in MESSAGES:
        if name.lower() == text.lower():
            kind = model(name)
            yield f"message {name}: {(kind.__doc__ or '').strip()}"
            yield f"    namespace {kind.namespace()}"
            yield f"    fields: ediel messages {name}"
            for where in _travels(name):
                yield f"    {where}"


def _rules(text: str) -> Iterator[str]:
    if "/" not in text:
        return
    from ediel.rules import all_rules

    for rule in all_rules():
        if rule.key.lower() == text.lower():
            yield f"rule {rule.key} ({rule.part}): {rule.text}"
            yield f"    {rule.text_nb}"
            analogy = "" if rule.code_standing == "published" or rule.standing != "published" else ", by analogy"
            yield f"    code {rule.code}{analogy}" if rule.code else "    no code is published"
            yield f"    {rule.standing}; source: {rule.source}"


def _travels(name: str) -> Iterator[str]:
    from ediel.messages.services import POLL_CHANNELS, SERVICES

    for service in SERVICES:
        for operation in service.operations:
            if operation.message == name:
                yield f"sent with {operation.name} of the service {service.name}"
            if name in operation.answers:
                yield f"answers {operation.name} of the service {service.name}, in the same call"
    for channel, names in POLL_CHANNELS.items():
        if name in names:
            yield f"fetched from {channel}"


def _elements(text: str) -> Iterator[str]:
    """Elements, attributes and fields of that name, gathered by what they mean."""
    elements: dict[tuple[str, str], list[str]] = {}
    sources: dict[tuple[str, str], set[str]] = {}
    for name in MESSAGES:
        for path, spec, part in _walk(model(name), name):
            names = {spec.name.lower(), *(step.lower() for step in spec.path)}
            if spec.kind != "agency" and text.lower() in names:
                key = spec.text, _kind(spec, part)
                elements.setdefault(key, []).append(path)
                sources.setdefault(key, set()).update(spec.source.split("; "))
    for (about, kind), paths in elements.items():
        yield f"element {paths[0].rstrip('/@').rpartition('/')[2]}: {about}"
        yield f"    {kind}"
        yield f"    source: {'; '.join(sorted(sources[about, kind]))}"
        messages = sorted({path.split("/")[0] for path in paths})
        yield f"    in {', '.join(messages) if len(messages) < len(MESSAGES) else 'every message'}"


def _kind(spec: FieldSpec, part: type[Composite]) -> str:
    if spec.wire is not None:
        agency = f"; {spec.wire.agency[0]} {' or '.join(spec.wire.agency[1])}" if spec.wire.agency else ""
        return f"{spec.wire.name}: {spec.wire.doc.rstrip('.')}{agency}"
    child = spec.model or spec.row
    return f"holds {', '.join(item.path[0] for item in fields_of(child) if item.path)}" if child else part.__name__


def _walk(part: type[Composite], path: str) -> Iterator[tuple[str, FieldSpec, type[Composite]]]:
    for spec in fields_of(part):
        here = f"{path}/{'/'.join(spec.path)}" if spec.kind == "element" else f"{path}/@{''.join(spec.path)}"
        yield here, spec, part
        child = spec.model or spec.row
        if child is not None:
            yield from _walk(child, here)


def _code_lists(text: str) -> Iterator[str]:
    for name, codelist in codes.BY_NAME.items():
        if name.lower() == text.lower():
            about = (codelist.__doc__ or "").strip().splitlines()[0]
            yield f"code list {name}: {about} {len(codelist)} codes: ediel codes {name}"


def _codes(text: str) -> Iterator[str]:
    wanted = {text.lower(), f"brs-no-{text.lower()}"}
    for name, codelist in codes.BY_NAME.items():
        for code in codelist:
            if code.value.lower() in wanted:
                agency = f", issuer {code.agency} ({codes.Agency(code.agency).label})" if code.agency else ""
                label = code.label or "meaning not published; ediel does not guess"
                yield f"code {code.value} of {name}: {label}"
                if code.label_nb:
                    yield f"    nb: {code.label_nb}"
                yield f"    source: {code.source} ({code.standing}){agency}"
                if used := sorted(_uses(codelist)):
                    yield f"    used in: {', '.join(used)}"


def _uses(code_list: type[codes.Code]) -> set[str]:
    """Elements that hold a code of a list."""
    names = set()
    for name in MESSAGES:
        for path, spec, _part in _walk(model(name), name):
            if spec.kind != "agency" and getattr(spec.wire, "code_list", None) is code_list:
                names.add(path.rstrip("/@").rpartition("/")[2])
    return names


def _identifiers(text: str) -> Iterator[str]:
    identifier = identify(text)
    if identifier is not None:
        shown = "***" if identifier.personal else text
        yield f"identifier {shown}: {identifier.kind} / {identifier.kind_nb}; {identifier.problem or 'it is right'}"


def words() -> Iterator[str]:
    """Everything that has an explanation."""
    yield from MESSAGES
    yield from codes.BY_NAME
    for codelist in codes.ALL:
        if codelist is not codes.Country:  # two letters look like everything
            yield from (code.value for code in codelist)
    for name in MESSAGES:
        for _, spec, _part in _walk(model(name), name):
            yield from spec.path
