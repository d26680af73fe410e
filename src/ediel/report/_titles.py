"""What each kind of finding is about, in English and Norwegian: a row a kind. Rules have their own words."""
# ruff: noqa: E501 - a table

from __future__ import annotations

from typing import Final

from ediel.report._model import Finding
from ediel.report._words import Lang, text_of

_PREFIXES: Final = ("Rule broken: ", "Regelen er brutt: ")

TITLES: Final[dict[str, tuple[str, str]]] = {
    "READ/file": ("The file can be opened", "Filen kan åpnes"),
    "READ/empty": ("The file holds an element", "Filen inneholder et element"),
    "READ/size": ("The file is no larger than Elhub takes", "Filen er ikke større enn Elhub tar imot"),
    "READ/memory": ("There is memory enough to read the file", "Det er nok minne til å lese filen"),
    "READ/gzip": ("A gzip file can be unpacked", "En gzip-fil kan pakkes ut"),
    "READ/encoding": ("The file is UTF-8", "Filen er UTF-8"),
    "READ/doctype": ("The file has no document type", "Filen har ingen dokumenttype (DTD)"),
    "READ/not-xml": ("The file is XML", "Filen er XML"),
    "READ/not-well-formed": ("The XML is well-formed", "XML-en er velformet"),
    "READ/limit": ("The file is within the limits of a message", "Filen er innenfor grensene for en melding"),
    "READ/root": ("The root is a message, a wrapper or an envelope", "Roten er en melding, en innpakning eller en konvolutt"),
    "READ/wrapper": ("A message in an envelope stands in its operation", "En melding i en konvolutt står i operasjonen sin"),
    "READ/value": ("Every value can be read", "Hver verdi kan leses"),
    "READ/fault": ("The file is a SOAP fault", "Filen er en SOAP-feil"),
    "READ/many-findings": ("There are more findings than are shown", "Det er flere funn enn det som vises"),
    "READ/archive": ("The archive can be read", "Arkivet kan leses"),
    "XSD/unexpected-element": ("Only elements that the schema has here", "Bare elementer som skjemaet har her"),
    "XSD/missing-element": ("Every element that the schema demands", "Hvert element som skjemaet krever"),
    "XSD/order": ("Elements in the order of the schema", "Elementer i skjemaets rekkefølge"),
    "XSD/too-many": ("No more of an element than the schema takes", "Ikke flere av et element enn skjemaet tar imot"),
    "XSD/namespace": ("Every element in its namespace", "Hvert element i navnerommet sitt"),
    "XSD/value": ("Values of the form that the schema asks for", "Verdier i den formen skjemaet krever"),
    "XSD/nil": ("Nothing is nil", "Ingenting er nil"),
    "XSD/unexpected-text": ("No text between elements", "Ingen tekst mellom elementer"),
    "XSD/attribute-value": ("Attributes of the form that the schema asks for", "Attributter i den formen skjemaet krever"),
    "XSD/missing-attribute": ("Every attribute that the schema demands", "Hvert attributt som skjemaet krever"),
    "XSD/unexpected-attribute": ("Only attributes that the schema has here", "Bare attributter som skjemaet har her"),
    "XSD/unique": ("Identifications that differ", "Identifikasjoner som er ulike"),
    "XSD/other": ("What else the schema demands", "Annet skjemaet krever"),
    "ID/check-digit": ("Check digits that fit", "Kontrollsifre som stemmer"),
    "TEXT/encoding": ("Texts that were encoded once", "Tekster som er kodet én gang"),
    "TIME/offset": ("The offset of Norway at that time of the year", "Norges tidssone på den tiden av året"),
}  # fmt: skip


def title_of(finding: Finding, lang: Lang = "en") -> str:
    """What must hold, or what a kind of finding is about."""
    found = TITLES.get(finding.rule)
    if found is not None:
        return found[lang == "nb"]
    text = text_of(finding, lang)
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    return text
