"""XML in and out: the schemas, the hardened parser, the compiled readers and writers, and the explanations."""

from ediel.xml._inspect import InspectedMessage, Inspection, inspect
from ediel.xml._reading import Head, accepted, read, read_all, write
from ediel.xml.catalogue import DEFAULT_RELEASE, SchemaSet, packaged, releases
from ediel.xml.parser import LIMITS, Limits

__all__ = [
    "DEFAULT_RELEASE",
    "LIMITS",
    "Head",
    "InspectedMessage",
    "Inspection",
    "Limits",
    "SchemaSet",
    "accepted",
    "inspect",
    "packaged",
    "read",
    "read_all",
    "releases",
    "write",
]
