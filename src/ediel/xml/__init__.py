"""XML in and out: the schemas, the hardened parser, the compiled readers and writers, and the explanations."""

from ediel.xml._inspect import InspectedMessage, Inspection, check_schema, with_findings
from ediel.xml._reading import Head, accepted, read, read_all, write
from ediel.xml._schema_verdict import Part
from ediel.xml.catalogue import DEFAULT_RELEASE, SchemaSet, packaged, releases
from ediel.xml.document import Document, Signer, Source
from ediel.xml.parser import LIMITS, Limits

__all__ = [
    "DEFAULT_RELEASE",
    "LIMITS",
    "Document",
    "Head",
    "InspectedMessage",
    "Inspection",
    "Limits",
    "Part",
    "SchemaSet",
    "Signer",
    "Source",
    "accepted",
    "check_schema",
    "packaged",
    "read",
    "read_all",
    "releases",
    "with_findings",
    "write",
]
