"""Expected annual volumes: BRS-NO-317."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ediel.rules._rule import Row, Rule, absent, present

_317: Final = (
    Row("start", "EH032", "StartOfOccurrence is given.", "StartOfOccurrence er oppgitt.", present("start_of_occurrence", "a moment")),
    Row("original-reference", "EH033", "No original message is given.", "Opprinnelig melding er ikke oppgitt.", absent("original_reference")),
    Row("annual-volume", None, "An annual volume is given.", "Et årsvolum er oppgitt.", present("annual_volume", "an annual volume")),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    name = "RequestUpdateMasterDataMeteringPoint"
    for row in _317:
        yield row.of("317", name, source="BRS-NO-317; VAL-121, by analogy", standing="inferred")
