"""zeep, with its own signing and verifying, as a client and as a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import zeep
from lxml import etree
from xmlsec import constants
from zeep.plugins import HistoryPlugin
from zeep.wsse import utils
from zeep.wsse.signature import BinarySignature, Signature, verify_envelope

from tests.interop.jobs import Done

_SOAP: Final = "{http://schemas.xmlsoap.org/soap/envelope/}"
_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_ID: Final = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}Id"
WAYS: Final = ("token", "issuer-serial", "unsigned")


def _stamped(kind: type[Signature], own: Path, *, sha256: bool = False) -> Any:
    """A signing of the stack, with a timestamp beside, which it signs then."""

    class Stamped(kind):  # type: ignore[valid-type, misc]
        def apply(self, envelope: Any, headers: Any) -> Any:
            now = datetime.now(UTC)
            stamp = utils.WSU("Timestamp")
            for name, moment in (("Created", now), ("Expires", now + timedelta(seconds=60))):
                stamp.append(utils.WSU(name, moment.strftime("%Y-%m-%dT%H:%M:%SZ")))
            utils.get_security_header(envelope).append(stamp)
            return super().apply(envelope, headers)

        def verify(self, envelope: Any) -> Any:
            return envelope  # by another certificate than its own it is verified below

    how = (constants.TransformRsaSha256, constants.TransformSha256) if sha256 else (None, None)
    return Stamped(str(own), str(own), None, *how)


def verdict(envelope: Any, certificate: Path) -> str:
    """Whether the stack verifies an envelope, and whether what it verified is Body and Timestamp."""
    try:
        verify_envelope(envelope, str(certificate))
    except Exception as error:
        return f"not verified: {type(error).__name__}"
    security = envelope.find(f"{_SOAP}Header/{{*}}Security")
    signed = {item.get("URI") for item in security.iterfind(".//{*}Reference[@URI]")}
    parts = (envelope.find(f"{_SOAP}Body"), security.find("{*}Timestamp"))
    return "verified" if all(f"#{part.get(_ID)}" in signed for part in parts) else "not verified: scope"


def _outcome(envelope: Any) -> str:
    body = envelope.find(f"{_SOAP}Body")
    if not len(body):
        return "empty"
    if body[0].tag == f"{_SOAP}Fault":
        return f"fault {body[0].findtext('.//{*}CodeGroup', 'without a detail')}"
    return "nil" if body[0].get(f"{_XSI}nil") == "true" else "answer"


def calls(jobs: Path, own: Path, hub: Path, *, sha256: bool = False) -> dict[str, Done]:
    """What became of each call; the stack checks each answer by the schemas of the WSDL."""
    done: dict[str, Done] = {}
    result_set = ""
    for line in jobs.read_text().splitlines():
        name, _, address, action, space, file = line.split("\t")
        history = HistoryPlugin()
        client = zeep.Client(
            f"{address}?WSDL",
            wsse=_stamped(BinarySignature, own, sha256=sha256),
            plugins=[history],
            settings=zeep.Settings(strict=True),
        )
        request = etree.fromstring(Path(file).read_text().replace("RESULT-SET", result_set))
        element = client.get_element(f"{{{space}}}{etree.QName(request).localname}")
        value = element.parse(request, client.wsdl.types)
        try:
            answer = client.service[action](**{key: value[key] for key in value})
            result_set = getattr(answer, "Identification", None) or result_set
        except zeep.exceptions.Fault:
            pass  # it stands in the envelope
        assert history.last_received is not None
        envelope = history.last_received["envelope"]
        done[name] = Done(_outcome(envelope), verdict(envelope, hub))
    return done


@contextmanager
def serving(own: Path, party: Path, answers: Path, log: Path) -> Iterator[str]:
    """A server that answers what its address names, HOW/WHAT/SERVICE; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = etree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
            log.write_text(verdict(request, party))
            _, way, what, *_ = self.path.split("/")
            envelope = etree.fromstring((answers / f"{what}.xml").read_bytes())
            if way != "unsigned":
                header = etree.Element(f"{_SOAP}Header")
                envelope.insert(0, header)
                kind = BinarySignature if way == "token" else Signature
                envelope, _ = _stamped(kind, own).apply(envelope, {})
            body = etree.tostring(envelope)
            self.send_response(500 if "fault" in what else 200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
