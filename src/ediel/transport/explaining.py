"""Explains an envelope of any stack to its sender: each part, who demands what of it, and what to set.

Three sources count: the policy in the WSDL of EMIF (and the SoapUI project beside it), the Basic Security Profile 1.1
by which Java stacks judge, and this package. Nothing of the Body is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from cryptography import x509
from lxml import etree

from ediel.transport._certificates import broken_demand, not_in_force
from ediel.transport._moments import LONGEST
from ediel.transport._signer import signer_of
from ediel.transport._stacks import SETTINGS, stack_of
from ediel.transport._wsse import DS, EXCLUSIVE, ID, SECURITY, SIGNATURE, TIMESTAMP, TOKEN, WSSE, WSU
from ediel.transport.envelope import SOAP
from ediel.transport.errors import SecurityRefused
from ediel.transport.forms import FORMS
from ediel.transport.identity import Trust, organisation_number
from ediel.transport.verifying import verify_tree
from ediel.xml.parser import LIMITS, Limits, parse, unpack

__all__ = ["Explanation", "explain_envelope"]

Outcome = Literal["good", "unusual", "wrong"]
_SHORT: Final = {
    f"{DS}rsa-sha1": "rsa-sha1",
    f"{DS}sha1": "sha1",
    f"{DS}enveloped-signature": "enveloped-signature",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "rsa-sha256",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    EXCLUSIVE: "exclusive canonicalisation",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict about one part of an envelope.

    Attributes:
        key: name of the part.
        outcome: ``good``; ``unusual`` for what is accepted here and may be refused elsewhere; ``wrong`` for what is
            refused.
        found: what stands there.
        expected: what is demanded, and by whom.
        advice: what to change; empty where nothing is.
        setting: where to change it, of the stack that has made the envelope; empty where that is not known.
    """

    key: str
    outcome: Outcome
    found: str
    expected: str = ""
    advice: str = ""
    setting: str = ""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an envelope that there is one of."""

    envelope: etree._Element
    security: etree._Element
    signature: etree._Element
    body: etree._Element


def explain_envelope(data: bytes, *, now: datetime | None = None, limits: Limits = LIMITS) -> list[Explanation]:
    """Explain each part of an envelope as a verifier judges it.

    Args:
        data: the envelope, plain or gzip, as it was sent: not formatted anew.
        now: as of when; the moment at which it says it was signed, when not given.
        limits: how large an input may be.

    Raises:
        Unreadable: it is no XML.
    """
    envelope = parse(unpack(data, limits), limits)
    stack = stack_of(envelope)
    explanations = [Explanation("stack", "good", stack or "not known by its marks")]
    parts = _parts(envelope, explanations)
    if parts is None:
        return explanations
    for row in _ROWS:
        explanations.extend(row(parts))
    explanations.extend(_forms(parts))
    certificate = _certificate(parts, explanations)
    if certificate is not None:
        moment = now or _created(parts.security) or datetime.now(UTC)
        explanations.extend(_whose(certificate, moment))
        explanations.append(_verified(parts.envelope, certificate, moment))
    settings = SETTINGS.get(stack or "", {})
    return [_with_setting(item, stack, settings.get(item.key)) for item in explanations]


def _with_setting(item: Explanation, stack: str | None, setting: str | None) -> Explanation:
    if item.outcome == "good" or setting is None:
        return item
    return replace(item, setting=f"{stack}: {setting}")


_NAMED: Final = frozenset({SOAP, WSSE, WSU, DS})


def _name(element: etree._Element) -> str:
    """The name of an element, where it is one of SOAP or WS-Security; others may be anything."""
    name = etree.QName(element)
    return name.localname if name.namespace in _NAMED else "another element"


def _parts(envelope: etree._Element, explanations: list[Explanation]) -> _Parts | None:
    """The parts, where each is there once; a missing one is reported."""
    name = etree.QName(envelope)
    if name.localname != "Envelope" or name.namespace != SOAP:
        version = "an Envelope of another version" if name.localname == "Envelope" else "no Envelope"
        explanations.append(
            Explanation("version", "wrong", version, "SOAP 1.1 (EMIF WSDL)", "set SOAP 1.1, content type text/xml")
        )  # fmt: skip
        return None
    bodies = envelope.findall(f"{{{SOAP}}}Body")
    headers = envelope.findall(f"{{{SOAP}}}Header/{SECURITY}")
    for key, items, what in (("body", bodies, "Body"), ("security", headers, "wsse:Security in the Header")):
        if len(items) != 1:
            explanations.append(
                Explanation(key, "wrong", f"{len(items)} of {what}", f"one {what}", "sign the message, once")
            )  # fmt: skip
            return None
    signatures = headers[0].findall(SIGNATURE)
    if len(signatures) != 1:
        explanations.append(
            Explanation("signature", "wrong", f"{len(signatures)} signatures", "one", "sign once; no second signature")
        )  # fmt: skip
        return None
    explanations.append(Explanation("version", "good", "SOAP 1.1, one signature"))
    return _Parts(envelope, headers[0], signatures[0], bodies[0])


def _token(parts: _Parts) -> Iterator[Explanation]:
    references = parts.signature.findall(f"{{{DS}}}KeyInfo/{{{WSSE}}}SecurityTokenReference/*")
    tokens = parts.security.findall(TOKEN)
    how = etree.QName(references[0]).localname if len(references) == 1 else "no reference"
    text = f"{len(tokens)} BinarySecurityToken; the signature names it by {how}"
    expected = (
        "of a caller, the certificate in the message (EMIF WSDL: AlwaysToRecipient); of the hub, a reference (Never)"
    )
    if len(references) == 1 and how == "Reference" and len(tokens) == 1:
        yield Explanation("token", "good", text, expected)
    elif len(references) == 1 and not tokens and how != "Reference":
        advice = "send the certificate with the message: a direct reference to a BinarySecurityToken"
        yield Explanation("token", "unusual", text, expected, advice)
    else:
        advice = "one SecurityTokenReference (BSP R5402, R5417) to one BinarySecurityToken"
        yield Explanation("token", "wrong", text, expected, advice)


def _algorithms(parts: _Parts) -> Iterator[Explanation]:
    info = parts.signature.find(f"{{{DS}}}SignedInfo")
    if info is None:
        yield Explanation("algorithm", "wrong", "no SignedInfo", "SignedInfo, SignatureValue, KeyInfo", "sign anew")
        return

    def named(tag: str) -> list[str]:
        return [_named(item) for item in info.iter(f"{{{DS}}}{tag}")]

    method, digests = ", ".join(named("SignatureMethod")), sorted(set(named("DigestMethod")))
    fine = method in {"rsa-sha1", "rsa-sha256"} and set(digests) <= {"sha1", "sha256"}
    usual = fine and method == "rsa-sha1" and digests == ["sha1"]
    expected = "rsa-sha1 and sha1 (EMIF WSDL: Basic256; BSP R5420, R5421); of rsa-sha256 nothing is published"
    yield Explanation(
        "algorithm", "good" if usual else "unusual" if fine else "wrong", f"{method} with {', '.join(digests)}",
        expected, "" if usual else "set the algorithm suite Basic256",
    )  # fmt: skip
    canonical = named("CanonicalizationMethod")
    transforms = [
        [_named(item) for item in reference.iter(f"{{{DS}}}Transform")]
        for reference in info.iterchildren(f"{{{DS}}}Reference")
    ]
    own = _SHORT[EXCLUSIVE]
    right = canonical == [own] and all(item in ([own], ["enveloped-signature", own]) for item in transforms)
    plain = all(item == [own] for item in transforms)
    yield Explanation(
        "transforms", "good" if right and plain else "unusual" if right else "wrong",
        f"{', '.join(canonical)}; references: {'; '.join(', '.join(item) or 'none' for item in transforms)}",
        "exclusive canonicalisation, and nothing else (EMIF WSDL; BSP R5404, R5412, R5423)",
        "" if right and plain else "one transform for each reference: http://www.w3.org/2001/10/xml-exc-c14n#",
    )  # fmt: skip


def _named(item: etree._Element) -> str:
    algorithm = item.get("Algorithm", "")
    return _SHORT.get(algorithm, algorithm[-60:] or "none")


def _signed(parts: _Parts) -> Iterator[Explanation]:
    targets: dict[str, etree._Element] = {}
    for element in parts.envelope.iter("*"):
        for value in (element.get(ID), element.get("Id")):
            if value:
                targets.setdefault(f"#{value}", element)
    uris = [item.get("URI", "") for item in parts.signature.iterfind(f"{{{DS}}}SignedInfo/{{{DS}}}Reference")]
    names = [_name(targets[uri]) if uri in targets else "something that is not there" for uri in uris]
    stamp = parts.security.find(TIMESTAMP)
    whole = parts.body in (targets.get(uri) for uri in uris) and stamp is not None
    right = whole and stamp in [targets.get(uri) for uri in uris] and len(set(uris)) == len(uris)
    yield Explanation(
        "scope", "good" if right else "wrong", f"signed: {', '.join(names) or 'nothing'}",
        "Body (EMIF WSDL: SignedParts) and Timestamp (IncludeTimestamp, SoapUI), each once; whole headers besides",
        "" if right else "sign the Body and the Timestamp",
    )  # fmt: skip
    plain = [element for element in targets.values() if element.get("Id") and element.tag != SIGNATURE]
    if plain:
        what = ", ".join(_name(element) for element in plain[:4])
        yield Explanation(
            "ids", "unusual", f"Id without a namespace on {what}", "wsu:Id (BSP R3005)", "mark what is signed by wsu:Id"
        )  # fmt: skip


def _time(parts: _Parts) -> Iterator[Explanation]:
    stamps = parts.security.findall(TIMESTAMP)
    if len(stamps) != 1:
        yield Explanation(
            "timestamp", "wrong", f"{len(stamps)} Timestamp", "one (EMIF WSDL: IncludeTimestamp; BSP R3227)",
            "include a Timestamp, and sign it",
        )  # fmt: skip
        return
    created, expires = (_moment(stamps[0], name) for name in ("Created", "Expires"))
    expected = "Created, and Expires 60 seconds later (SoapUI), in UTC (BSP R3217, R3223)"
    if created is None:
        advice = "write UTC, such as 2026-11-27T08:00:00Z"
        yield Explanation("timestamp", "wrong", "Created is missing, or no moment in UTC", expected, advice)
        return
    holds = None if expires is None else expires - created
    text = f"signed at {created.isoformat()}, holds for {holds if holds is not None else 'ever: there is no Expires'}"
    odd = holds is None or holds > LONGEST
    wrong = holds is not None and holds <= timedelta(0)
    outcome: Outcome = "wrong" if wrong else "unusual" if odd else "good"
    yield Explanation(
        "timestamp", outcome, text, expected, "let the Timestamp live for a minute" if wrong or odd else ""
    )


def _moment(stamp: etree._Element, name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat((stamp.findtext(f"{{{WSU}}}{name}") or "").strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def _created(security: etree._Element) -> datetime | None:
    stamp = security.find(TIMESTAMP)
    return None if stamp is None else _moment(stamp, "Created")


def _forms(parts: _Parts) -> Iterator[Explanation]:
    for form in FORMS:
        if not form.holds(parts.security):
            yield Explanation(
                form.key, "unusual", "not so", f"{form.text} ({form.source}; {form.standing})", form.advice
            )  # fmt: skip


def _certificate(parts: _Parts, explanations: list[Explanation]) -> x509.Certificate | None:
    try:
        return signer_of(parts.security, parts.signature).certificate
    except SecurityRefused as refusal:
        if refusal.reason == "trust":
            text = "the envelope only names it; give the configuration its certificate to verify"
            explanations.append(Explanation("certificate", "unusual", text))
        else:
            explanations.append(Explanation("certificate", "wrong", str(refusal)))
        return None


def _whose(certificate: x509.Certificate, moment: datetime) -> Iterator[Explanation]:
    number = organisation_number(certificate)
    problem = not_in_force(certificate, moment) or broken_demand(certificate, strict=False)
    strict = broken_demand(certificate, strict=True)
    outcome: Outcome = "wrong" if problem else "unusual" if strict or number is None else "good"
    text = problem or strict or f"organisation {number}, until {certificate.not_valid_after_utc:%Y-%m-%d}"
    if number is None and not (problem or strict):
        text = "there is no organisation number in the subject's serialNumber"
    yield Explanation(
        "certificate", outcome, text,
        "an enterprise certificate with non-repudiation and the organisation number of the physical sender (EMIF)",
        "" if outcome == "good" else "sign with the enterprise certificate for signing",
    )  # fmt: skip


def _verified(envelope: etree._Element, certificate: x509.Certificate, moment: datetime) -> Explanation:
    """Does this package verify it, apart from who issued the certificate?"""
    try:
        verify_tree(envelope, _AnyCertificate((), certificates=(certificate,)), moment)
    except SecurityRefused as refusal:
        return Explanation(
            "verified", "wrong", f"{refusal.reason}: {refusal}", "what ediel and its stand-in hub verify",
            "if the signature does not fit and all else is good, something formatted the envelope after it was signed",
        )  # fmt: skip
    return Explanation("verified", "good", "the signature fits; the certificate's issuer was not checked")


class _AnyCertificate(Trust):
    """Believes every certificate: it has a line of its own."""

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        """Accept every certificate."""


_ROWS: Final = (_token, _algorithms, _signed, _time)
