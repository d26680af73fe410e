"""xmlsec1, the command: signs and verifies files."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from lxml import etree

from ediel.transport._wsse import DS, TIMESTAMP
from ediel.transport.envelope import SOAP
from tests.interop import tools

_NODES: Final = tuple(
    word
    for name in (f"{SOAP}:Body", f"{TIMESTAMP[1:].replace('}', ':')}", "BinarySecurityToken")
    for word in ("--id-attr:Id", name)
)


def verdict(data: bytes, certificate: Path, folder: Path) -> str:
    """Whether the command verifies an envelope by a certificate."""
    tools.need("xmlsec1")
    file = folder / "verified.xml"
    file.write_bytes(data)
    command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(certificate), *_NODES[:4], str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "verified" if done.returncode == 0 and "OK" in done.stderr + done.stdout else f"not verified: {done.stderr}"


def signed(data: bytes, key: Path, folder: Path) -> bytes:
    """An envelope with the values of its signature made anew by the command."""
    tools.need("xmlsec1")
    root = etree.fromstring(data)
    for element in root.iter(f"{{{DS}}}DigestValue", f"{{{DS}}}SignatureValue"):
        element.text = ""
    file, made = folder / "template.xml", folder / "signed.xml"
    file.write_bytes(etree.tostring(root))
    command = ["xmlsec1", "--sign", "--privkey-pem", str(key), *_NODES[:4], "--output", str(made), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made.read_bytes()
