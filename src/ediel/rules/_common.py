"""The header and process block that every table begins with, made from the table of uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final

from ediel.brs import ACKNOWLEDGEMENT, PRINTED
from ediel.codes import BusinessProcess, Code, Product, Role, Standing
from ediel.identifiers import ELHUB
from ediel.messages import Composite, Message, fields_of
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome, Part, Rule
from ediel.rules._usage import Usage, processes_of, uses_of

_NAMES: Final = ("message", "document-type", "document-type-agency", "positive-acknowledgement", "role", "role-agency")
_HUB_LIST: Final = frozenset({Role.SLR, Role.BSL})
_NO_ISSUER: Final = frozenset({Role.QRY, Role.PQ, Role.DDX, Role.DDZ})
"""Roles whose issuer could not be found."""
_ISSUERS: Final = "BIM code-list-agencies"


def common_rules(process: BusinessProcess) -> Iterator[Rule]:
    """The first rules of a process: that it uses the message, then header and process rules of each use."""
    uses = uses_of(process)
    yield from _message_rules(process, uses)
    for usage in uses:
        yield from _block(process, usage, alone=len(uses) == 2 and usage is not ACKNOWLEDGEMENT)
    coded = tuple(dict.fromkeys(usage.message for usage in uses if usage.message in WITH_ISSUERS))
    if coded:
        yield _issuer_rule(process, coded)


@cache
def fits(name: str, process: BusinessProcess) -> bool | None:
    """Whether a process uses a message; ``None`` when the pages that would say so could not be read."""
    uses = uses_of(process)
    if any(usage.message == name for usage in uses):
        return True
    if name in PRINTED:
        return False
    if name in _ANYWHERE or not uses:
        return None
    return False


_ANYWHERE: Final = frozenset(
    {
        "PollForData",
        "NotifyEndOfSupply",
        "NotifyMeteringPointCharacteristics",
        "NotifyCustomerInformation",
        "NotifyValidatedDataForBillingEnergy",
        "PriceVolumeCombinationForReconciliation",
        "RequestUpdateMasterDataMeteringPoint",
    }
)
"""Messages whose list of processes was read in part only."""


def _block(number: BusinessProcess, usage: Usage, *, alone: bool) -> Iterator[Rule]:
    numbers = dict(zip(_NAMES, usage.rows, strict=True)) if usage.rows else {}

    def rule(
        name: str, part: Part, code: str, text: str, text_nb: str, check: Check, standing: Standing | None = None,
        source: str | None = None,
    ) -> Iterator[Rule]:  # fmt: skip
        row = numbers.get(name)
        if row == 0:
            return
        key = f"{number.value}/{row or name}" if alone or row else f"{number.value}/{usage.message}/{name}"
        yield Rule(
            key, number, (usage.message,), part, code, text, text_nb,
            usage.source if source is None or usage.codes == "published" else source,
            standing or usage.standing, "message", check, code_standing=usage.codes,
        )  # fmt: skip

    if usage.documents is not None:
        codes, koder = _one_of(usage.documents), _one_of(usage.documents, "en av")
        yield from rule(
            "document-type", "Header", "EH011", f"The document type is {codes}.", f"Dokumenttypen er {koder}.",
            _allowed("header.document_type", lambda message: message.header.document_type, usage.documents, usage),
        )  # fmt: skip
    yield from rule(
        "document-type-agency", "Header", "EH025",
        "The issuer of the document type is 6 for numbers, 260 for E-codes.",
        "Kodeliste-eier for dokumenttypen er 6 for tall, 260 for E-koder.", _document_agency, "published", _ISSUERS,
    )  # fmt: skip
    if not usage.acknowledgement:
        yield from rule(
            "positive-acknowledgement", "Header", "EH065", "RequestPositiveAcknowledgement is not given.",
            "RequestPositiveAcknowledgement er ikke oppgitt.", _no_acknowledgement,
        )  # fmt: skip
    if usage.roles is not None:
        roles, roller = _one_of(usage.roles), _one_of(usage.roles, "en av")
        yield from rule(
            "role", "Process", "EH013", f"The role is {roles}.", f"Rollen er {roller}.",
            _allowed("process.role", lambda message: message.process.role, usage.roles, usage), usage.roles_standing,
        )  # fmt: skip
    yield from rule(
        "role-agency", "Process", "EH025", "The issuer of the role is 6, or 89 for SLR and BSL.",
        "Kodeliste-eier for rollen er 6, eller 89 for SLR og BSL.", _role_agency, "published", _ISSUERS,
    )  # fmt: skip


def _allowed(at: str, code: Callable[[Message], Code], allowed: tuple[Code, ...], usage: Usage) -> Check:
    """The code at a place is one of those allowed."""
    passed_on = usage.way == "passed on"

    def check(message: Message, facts: Known) -> Outcome:
        if passed_on and _from_elhub(message, facts, usage):
            return UNKNOWN
        found = code(message)
        return () if found in allowed else (Flaw(at, found.value, _one_of(allowed)),)

    return check


def _from_elhub(message: Message, facts: Known, usage: Usage) -> bool:
    """A reading (311), or a question and its answer (601), that Elhub passes on; the codes could not be found."""
    if usage.passed_to is not None:
        return message.process.role in usage.passed_to
    hub = ELHUB if facts.register is None else facts.register.hub
    return message.header.juridical_sender == hub


def _document_agency(message: Message, _facts: Known) -> Outcome:
    header = message.header
    right = header.document_type.agency
    if right is None:
        return UNKNOWN
    found = header.document_type_agency.value
    return () if found == right else (Flaw("header.document_type_agency", found, right),)


def _role_agency(message: Message, _facts: Known) -> Outcome:
    process = message.process
    if process.role in _NO_ISSUER:
        return UNKNOWN
    right = "89" if process.role in _HUB_LIST else "6"
    found = process.role_agency.value
    return () if found == right else (Flaw("process.role_agency", found, right),)


def _no_acknowledgement(message: Message, _facts: Known) -> Iterable[Flaw]:
    if message.header.request_positive_acknowledgement is not None:
        yield Flaw("header.request_positive_acknowledgement", None, "nothing")


def _one_of(codes: Iterable[str], words: str = "one of") -> str:
    values = [str(code) for code in codes]
    return values[0] if len(values) == 1 else f"{words} {', '.join(values)}"


WITH_ISSUERS: Final = frozenset(
    {
        "Acknowledgement",
        "CollectedData",
        "NotifyMeteringPointCharacteristics",
        "NotifyStartOfSupply",
        "NotifyValidatedDataForBillingEnergy",
        "PriceVolumeCombinationForReconciliation",
        "RejectEndOfSupply",
        "RejectStartOfSupply",
        "RequestUpdateMasterDataMeteringPoint",
        "ResponseUpfrontMeteringPointCharacteristics",
    }
)
"""Messages whose payload holds a code with a choice of issuers."""


def _issuer_rule(process: BusinessProcess, messages: tuple[str, ...]) -> Rule:
    return Rule(
        f"{process.value}/code-issuer", process, messages, "Payload", None,
        "The issuer of each code in the payload is the one that the code belongs to.",
        "Kodeliste-eier for hver kode i payload er den koden hører til.",
        "BIM code-list-agencies", "inferred", "message", _issuers, each=True,
    )  # fmt: skip


def _issuers(payload: Composite, _facts: Known) -> Outcome:
    flaws = list(_wrong_issuers(payload, ""))
    return flaws or ()


def _wrong_issuers(part: Composite, place: str) -> Iterator[Flaw]:
    coded, below = coded_fields(type(part))
    for field, agency in coded:
        code, found = getattr(part, field), getattr(part, agency)
        if isinstance(code, Code) and code.agency is not None and found != code.agency and code not in _UNSETTLED:
            yield Flaw(f"{place}{agency}", f"{found.value} with {code.value}", code.agency)
    for field, many in below:
        value = getattr(part, field)
        if many:
            for index, item in enumerate(value):
                yield from _wrong_issuers(item, f"{place}{field}.{index}.")
        elif value is not None:
            yield from _wrong_issuers(value, f"{place}{field}.")


_UNSETTLED: Final = frozenset(code for code in Product if code.agency == "89")
"""Elhub's own products: which issuer goes with them is not stated."""


