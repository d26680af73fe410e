"""Writes ``schemas/2.4.3/`` from the declarations in ``ediel.messages`` and ``ediel.codes``.

The declarations hold each fact once: names, order, cardinality, facets, codes, meaning, source. This turns them into
XML Schema documents. ``tests/contract`` proves that the result is the same contract as the official one.

Run ``make schemas`` after a change of the declarations; the gate fails while the documents are stale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from ediel import codes, messages
from ediel.messages import services
from ediel.messages._base import ENTITIES, Composite, FieldSpec, fields_of
from ediel.messages._wire_types import CodeType, FixedTrueType, Wire
from ediel.messages.fault import ElhubSOAPFault

RELEASE = "2.4.3"
TYPES = "urn:no:elhub:emif:common:BusinessDataType:v2"
ROOT = Path(__file__).resolve().parent.parent / "schemas" / RELEASE
NOTE = "<!-- Written by tools/write_schemas.py from the declarations in src/ediel; do not edit. -->"


def documentation(text: str, source: str, indent: str) -> str:
    return (
        f'{indent}<xs:annotation><xs:documentation xml:lang="en" source={quoteattr(source)}>'
        f"{escape(text)}</xs:documentation></xs:annotation>\n"
    )


def schema(namespace: str, imports: Iterable[tuple[str, str, str]], body: str, about: str) -> str:
    """A schema document; imports are prefix, namespace, location."""
    imports = list(imports)
    prefixes = "".join(f'\n           xmlns:{prefix}="{uri}"' for prefix, uri, _ in imports)
    lines = "".join(f'  <xs:import namespace="{uri}" schemaLocation="{location}"/>\n' for _, uri, location in imports)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{NOTE}\n'
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"\n           xmlns:tns="{namespace}"{prefixes}\n'
        f'           targetNamespace="{namespace}"\n           elementFormDefault="qualified" '
        f'attributeFormDefault="unqualified" version="{RELEASE}">\n'
        f'  <xs:annotation><xs:documentation xml:lang="en">{escape(about)}</xs:documentation></xs:annotation>\n'
        f"{lines}{body}</xs:schema>\n"
    )


class Common:
    """The shared types, collected while the models are walked."""

    def __init__(self) -> None:
        self.simple: dict[str, Wire] = {}
        self.coded: dict[str, Wire] = {}
        self.agencies: dict[str, tuple[str, ...]] = {}
        self.composites: dict[str, type[Composite]] = {}
        self.wrappers: dict[str, FieldSpec] = {}

    def value_type(self, wire: Wire) -> str:
        """Type of an element that holds a value, with the attribute for its issuer where there is one."""
        self.simple[wire.name] = wire
        if wire.agency is None:
            return f"t:{wire.name}"
        self.coded[wire.name] = wire
        self.agency_type(wire.agency[1])
        return f"t:{wire.name}Value"

    def agency_type(self, allowed: tuple[str, ...]) -> str:
        name = "Agency" + "Or".join(allowed)
        self.agencies[name] = allowed
        return name

    def wrapper(self, spec: FieldSpec) -> str:
        """Type of an element that wraps one other."""
        inner = spec.model.__name__.lstrip("_") if spec.model else spec.wire.name if spec.wire else ""
        name = f"{spec.path[1]}Of{inner}" + ("List" if spec.many else "")
        self.wrappers[name] = spec
        if spec.model is not None:
            self.composite(spec.model)
        return name

    def composite(self, model: type[Composite]) -> str:
        name = model.__name__.lstrip("_")
        if self.composites.setdefault(name, model) is not model:
            raise SystemExit(f"two models are called {name}")
        for spec in fields_of(model):
            child = spec.model or spec.row
            if child is not None:
                self.composite(child)
            if spec.wire is not None:
                self.value_type(spec.wire)
        return name


COMMON = Common()


def occurs(spec: FieldSpec, *, in_choice: bool) -> str:
    """minOccurs and maxOccurs, where they are not 1; a list inside a wrapper carries them there."""
    if spec.many and len(spec.path) == 2:
        return ""
    least = 1 if in_choice else spec.least
    most = spec.most if spec.many or spec.row is not None else 1
    return ("" if least == 1 else ' minOccurs="0"') + ("" if most == 1 else f' maxOccurs="{most}"')


def element(spec: FieldSpec, indent: str, *, types: str, entities: str, in_choice: bool = False) -> str:
    fixed = ' fixed="true"' if isinstance(spec.wire, FixedTrueType) else ""
    if len(spec.path) == 2:
        kind = f"{entities}{COMMON.wrapper(spec)}"
        fixed = ""
    elif spec.wire is not None:
        kind = COMMON.value_type(spec.wire).replace("t:", types, 1)
    else:
        child = spec.model or spec.row
        assert child is not None
        kind = f"{entities}{COMMON.composite(child)}"
    return (
        f'{indent}<xs:element name="{spec.path[0]}" type="{kind}"{fixed}{occurs(spec, in_choice=in_choice)}>\n'
        f"{documentation(spec.text, spec.source, indent + '  ')}{indent}</xs:element>\n"
    )


def sequence(model: type[Composite], indent: str, *, types: str, entities: str) -> str:
    rows = [spec for spec in fields_of(model) if spec.kind == "element"]
    chosen = [spec for spec in rows if spec.name in model.choice]
    plain = [spec for spec in rows if spec.name not in model.choice]
    choice = ""
    if chosen:
        inner = "".join(element(spec, indent + "  ", types=types, entities=entities, in_choice=True) for spec in chosen)
        choice = f"{indent}<xs:choice>\n{inner}{indent}</xs:choice>\n"
    if not plain:
        return choice
    body = "".join(element(spec, indent + "  ", types=types, entities=entities) for spec in plain)
    nested = choice.replace("\n", "\n  ")[:-2] if choice else ""
    return f"{indent}<xs:sequence>\n{body}{'  ' + nested if nested else ''}{indent}</xs:sequence>\n"


def attributes(model: type[Composite], indent: str) -> str:
    out = []
    for spec in fields_of(model):
        if spec.kind != "attribute":
            continue
        assert spec.wire is not None
        if isinstance(spec.wire, FixedTrueType):
            kind = 'type="xs:boolean" fixed="true"'
        else:
            COMMON.simple[spec.wire.name] = spec.wire
            kind = f'type="t:{spec.wire.name}"'
        use = ' use="required"' if spec.least else ""
        out.append(
            f'{indent}<xs:attribute name="{spec.path[0]}" {kind}{use}>\n'
            f"{documentation(spec.text, spec.source, indent + '  ')}{indent}</xs:attribute>\n"
        )
    return "".join(out)


def complex_type(name: str, model: type[Composite]) -> str:
    about = documentation((model.__doc__ or "").strip().splitlines()[0], model.source, "    ")
    content = next((spec for spec in fields_of(model) if spec.kind == "content"), None)
    if content is not None:
        assert content.wire is not None
        base = COMMON.value_type(content.wire)
        extra = attributes(model, "        ")
        body = (
            f'    <xs:simpleContent>\n      <xs:extension base="{base}">\n{extra}      </xs:extension>\n'
            "    </xs:simpleContent>\n"
        )
    else:
        body = sequence(model, "    ", types="t:", entities="tns:") + attributes(model, "    ")
    return f'  <xs:complexType name="{name}">\n{about}{body}  </xs:complexType>\n'


def wrapper_type(name: str, spec: FieldSpec) -> str:
    if spec.wire is not None:
        kind, about = COMMON.value_type(spec.wire), spec.wire.doc
    else:
        assert spec.model is not None
        kind, about = f"tns:{COMMON.composite(spec.model)}", (spec.model.__doc__ or "").strip().splitlines()[0]
    most = f' maxOccurs="{spec.most}"' if spec.many else ""
    return (
        f'  <xs:complexType name="{name}">\n{documentation("Holds " + spec.path[1] + ".", "XSD", "    ")}'
        f'    <xs:sequence>\n      <xs:element name="{spec.path[1]}" type="{kind}"{most}>\n'
        f"{documentation(about, spec.source, '        ')}      </xs:element>\n    </xs:sequence>\n  </xs:complexType>\n"
    )


def simple_type(wire: Wire) -> str:
    rows = []
    if isinstance(wire, CodeType):
        for code in wire.code_list:
            label = code.label or "Meaning not published."
            nb = (
                f'<xs:documentation xml:lang="nb" source={quoteattr(code.source)}>{escape(code.label_nb)}'
                "</xs:documentation>"
                if code.label_nb
                else ""
            )
            standing = "" if code.standing == "published" else f" ({code.standing})"
            rows.append(
                f'      <xs:enumeration value="{code.value}"><xs:annotation>'
                f'<xs:documentation xml:lang="en" source={quoteattr(code.source + standing)}>{escape(label)}'
                f"</xs:documentation>{nb}</xs:annotation></xs:enumeration>\n"
            )
    else:
        rows = [f"      <xs:{facet} value={quoteattr(value)}/>\n" for facet, value in wire.facets]
    return (
        f'  <xs:simpleType name="{wire.name}">\n{documentation(wire.doc, "XSD", "    ")}'
        f'    <xs:restriction base="xs:{wire.base}">\n{"".join(rows)}    </xs:restriction>\n  </xs:simpleType>\n'
    )


def agency_type(name: str, allowed: tuple[str, ...]) -> str:
    rows = "".join(
        f'      <xs:enumeration value="{value}"><xs:annotation><xs:documentation xml:lang="en" '
        f"source={quoteattr(codes.Agency(value).source)}>{escape(codes.Agency(value).label or '')}"
        "</xs:documentation></xs:annotation></xs:enumeration>\n"
        for value in allowed
    )
    return (
        f'  <xs:simpleType name="{name}">\n{documentation("Issuer of a code or an identifier.", "BIM code-list-agencies", "    ")}'
        f'    <xs:restriction base="xs:string">\n{rows}    </xs:restriction>\n  </xs:simpleType>\n'
    )


def coded_type(wire: Wire) -> str:
    assert wire.agency is not None
    attribute, allowed = wire.agency
    return (
        f'  <xs:complexType name="{wire.name}Value">\n{documentation(wire.doc, "XSD", "    ")}'
        f'    <xs:simpleContent>\n      <xs:extension base="tns:{wire.name}">\n'
        f'        <xs:attribute name="{attribute}" type="tns:{COMMON.agency_type(allowed)}" use="required">\n'
        f"{documentation('Issuer of the code or identifier.', 'BIM code-list-agencies', '          ')}"
        "        </xs:attribute>\n      </xs:extension>\n    </xs:simpleContent>\n  </xs:complexType>\n"
    )


def unique(rule: tuple[str, str, str], indent: str) -> str:
    name, selector, field = rule
    path = f"@{field}" if field == "Sequence" else f"e:{field}"
    prefix = "e:" if field == "Sequence" else "tns:"
    return (
        f'{indent}<xs:unique name="{name}">\n{indent}  <xs:selector xpath="{prefix}{selector}"/>\n'
        f'{indent}  <xs:field xpath="{path}"/>\n{indent}</xs:unique>\n'
    )


def message_document(name: str) -> str:
    model = messages.model(name)
    about = (model.__doc__ or "").strip().splitlines()[0]
    body = sequence(model, "    ", types="t:", entities="e:")
    if inner := getattr(model, "unique_sequence", None):
        # The sequence numbers of one payload must differ: declared on the payload element itself.
        body = body.replace(
            "      </xs:element>\n    </xs:sequence>",
            f"{unique(inner, '        ')}      </xs:element>\n    </xs:sequence>",
        )
    outer = getattr(model, "unique", None)
    rule = unique(outer, "    ") if outer else ""
    return schema(
        model.namespace(),
        [("e", ENTITIES, "../common/entities.xsd")],
        f'  <xs:element name="{name}" type="tns:{name}">\n{documentation(about, model.source, "    ")}{rule}  </xs:element>\n'
        f'  <xs:complexType name="{name}">\n{body}  </xs:complexType>\n',
        f"EMIF {RELEASE}: message {name}.",
    )


def references(names: Iterable[str]) -> list[tuple[str, str, str]]:
    return [
        (f"m{number}", messages.model(name).namespace(), f"../messages/{name}.xsd")
        for number, name in enumerate(dict.fromkeys(names), 1)
    ]


def service_document(service: services.Service) -> str:
    polled = services.POLL_CHANNELS.get(service.name, ())
    names = [*(operation.message for operation in service.operations), *polled]
    names += [answer for operation in service.operations for answer in operation.answers]
    imports = references(names)
    prefix = {uri: short for short, uri, _ in imports}

    def reference(name: str) -> str:
        return f'<xs:element ref="{prefix[messages.model(name).namespace()]}:{name}"/>'

    parts: list[str] = []
    for operation in service.operations:
        if operation.local:
            own = prefix[messages.model(operation.message).namespace()]
            about = "The message, here in the namespace of the service."
            inner = (
                f'<xs:element name="{operation.message}" type="{own}:{operation.message}">\n'
                f"{documentation(about, 'XSD; SoapUI 2.3', '          ')}        </xs:element>"
            )
        else:
            inner = reference(operation.message)
        parts.append(wrapper_element(operation.request, f"Request of operation {operation.name}.", "sequence", [inner]))
        if operation.answers:
            parts.append(
                wrapper_element(
                    f"{operation.name}Response",
                    f"Answer of operation {operation.name}, given in the same call.",
                    "choice",
                    [reference(answer) for answer in operation.answers],
                )
            )
    if polled:
        imports.append(("t", TYPES, "../common/types.xsd"))
        rows = "".join(f"      {reference(name)}\n" for name in polled)
        parts.append(
            f'  <xs:element name="PollForDataResponse" nillable="true">\n'
            f"{documentation('A result set; nil when there is nothing to fetch.', 'XSD; SoapUI 2.3', '    ')}"
            "    <xs:complexType>\n      <xs:sequence>\n"
            f'        <xs:element name="Identification" type="t:Uuid">\n'
            f"{documentation('Identification of the result set, to be acknowledged.', 'XSD; SoapUI 2.3', '          ')}"
            "        </xs:element>\n"
            f'        <xs:element name="ResultDataSet" type="tns:ResultDataSet">\n'
            f"{documentation('The messages.', 'XSD', '          ')}        </xs:element>\n"
            "      </xs:sequence>\n    </xs:complexType>\n  </xs:element>\n"
            f'  <xs:complexType name="ResultDataSet">\n{documentation("One message or more, in any order.", "XSD", "    ")}'
            f'    <xs:choice maxOccurs="unbounded">\n{rows}    </xs:choice>\n  </xs:complexType>\n'
        )
    return schema(
        service.namespace, imports, "".join(parts), f"EMIF {RELEASE}: wrappers of the service {service.name}."
    )


def wrapper_element(name: str, about: str, group: str, inner: Iterable[str]) -> str:
    rows = "".join(f"        {row}\n" for row in inner)
    return (
        f'  <xs:element name="{name}">\n{documentation(about, "XSD", "    ")}    <xs:complexType>\n'
        f"      <xs:{group}>\n{rows}      </xs:{group}>\n    </xs:complexType>\n  </xs:element>\n"
    )


def fault_document() -> str:
    rows = []
    group = next(spec.wire for spec in fields_of(ElhubSOAPFault) if spec.name == "code_group")
    assert group is not None
    for spec in fields_of(ElhubSOAPFault):
        assert spec.wire is not None
        least = "" if spec.least else ' minOccurs="0"'
        rows.append(
            f'      <xs:element name="{spec.path[0]}"{least}>\n{documentation(spec.text, spec.source, "        ")}'
        )
        if spec.name == "exception_time":
            facets = '<xs:restriction base="xs:dateTime"><xs:pattern value=".+T.+(Z|[+-].+)"/></xs:restriction>'
            rows.append(f"        <xs:simpleType>{facets}</xs:simpleType>\n")
        elif spec.name == "code_group":
            inner = simple_type(spec.wire).replace(' name="FaultGroup"', "").replace("\n", "\n      ")
            rows.append("      " + inner.rstrip(" "))
        else:
            facets = "".join(f'<xs:{facet} value="{value}"/>' for facet, value in spec.wire.facets)
            rows.append(
                f'        <xs:simpleType><xs:restriction base="xs:string">{facets}</xs:restriction></xs:simpleType>\n'
            )
        rows.append("      </xs:element>\n")
    body = "".join(rows)
    return schema(
        services.FAULT_NAMESPACE,
        [],
        f'  <xs:element name="ElhubSOAPFault" type="tns:ElhubSOAPFault">\n'
        f"{documentation('Detail of a SOAP fault.', 'XSD', '    ')}  </xs:element>\n"
        f'  <xs:complexType name="ElhubSOAPFault">\n    <xs:sequence>\n{body}    </xs:sequence>\n  </xs:complexType>\n',
        f"EMIF {RELEASE}: the SOAP fault.",
    )


def documents() -> Iterator[tuple[str, str]]:
    """Every document: path below the release folder, and text."""
    for name in messages.MESSAGES:
        yield f"messages/{name}.xsd", message_document(name)
    for service in services.SERVICES:
        yield f"services/{service.name}.xsd", service_document(service)
    yield "services/fault.xsd", fault_document()
    entities = "".join(complex_type(name, model) for name, model in sorted(COMMON.composites.items()))
    entities += "".join(wrapper_type(name, spec) for name, spec in sorted(COMMON.wrappers.items()))
    yield (
        "common/entities.xsd",
        schema(ENTITIES, [("t", TYPES, "types.xsd")], entities, f"EMIF {RELEASE}: parts that messages share."),
    )
    types = "".join(simple_type(wire) for _, wire in sorted(COMMON.simple.items()))
    types += "".join(agency_type(name, allowed) for name, allowed in sorted(COMMON.agencies.items()))
    types += "".join(coded_type(wire) for _, wire in sorted(COMMON.coded.items()))
    yield "common/types.xsd", schema(TYPES, [], types, f"EMIF {RELEASE}: single values and codes.")


def main() -> int:
    """Write the documents, or with ``--check`` say which are stale."""
    check = "--check" in sys.argv[1:]
    stale = []
    written = set()
    for name, text in documents():
        path = ROOT / name
        written.add(path)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    extra = [path for path in ROOT.rglob("*.xsd") if path not in written]
    if check and (stale or extra):
        print("stale schema documents, run make schemas:", ", ".join(stale + [path.name for path in extra]))
        return 1
    print(f"{len(written)} schema documents, {len(stale)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
