"""The hardened parser: bytes in, tree out, or a finding that says why not.

No document type, no entities, no external access, no XInclude, UTF-8 only, and limits on size, unpacking, nodes, depth,
text and attributes. What can be counted in the bytes is counted before a tree is built: a tree of short elements is
thirty times as large as its bytes. Comments and processing instructions are left out of the tree.
"""

from __future__ import annotations

import re
import threading
from typing import Final

from lxml import etree

from ediel.report import Finding

__all__ = [
    "ANY_SIZE",
    "LIMITS",
    "Limits",
    "Unreadable",
    "check_beginning",
    "check_bytes",
    "check_nodes",
    "fits",
    "over_limits",
    "parse",
    "parse_checked",
    "too_many_attributes",
    "unpack",
    "unpack_to",
]
from ediel.xml._limits import ANY_SIZE, LIMITS, Limits, Unreadable, no_memory, refuse, too_large
from ediel.xml._unpacking import fits, unpack, unpack_to

_BYTE_ORDER_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"<\x00", "UTF-16"),
    (b"\x00<", "UTF-16"),
    (b"\x00\x00", "UTF-32"),
    (b"\x4c\x6f\xa7\x94", "EBCDIC"),
)
_OTHER_FILES: Final = (
    # how it begins, what it is, what to do
    (b"PK\x03\x04", "a zip archive", "unpack it, and give the files in it"),
    (b"BZh", "a bzip2 file", "unpack it first"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, and give the files in it"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first"),
    (b"%PDF", "a PDF", "give the XML of the message"),
    (b"\x89PNG", "a PNG image", "give the XML of the message"),
    (b"\xff\xd8\xff", "a JPEG image", "give the XML of the message"),
    (b"SQLite format 3\x00", "an SQLite database", "export its messages first"),
    (b"PAR1", "a Parquet file", "`ediel values` reads those"),
    (b"{", "JSON", "`ediel generate` makes XML of the JSON of a message"),
    (b"[", "JSON", "`ediel generate` makes XML of the JSON of a message"),
)
_USUAL: Final = re.compile(rb"<\?xml version=[\"']1.0[\"'] encoding=[\"'](?:UTF|utf)-8[\"']\?>\s*<[A-Za-z_]")
"""How most messages begin: nothing of them has to be looked at more closely."""
_LONGEST_DECLARATION: Final = 4096
_DECLARATION: Final = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]*)[\"']")


def parse(data: bytes, limits: Limits = LIMITS) -> etree._Element:
    """The root element of a document.

    Raises:
        Unreadable: it is empty, too large, not UTF-8, has a document type, or is not well-formed.
    """
    check_bytes(data, limits)
    check_nodes(data, limits)
    return parse_checked(data)


def parse_checked(data: bytes) -> etree._Element:
    """The root element of a document whose bytes and nodes were checked already.

    Raises:
        Unreadable: it is not well-formed.
    """
    try:
        return etree.fromstring(data, _parser())
    except MemoryError:
        raise no_memory() from None
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise no_memory() from None
        raise _not_well_formed(data, error) from None


def check_bytes(data: bytes, limits: Limits = LIMITS) -> None:
    """Check what the first bytes and the number of all show, before anything else is.

    Raises:
        Unreadable: it is empty, too large, not UTF-8 by its beginning, or has a document type.
    """
    if len(data) > limits.size:
        raise too_large(limits, f"more than {limits.size} bytes")
    check_beginning(data)


def check_nodes(data: bytes, limits: Limits) -> None:
    """Tags that open and equals signs are at least as many as elements and attributes: counted, never built."""
    if len(data) <= limits.nodes:
        return
    nodes = data.count(b"<") - data.count(b"</") + data.count(b"=")
    if nodes > limits.nodes:
        raise refuse(
            "READ/limit",
            f"There are more than {limits.nodes} elements and attributes; split the message.",
            found=f"{nodes} tags and attributes",
            expected=f"at most {limits.nodes}",
            code="Size",
        )


_LOCAL: Final = threading.local()


