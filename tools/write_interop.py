"""Writes the page about other stacks from what a run of ``make interop`` has recorded.

``python tools/write_interop.py build/interop/results.json`` takes over what a run has recorded, and writes the page.
``--check`` says whether the page is that of the recorded results; with a file besides, whether that run agrees with them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
RECORDED: Final = ROOT / "tests" / "interop" / "results.json"
PAGE: Final = ROOT / "docs" / "interop.md"
Results = dict[str, dict[str, str]]

SETTINGS: Final = {
    "WSS4J 1.6.19": (
        "parts Body and Timestamp, key identifier `BST_DIRECT_REFERENCE`; the hub's certificate in the truststore, where "
        "answers do not hold it"
    ),
    "JAX-WS RI 2.3 with WSS4J": (
        "the same, in a `SOAPHandler` whose `getHeaders` names `wsse:Security`: without it the runtime refuses answers "
        "(MustUnderstand); `SOAPACTION_USE_PROPERTY`"
    ),
    "node soap 1.13.0": (
        "`WSSecurityCert` as it is (RSA-SHA256; `signatureAlgorithm` and `digestAlgorithm` for SHA-1); it verifies no answers: done "
        "here with xml-crypto and the certificate of the hub"
    ),
    "PHP SoapClient": (
        "it has no WS-Security: `__doRequest` overridden, the envelope signed and the answer verified with DOM "
        "(`C14N(true)`) and openssl, in some 200 lines"
    ),
    "gSOAP 2.8": (
        '`SOAP_XML_CANONICAL`; `#import "wsse.h"` in what wsdl2h makes; `soap_wsse_add_Timestamp`, '
        "`_add_BinarySecurityTokenX509`, `_add_KeyInfo_SecurityTokenReferenceX509`, `_sign_body`; `soap_wsse_verify_auto` "
        "with the key of the hub, where answers do not hold its certificate"
    ),
    "zeep 4.3": (
        "`BinarySignature`, with a `Timestamp` put into the header in `apply`; `verify` overridden, for its own verifies by "
        "the certificate of the caller: `verify_envelope` with that of the hub; `signature_method`, `digest_method` for SHA-256"
    ),
    "elhub-python-sdk 0.1.5": "its address only; it verifies no answers",
    "xmlsec1 1.2": "`--id-attr:Id` for Body and Timestamp; a template with a signature to be filled",
}
"""What must be set, by stack."""
NOT_TRIED: Final = {
    "Apache CXF": "not in Debian, PyPI or npm; it signs with WSS4J, which is tried",
    ".NET (WCF)": "not in Debian, PyPI or npm",
    "Ruby savon, Perl SOAP::WSDL, BizTalk": "not tried",
}
WAYS: Final = ("token", "ski", "issuer-serial", "thumbprint", "certificate", "unsigned")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)])


def clients(results: Results) -> str:
    """Stacks that call the hub."""
    rows = []
    for name, settings in SETTINGS.items():
        found = results.get(name, {})
        calls = [found.get(f"calls, {algorithm}", "not tried") for algorithm in ("rsa-sha1", "rsa-sha256")]
        ways = [way for way in WAYS[1:4] if found.get(f"answers by {way}") == "verified"]
        by = (
            "all four ways"
            if len(ways) == 3
            else ", ".join(("token", *ways))
            if "sdk" not in name
            else "does not verify"
        )
        rows.append((name, *calls, by, settings))
    return table(("stack", "calls, rsa-sha1", "calls, rsa-sha256", "answers verified by", "what is set"), rows)


def servers(results: Results) -> str:
    """Stacks that our client calls."""
    rows = []
    for name, found in results.items():
        mine = {
            what.removeprefix("as server, "): outcome for what, outcome in found.items() if what.startswith("as server")
        }
        if mine:
            rows.append((name, *(mine.get(way, "-") for way in WAYS), mine.get("our signature", "-")))
    return table(("server", *WAYS, "our signature"), sorted(rows))


def judged(results: Results) -> str:
    """What we and WSS4J say of each envelope."""
    rows = []
    for name, words in results.get("oracle", {}).items():
        ours, theirs, *why = words.split("; ", 2)
        rows.append((name, ours, theirs, *(why or [""])))
    differ = sum(row[1] != row[2] for row in rows)
    head = f"{len(rows)} envelopes; in {len(rows) - differ} the two agree, in {differ} they differ by intention:\n\n"
    return head + table(
        ("envelope", "here", "WSS4J", "why they differ"), sorted(rows, key=lambda row: (row[1] == row[2], row))
    )


def page(results: Results) -> str:
    """The page."""
    return f"""# Other stacks

Clients and servers that nobody here wrote, against the [stand-in hub](hub.md) and against the [client](transport.md) of this package. Made from a run of
`make interop`, which installs what Debian, PyPI and npm have and skips the rest with a reason; run it again after an upgrade of yours.

## As clients of the hub

Over HTTP, with the hub's own `?WSDL`, everything signed: nothing waits, a start of supply, a query (BRS-NO-611), a poll, its acknowledgement, nothing waits any
more, and a poll for somebody else, which must be the fault `Security`. Every stack that is said to verify was also given an answer that was changed on the way, and noticed it.

{clients(results)}

The hub answers by `--answers token`, `ski`, `issuer-serial` or `thumbprint`; the policy of the WSDL says that the answer does not hold the certificate.

## As servers that our client calls

Each answers nothing, data, an ElhubSOAPFault and a fault without a detail, and names its certificate in each of these ways. `read`: the client verifies and reads what
it should; `refused`: it believes nothing that is not signed. "Our signature" is what the server says of the requests.

{servers(results)}

## WSS4J as a judge

{judged(results)}

## Not tried

{table(("stack", "why"), list(NOT_TRIED.items()))}
"""


def disagreements(fresh: Results, recorded: Results) -> list[str]:
    """Where a run differs from what is recorded; what it has not tried is no difference."""
    return [
        f"{stack}, {what}: recorded {recorded.get(stack, {}).get(what, 'nothing')}, found {outcome}"
        for stack, rows in fresh.items()
        for what, outcome in rows.items()
        if recorded.get(stack, {}).get(what) != outcome
    ]


def main() -> int:
    files = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    recorded: Results = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.is_file() else {}
    if "--check" not in sys.argv:
        for file in files:
            for stack, rows in json.loads(file.read_text(encoding="utf-8")).items():
                recorded.setdefault(stack, {}).update(rows)
        RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        PAGE.write_text(page(recorded), encoding="utf-8")
        return 0
    for file in [file for file in files if not file.is_file()]:
        print(f"{file}: nothing was recorded, so nothing is compared; every stack was skipped")
        files.remove(file)
    problems = [
        text for file in files for text in disagreements(json.loads(file.read_text(encoding="utf-8")), recorded)
    ]
    if PAGE.read_text(encoding="utf-8") != page(recorded):
        problems.append("docs/interop.md is not that of tests/interop/results.json; run tools/write_interop.py")
    for text in problems:
        print(text)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