@cache
def coded_fields(model: type[Composite]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, bool], ...]]:
    """The fields of a part that hold a code with its issuer, and the fields below which there are such."""
    specs = fields_of(model)
    coded = tuple((spec.name, spec.agency) for spec in specs if spec.agency and getattr(spec.wire, "code_list", None))
    below = tuple((spec.name, spec.many) for spec in specs if spec.model is not None and any(coded_fields(spec.model)))
    return coded, below


def _message_rules(process: BusinessProcess, every: tuple[Usage, ...]) -> Iterator[Rule]:
    """The message is one that the process uses: rows 1 and 5 of the tables, which say the same from both sides.

    Where a process has no table, a source may still print all processes of the message that came: then it is in the
    wrong one, whatever else is known of the process.
    """
    uses = [usage for usage in every if usage is not ACKNOWLEDGEMENT]
    tabled = [usage for usage in uses if usage.codes == "published"]
    names = list(dict.fromkeys(usage.message for usage in uses))
    if names:
        text, text_nb = f"The message is {' or '.join(names)}.", f"Meldingen er {' eller '.join(names)}."
    else:
        text = "The message is none that belongs to other processes."
        text_nb = "Meldingen er ikke en som hører til andre prosesser."

    def rule(key: str, check: Check, source: str, standing: Standing) -> Rule:
        codes: Standing = "published" if tabled else "inferred"
        return Rule(
            f"{process.value}/{key}", process, (), "Header", "EH055", text, text_nb, source, standing, "message", check,
            code_standing=codes,
        )  # fmt: skip

    source = "; ".join(dict.fromkeys(usage.source for usage in uses))
    if tabled:
        row = next((usage.rows[0] for usage in tabled if usage.rows), None)
        yield rule(str(row or "message"), _message_fits, source, "published")
        return
    yield rule("message", _listed_fits, "; ".join(dict.fromkeys(PRINTED.values())), "published")
    if uses:
        yield rule("message-other", _other_fits, source, "inferred")


def _listed_fits(message: Message, facts: Known) -> Outcome:
    return _message_fits(message, facts) if message.name() in PRINTED else NOT_APPLICABLE


def _other_fits(message: Message, facts: Known) -> Outcome:
    return NOT_APPLICABLE if message.name() in PRINTED else _message_fits(message, facts)


def _message_fits(message: Message, _facts: Known) -> Outcome:
    verdict = fits(message.name(), message.process.business_process)
    if verdict is None:
        return NOT_APPLICABLE
    if verdict:
        return ()
    process = message.process.business_process.value
    right = [item.value for item in processes_of(message.name())]
    return (Flaw("process.business_process", process, _one_of(right)),)