def _parser() -> etree.XMLParser:
    """This thread's parser: making one costs as much as a small message, and one serves one thread at a time."""
    parser: etree.XMLParser | None = getattr(_LOCAL, "parser", None)
    if parser is None:
        parser = _LOCAL.parser = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )
    return parser


def check_beginning(data: bytes) -> None:
    """Refuse what cannot be UTF-8 XML by its first bytes, an empty input, and a document type."""
    if _USUAL.match(data):
        return
    if data[:1] != b"<" or data[1:2] == b"\x00":
        for mark, name in _BYTE_ORDER_MARKS:
            if data.startswith(mark):
                raise _wrong_encoding(name)
        for beginning, name, advice in _OTHER_FILES:
            if data.startswith(beginning):
                raise refuse(
                    "READ/not-xml", f"This is {name}, no XML; {advice}.", found=name, expected="an XML document"
                )
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    if data.startswith(b"<?xml", start):
        end = data.find(b"?>", start, start + _LONGEST_DECLARATION)
        declared = _DECLARATION.match(data, start, end if end >= 0 else start + _LONGEST_DECLARATION)
        if declared and declared[1].lower() not in {b"utf-8", b"utf8"}:
            raise _wrong_encoding(declared[1].decode("ascii"))
    place = _after_prolog(data, start)
    if place >= len(data):
        raise refuse(
            "READ/empty",
            "The input is empty: there is no element in it.",
            found=f"{len(data)} bytes",
            expected="an XML document",
        )
    if data[place : place + 9].upper() == b"<!DOCTYPE":
        raise refuse(
            "READ/doctype",
            "A document type is not read: it can pull in files and expand without end. Take the DOCTYPE out.",
            found="<!DOCTYPE",
            expected="no document type",
            line=data.count(b"\n", 0, place) + 1,
        )


def _after_prolog(data: bytes, place: int) -> int:
    """Where the root element or the document type begins: after declaration, comments, instructions, white space."""
    size = len(data)
    while place < size:
        if data[place] in b" \t\r\n":
            place += 1
        elif data.startswith(b"<?", place):
            end = data.find(b"?>", place)
            place = size if end < 0 else end + 2
        elif data.startswith(b"<!--", place):
            end = data.find(b"-->", place + 4)
            place = size if end < 0 else end + 3
        else:
            break
    return place


def _wrong_encoding(name: str) -> Unreadable:
    return refuse(
        "READ/encoding",
        "Only UTF-8 is read, and the hub takes nothing else; save the file as UTF-8 and declare it so.",
        found=name[:40],
        expected="UTF-8",
        line=1,
        code="Other",
        source="SoapUI 2.3",
    )


def _not_well_formed(data: bytes, error: etree.XMLSyntaxError) -> Unreadable:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return refuse(
            "READ/encoding",
            "The input is not UTF-8; save the file as UTF-8 and declare it so.",
            found=f"a byte that is not UTF-8 at offset {wrong.start}",
            expected="UTF-8",
            line=data.count(b"\n", 0, wrong.start) + 1,
            code="Other",
            source="SoapUI 2.3",
        )
    line = error.lineno or None
    reason = _reason(error)
    return refuse(
        "READ/not-well-formed",
        f"This is not well-formed XML{f' (line {line})' if line else ''}: {reason}.",
        expected="well-formed XML",
        line=line,
        code="XSD",
        source="SoapUI 2.3",
    )


