"""XML documents as texts, made at random: usual ones, odd ones, and broken ones."""

from __future__ import annotations

from random import Random

URIS = (
    "urn:a",
    "urn:b",
    "urn:no:elhub:x:v2",
    "http://example.org/",
    "http://example.org/y#z",
    "https://example.org/q.xsd",
)
ODD_URIS = ("", "relative", "a/b", "urn:é", "http://a:b/c", "http://x y/", "urn://x:y", "http://www.w3.org/XML/1998/namespace",
            "urn:a&amp;b", "URN:x", "http:x", "mailto:x", "//x/y", "urn:a#b#c", "http://a/b?c=d", "http://[::1]/")  # fmt: skip
PREFIXES = ("", "p", "q", "ns2", "a.b", "x-1")
NAMES = ("a", "b", "Value", "Id", "x_1", "long-er.name")
TEXTS = ("a", "12.345", " ", "\n", "\t", "é", "\U0001f388", "\x7f", "\u2028", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", ">", '"', "'", "]", "=")  # fmt: skip
ODD_TEXTS = ("&#13;", "]]", "&#x41;", "<![CDATA[x<]]>", "<![CDATA[]]>", "<!-- c -->", "<?pi x?>", "\r\n", "\r", "]]>", "\x01", "\ufffe", "&none;", "&", "&#0;", "<!DOCTYPE a>", "&amp")  # fmt: skip
VALUES = ("a", " ", "é", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", ">", "urn:a", "xmlns:p='urn:c'", "0", "]]>")
ODD_VALUES = ("\n", "\t", "\r", "&#10;", "<", "&", "&#38;", "\x02", "\uffff")
ATTRIBUTES = ("a", "b", "Id", "ID", "id", "iD", "unit", "xmlnsx")
ODD_ATTRIBUTES = (
    "xml:lang",
    "xml:id",
    "xml:space",
    "é",
    "a:b:c",
    ":a",
    "a:",
    "1a",
    "p:xmlns",
    "xml",
    "xmlns:xmlns",
    "xmlns:xml",
)
BYTES = b"<>&\"' =/:!?[]-;#x\r\n\t\x00\x80\xc3\xa9\xff\xef\xbb\xbfAZaz09_."


class Texts:
    """Makes documents.

    Args:
        random: where the chance comes from.
        odd: how probable something unusual is, each time that there is a choice.
    """

    def __init__(self, random: Random, odd: float) -> None:
        self.random = random
        self.odd = odd

    def one(self, usual: tuple[str, ...], odd: tuple[str, ...]) -> str:
        """One of the usual ones, or of the odd ones."""
        return self.random.choice(odd if self.random.random() < self.odd else usual)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def blank(self) -> str:
        return self.random.choice(("", "", "", " ", "\n", "\t ")) if self.chance(0.3 + self.odd) else ""

    def text(self) -> str:
        return "".join(self.one(TEXTS, ODD_TEXTS) for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))))

    def value(self) -> str:
        quote = self.random.choice('"""\'')
        pieces = [self.one(VALUES, ODD_VALUES) for _ in range(self.random.choice((0, 1, 1, 2)))]
        other = "'" if quote == '"' else '"'
        if self.chance(0.1):
            pieces.append(other)
        return quote + "".join(pieces).replace(quote, other) + quote

    def declarations(self, scope: dict[str, str]) -> list[str]:
        found = []
        for prefix in self.random.sample(PREFIXES, self.random.choice((0, 0, 0, 1, 1, 2))):
            uri = self.one(URIS, ODD_URIS)
            scope[prefix] = uri
            found.append(f'xmlns{":" if prefix else ""}{prefix}="{uri}"')
        return found

    def element(self, depth: int, around: dict[str, str], declared: list[str] | None = None) -> str:
        """An element with what is in it."""
        scope = dict(around)
        attributes = self.declarations(scope) if declared is None else declared
        known = [prefix for prefix in scope if prefix] or ["p"]
        if self.chance(self.odd / 2):
            known = list(PREFIXES[1:])
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2, 3))):
            prefix = f"{self.random.choice(known)}:" if self.chance(0.3) and (scope or self.chance(self.odd)) else ""
            name = self.one(ATTRIBUTES, ODD_ATTRIBUTES)
            simple = name.lower() == "id" and not self.chance(0.03 + self.odd)  # an escape in one is not read quickly
            attributes.append(f"{prefix}{name}=" + (f'"n-{self.random.randrange(9)}"' if simple else self.value()))
        if len({item.partition("=")[0] for item in attributes}) < len(attributes) and not self.chance(self.odd):
            attributes = list({item.partition("=")[0]: item for item in attributes}.values())
        self.random.shuffle(attributes)
        prefix = f"{self.random.choice(known)}:" if (scope and self.chance(0.6)) or self.chance(self.odd / 2) else ""
        name = prefix + self.one(NAMES, ("é", "xml", "xmlns:a", "-a", "a:b:c", "Value" * 50))
        gaps = "".join(f"{self.blank() or ' '}{item}" for item in attributes)
        children = self.random.choice((0, 0, 1, 2, 3)) if depth else 0
        inside = self.text() + "".join(self.element(depth - 1, scope) + self.text() for _ in range(children))
        if not inside and self.chance(0.5):
            return f"<{name}{gaps}{self.blank()}/>"
        return f"<{name}{gaps}{self.blank()}>{inside}</{name}{self.blank()}>"

    def document(self) -> bytes:
        """A whole document."""
        before = self.random.choice(("", "", "<?xml version='1.0' encoding='UTF-8'?>\n", '<?xml version="1.0"?>', "\n"))
        if self.chance(self.odd):
            before = self.random.choice(
                (
                    "\ufeff",
                    "<!-- c -->",
                    "<?xml version='1.1'?>",
                    "<?xml version='1.0' encoding='latin-1'?>",
                    "<!DOCTYPE a>",
                )
            )
        scope = {prefix: self.random.choice(URIS) for prefix in self.random.sample(PREFIXES, self.random.randint(0, 4))}
        declared = [f'xmlns{":" if prefix else ""}{prefix}="{uri}"' for prefix, uri in scope.items()]
        after = self.random.choice(("", "", "\n", " ")) + (self.text() if self.chance(self.odd) else "")
        return (before + self.element(self.random.randint(1, 4), scope, declared) + after).encode(
            "utf-8", "surrogatepass"
        )

    def damaged(self, data: bytes) -> bytes:
        """Bytes with some of them changed, taken away, doubled or moved."""
        text = bytearray(data)
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            place, other = sorted((self.random.randrange(len(text) + 1), self.random.randrange(len(text) + 1)))
            other = min(other, place + self.random.choice((1, 2, 5, 20, 1000)))
            how = self.random.randrange(4)
            if how == 0 and place < len(text):
                text[place] = self.random.choice(BYTES)
            elif how == 1:
                del text[place:other]
            elif how == 2:
                text[place:place] = text[place:other]
            else:
                text[place:place] = bytes(self.random.choice(BYTES) for _ in range(self.random.choice((1, 1, 2, 3))))
        return bytes(text)
