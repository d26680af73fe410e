// Signs envelopes by the policy of the WSDL, and verifies them: Body and Timestamp, by a certificate that is known.

import { createHash, X509Certificate } from "node:crypto";
import { DOMParser } from "@xmldom/xmldom";
import { SignedXml } from "xml-crypto";

export const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
const WSSE = `${OASIS}wssecurity-secext-1.0.xsd`;
const WSU = `${OASIS}wssecurity-utility-1.0.xsd`;
const DS = "http://www.w3.org/2000/09/xmldsig#";
const X509 = `${OASIS}x509-token-profile-1.0#X509v3`;
const BASE64 = `${OASIS}soap-message-security-1.0#Base64Binary`;
const SKI = `${OASIS}x509-token-profile-1.0#X509SubjectKeyIdentifier`;
const THUMBPRINT = "http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#ThumbprintSHA1";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INSIDE = "/*[local-name()='Envelope']";

export function parse(text) {
  return new DOMParser().parseFromString(text, "text/xml");
}

export function children(element) {
  return Array.from(element.childNodes).filter((node) => node.nodeType === 1);
}

export function child(element, name) {
  return children(element).find((node) => node.localName === name);
}

export function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

// The bytes of a subject key identifier: the last extension with that identifier, as DER has it.
function subjectKeyIdentifier(certificate) {
  const raw = certificate.raw;
  const at = raw.indexOf(Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0e]));
  const size = raw[at + 8]; // OBJECT IDENTIFIER, OCTET STRING, OCTET STRING
  return raw.subarray(at + 9, at + 9 + size);
}

function named(certificate, way) {
  const identifier = (kind, value) =>
    `<wsse:KeyIdentifier EncodingType="${BASE64}" ValueType="${kind}">${value.toString("base64")}</wsse:KeyIdentifier>`;
  switch (way) {
    case "token":
      return `<wsse:Reference URI="#token" ValueType="${X509}"/>`;
    case "ski":
      return identifier(SKI, subjectKeyIdentifier(certificate));
    case "thumbprint":
      return identifier(THUMBPRINT, createHash("sha1").update(certificate.raw).digest());
    case "issuer-serial": {
      const issuer = certificate.issuer.split("\n").reverse().join(",");
      const number = BigInt(`0x${certificate.serialNumber}`).toString();
      const pair = `<ds:X509IssuerName>${escaped(issuer)}</ds:X509IssuerName><ds:X509SerialNumber>${number}</ds:X509SerialNumber>`;
      return `<ds:X509Data xmlns:ds="${DS}"><ds:X509IssuerSerial>${pair}</ds:X509IssuerSerial></ds:X509Data>`;
    }
    default:
      throw new Error(`unknown way: ${way}`);
  }
}

// An envelope with a body, signed; the key and the certificate are PEM.
export function sign(inside, pem, way) {
  const certificate = new X509Certificate(pem);
  const now = Date.now();
  const moment = (more) => new Date(now + more).toISOString().replace(/\.\d+Z/, "Z");
  const token =
    way === "token"
      ? `<wsse:BinarySecurityToken EncodingType="${BASE64}" ValueType="${X509}" wsu:Id="token">${certificate.raw.toString("base64")}</wsse:BinarySecurityToken>`
      : "";
  const envelope =
    `<s:Envelope xmlns:s="${SOAP}" xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}"><s:Header><wsse:Security s:mustUnderstand="1">${token}` +
    `<wsu:Timestamp wsu:Id="time"><wsu:Created>${moment(0)}</wsu:Created><wsu:Expires>${moment(60000)}</wsu:Expires></wsu:Timestamp>` +
    `</wsse:Security></s:Header><s:Body wsu:Id="body">${inside}</s:Body></s:Envelope>`;
  const signature = new SignedXml({
    privateKey: pem,
    idMode: "wssecurity",
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: EXCLUSIVE,
    getKeyInfoContent: () => `<wsse:SecurityTokenReference>${named(certificate, way)}</wsse:SecurityTokenReference>`,
  });
  for (const xpath of [`${INSIDE}/*[local-name()='Body']`, "//*[local-name()='Timestamp']"]) {
    signature.addReference({ xpath, transforms: [EXCLUSIVE], digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256" });
  }
  const place = { reference: "//*[local-name()='Security']", action: "append" };
  signature.computeSignature(envelope, { location: place, prefix: "ds", existingPrefixes: { wsse: WSSE } });
  return signature.getSignedXml();
}

// "verified", or why not: the Body and the Timestamp of the header must be what was signed.
export function verdict(text, pem) {
  try {
    const root = parse(text).documentElement;
    const header = child(root, "Header");
    const security = header && child(header, "Security");
    if (!security) {
      return "not verified: there is no security header";
    }
    const checked = new SignedXml({ publicCert: pem, idMode: "wssecurity", getCertFromKeyInfo: () => null });
    checked.loadSignature(child(security, "Signature"));
    if (!checked.checkSignature(text)) {
      return "not verified: the signature does not fit";
    }
    const signed = checked.getReferences().map((reference) => reference.uri);
    for (const part of [child(root, "Body"), child(security, "Timestamp")]) {
      if (!signed.includes(`#${part.getAttributeNS(WSU, "Id")}`)) {
        return `not verified: ${part.localName} is not signed`;
      }
    }
    return "verified";
  } catch (error) {
    return `not verified: ${error.message}`;
  }
}

// What stands in the Body, in the words that the tests use; and the result set.
export function outcome(text) {
  const inside = children(child(parse(text).documentElement, "Body"))[0];
  if (!inside) {
    return ["empty", ""];
  }
  if (inside.localName === "Fault") {
    const group = Array.from(inside.getElementsByTagName("*")).find((node) => node.localName === "CodeGroup");
    return [`fault ${group ? group.textContent : "without a detail"}`, ""];
  }
  if (/ \w+:nil="true"/.test(inside.toString().slice(0, 500))) {
    return ["nil", ""];
  }
  return ["answer", child(inside, "Identification")?.textContent ?? ""];
}
