"""Signing and verifying, beside the bare RSA operation and one parse, beside xmlsec and beside other libraries.

Keys are loaded once for everybody. zeep and signxml verify a signature and nothing else; ``ediel`` also judges the
certificate with its chain, what exactly is signed, identifications and time, and hands out the content as a tree.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1
from lxml import etree

import ediel
from ediel.transport import Envelope, _opened, sign, verify, wrap
from ediel.transport._accelerator import CANONICAL
from ediel.transport._wsse import DS, ID, SECURITY, TIMESTAMP, WSSE, WSU
from ediel.transport.envelope import SOAP
from tests.support.by_xmlsec import sign_by_xmlsec, verify_by_xmlsec
from tests.support.pki import NOW, supplier, trust

Task = Callable[[], object]
BASE = "one RSA signature + one parse"
VERIFYING = "one RSA verification + one parse"


def small(message: bytes, *, rivals: bool) -> dict[str, Task]:
    """What signs and verifies the envelope of a message; the first is the baseline."""
    identity, key, believed = supplier().identity, supplier().key, trust()
    envelope = wrap(ediel.read(message))
    data = sign(envelope, identity, NOW)
    octets, public = data[:1500], key.public_key()
    value = identity.sign(octets, SHA1())

    def bare_signature() -> None:
        etree.fromstring(data)
        key.sign(octets, padding.PKCS1v15(), SHA1())

    def bare_verification() -> None:
        etree.fromstring(data)
        public.verify(value, octets, padding.PKCS1v15(), SHA1())

    def ours() -> None:
        found = verify(data, believed, NOW)
        assert found.document is not None
        assert found.document.root is not None

    tasks: dict[str, Task] = {
        BASE: bare_signature,
        VERIFYING: bare_verification,
        "sign": lambda: sign(envelope, identity, NOW),
        "verify": ours,
        "verify, without the accelerator": lambda: _pure(ours),
        "sign, all by xmlsec": lambda: sign_by_xmlsec(envelope, identity, NOW, "time-1"),
        "verify, all by xmlsec": lambda: verify_by_xmlsec(data, believed, NOW),
    }
    if rivals and find_spec("zeep"):
        tasks |= {"sign, zeep": _zeep_signs(envelope.element), "verify, zeep": _zeep_verifies(data)}
    if rivals and find_spec("signxml"):
        tasks |= {"sign, signxml": _signxml_signs(envelope.element), "verify, signxml": _signxml_verifies(data)}
    return tasks


def _pure(task: Task) -> None:
    with patch.object(_opened, "CANONICAL", None):
        task()


def values(messages: tuple[bytes, ...]) -> tuple[bytes, dict[str, Task]]:
    """A signed answer to a poll with messages of values, and what verifies it over its bytes and as a tree."""
    text = f'<s:Envelope xmlns:s="{SOAP}"><s:Body><r:Response xmlns:r="urn:r"/></s:Body></s:Envelope>'
    envelope = etree.fromstring(text)
    envelope[0][0].extend([etree.fromstring(message) for message in messages])
    data = sign(Envelope(envelope, "", ""), supplier().identity, NOW)
    believed = trust()

    def ours() -> None:
        verify(data, believed, NOW)

    quick: dict[str, Task] = {} if CANONICAL is None else {"verify over the bytes": ours}
    return data, {**quick, "verify, without the accelerator": lambda: _pure(ours)}


def _prepared(envelope: etree._Element) -> etree._Element:
    """A copy of an envelope with a timestamp, for those who do not write one."""
    root = deepcopy(envelope)
    header = etree.Element(f"{{{SOAP}}}Header")
    root.insert(0, header)
    stamp = etree.SubElement(etree.SubElement(header, SECURITY, nsmap={"wsse": WSSE, "wsu": WSU}), TIMESTAMP)
    for name, moment in (("Created", NOW), ("Expires", NOW + timedelta(seconds=60))):
        etree.SubElement(stamp, f"{{{WSU}}}{name}").text = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return root


def _pem() -> tuple[bytes, bytes]:
    holder = supplier()
    key = holder.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key, holder.certificate.public_bytes(serialization.Encoding.PEM)


def _zeep_signs(envelope: etree._Element) -> Task:
    from zeep.wsse import signature as module

    key, prepared = module._make_sign_key(*_pem(), None), _prepared(envelope)

    def task() -> bytes:
        root = deepcopy(prepared)
        module._sign_envelope_with_key_binary(root, key, None, None)
        return etree.tostring(root)

    return task


def _zeep_verifies(data: bytes) -> Task:
    from zeep.wsse import signature as module

    key = module._make_verify_key(_pem()[1])
    return lambda: module._verify_envelope_with_key(etree.fromstring(data), key)


def _signxml_signs(envelope: etree._Element) -> Task:
    from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod, XMLSigner

    class Permissive(XMLSigner):
        def check_deprecated_methods(self) -> None:
            """SHA-1 is what the policy of the WSDL says."""

    prepared = _prepared(envelope)
    prepared[0][0][0].set(ID, "stamp")
    prepared[1].set(ID, "body")
    signer = Permissive(
        method=SignatureConstructionMethod.detached,
        signature_algorithm=SignatureMethod.RSA_SHA1,
        digest_algorithm=DigestAlgorithm.SHA1,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    told = etree.Element(f"{{{DS}}}KeyInfo")
    more: Any = {"key": supplier().key, "key_info": told, "reference_uri": ["#body", "#stamp"], "id_attribute": "Id"}

    def task() -> bytes:
        root = deepcopy(prepared)
        root[0][0].append(signer.sign(root, **more))
        return etree.tostring(root)

    return task


def _signxml_verifies(data: bytes) -> Task:
    from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod, XMLVerifier

    wanted = SignatureConfiguration(
        expect_references=2,
        location=f".//{{{WSSE}}}Security/",
        signature_methods=frozenset({SignatureMethod.RSA_SHA1}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA1}),
    )
    more: Any = {"x509_cert": supplier().certificate, "id_attribute": "Id", "expect_config": wanted}
    return lambda: XMLVerifier().verify(etree.fromstring(data), **more)