_REASONS: Final[dict[str, str]] = {
    # libxml2 error name -> words. The parser's own text may quote the document, and so a person.
    "ERR_TAG_NAME_MISMATCH": "an element is closed by another name than it was opened with",
    "ERR_TAG_NOT_FINISHED": "the input ends before the last element is closed",
    "ERR_DOCUMENT_END": "there is something after the end of the root element, or nothing but it",
    "ERR_DOCUMENT_EMPTY": "it does not begin with an element",
    "ERR_LT_REQUIRED": "there is text where the root element should begin",
    "ERR_GT_REQUIRED": "a tag is not closed with >",
    "ERR_NAME_REQUIRED": "a name is missing after < or &; in text, & is written &amp; and < is written &lt;",
    "ERR_LT_IN_ATTRIBUTE": "an attribute holds <; write &lt;",
    "ERR_ATTRIBUTE_REDEFINED": "an element has the same attribute twice",
    "ERR_ATTRIBUTE_NOT_STARTED": "the value of an attribute is not in quotes",
    "ERR_ATTRIBUTE_NOT_FINISHED": "the value of an attribute is not closed by a quote",
    "ERR_ATTRIBUTE_WITHOUT_VALUE": "an attribute has no value",
    "ERR_UNDECLARED_ENTITY": "an entity is used that XML does not know; only &amp; &lt; &gt; &quot; &apos; are read",
    "WAR_UNDECLARED_ENTITY": "an entity is used that XML does not know; only &amp; &lt; &gt; &quot; &apos; are read",
    "ERR_ENTITYREF_SEMICOL_MISSING": "an entity is not closed with ; (a single & must be written &amp;)",
    "ERR_INVALID_CHAR": "there is a character that XML does not allow",
    "ERR_INVALID_CHARREF": "a character reference stands for a character that XML does not allow",
    "ERR_SPACE_REQUIRED": "white space is missing between attributes",
    "ERR_HYPHEN_IN_COMMENT": "there are two hyphens inside a comment",
    "ERR_COMMENT_NOT_FINISHED": "a comment is not closed",
    "ERR_CDATA_NOT_FINISHED": "a CDATA section is not closed",
    "ERR_RESERVED_XML_NAME": "the XML declaration is not at the very beginning",
    "ERR_RESOURCE_LIMIT": "it is deeper, or a text in it longer, than the parser allows",
    "NS_ERR_UNDEFINED_NAMESPACE": "a prefix is used that has no namespace",
    "NS_ERR_ATTRIBUTE_REDEFINED": "an element has the same attribute twice",
    "ERR_MISPLACED_CDATA_END": "]]> stands in a text; write ]]&gt;",
    "ERR_INVALID_ENCODING": "it is not UTF-8",
}


def _reason(error: etree.XMLSyntaxError) -> str:
    for name, reason in _REASONS.items():
        if getattr(etree.ErrorTypes, name) == error.code:
            return reason
    return f"the parser stopped with error {error.code}"


_TOO_MANY_ATTRIBUTES: Final = etree.XPath("//*[count(@*) > $limit][1]")


def too_many_attributes(root: etree._Element, limits: Limits = LIMITS) -> Finding | None:
    """A finding for an element with more attributes than the limit; canonicalisation sorts them in quadratic time."""
    hits = _TOO_MANY_ATTRIBUTES(root, limit=limits.attributes)
    return _over(hits[0], limits.attributes, "attributes of one element") if isinstance(hits, list) and hits else None


def _over(element: object, limit: int, what: str) -> Finding:
    return Finding(
        "READ/limit",
        f"There are more than {limit} {what}; the rest is not looked at.",
        line=element.sourceline if isinstance(element, etree._Element) else None,
        expected=f"at most {limit} {what}",
        code="XSD",
        standing="inferred",
    )


_TOO_LONG: Final = etree.XPath("//*[text()[string-length() > $limit]][1]")


def over_limits(root: etree._Element, limits: Limits = LIMITS) -> Finding | None:
    """A finding for a tree that is deeper, or has longer texts or more attributes, than the limits.

    Asked only when a document is not valid: the schema leaves no room for any of this in a valid one. The parser itself
    stops at 256 levels and at texts of 10 million bytes.
    """
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limits.depth:
            return Finding(
                "READ/limit",
                f"Elements are nested deeper than {limits.depth}; the rest is not looked at.",
                expected=f"at most {limits.depth} levels",
                code="XSD",
                standing="inferred",
            )
    for xpath, limit, what in (
        (_TOO_MANY_ATTRIBUTES, limits.attributes, "attributes of one element"),
        (_TOO_LONG, limits.text, "characters in one text"),
    ):
        hits = xpath(root, limit=limit)
        if isinstance(hits, list) and hits:
            return _over(hits[0], limit, what)
    return None
