<?php
// Signs envelopes by the policy of the WSDL and verifies them, with DOM and openssl alone.

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const OASIS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-';
const WSSE = OASIS . 'wssecurity-secext-1.0.xsd';
const WSU = OASIS . 'wssecurity-utility-1.0.xsd';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const X509 = OASIS . 'x509-token-profile-1.0#X509v3';
const BASE64 = OASIS . 'soap-message-security-1.0#Base64Binary';
const SKI = OASIS . 'x509-token-profile-1.0#X509SubjectKeyIdentifier';
const THUMBPRINT = 'http://docs.oasis-open.org/wss/oasis-wss-soap-message-security-1.1#ThumbprintSHA1';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ALGORITHMS = [
    'sha1' => ['http://www.w3.org/2000/09/xmldsig#rsa-sha1', 'http://www.w3.org/2000/09/xmldsig#sha1'],
    'sha256' => ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2001/04/xmlenc#sha256'],
];

function parse(string $text): DOMDocument
{
    $document = new DOMDocument();
    if (!$document->loadXML($text, LIBXML_NONET)) {
        throw new RuntimeException('this is no XML');
    }
    return $document;
}

function child(DOMElement $parent, string $name): ?DOMElement
{
    foreach ($parent->childNodes as $node) {
        if ($node instanceof DOMElement && $node->localName === $name) {
            return $node;
        }
    }
    return null;
}

function add(DOMElement $parent, string $space, string $name, array $attributes = [], string $text = ''): DOMElement
{
    $element = $parent->ownerDocument->createElementNS($space, $name);
    foreach ($attributes as $key => $value) {
        $element->setAttribute($key, $value);
    }
    if ($text !== '') {
        $element->appendChild($parent->ownerDocument->createTextNode($text));
    }
    $parent->appendChild($element);
    return $element;
}

function der(string $pem): string
{
    preg_match('/-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----/s', $pem, $found);
    return base64_decode($found[1]);
}

function name_certificate(DOMElement $reference, string $pem, string $way): void
{
    $facts = openssl_x509_parse($pem);
    if ($way === 'token') {
        add($reference, WSSE, 'wsse:Reference', ['URI' => '#token', 'ValueType' => X509]);
    } elseif ($way === 'issuer-serial') {
        $pair = add(add($reference, DS, 'ds:X509Data'), DS, 'ds:X509IssuerSerial');
        $names = [];
        foreach (array_reverse($facts['issuer']) as $key => $value) {
            $names[] = "$key=$value";
        }
        add($pair, DS, 'ds:X509IssuerName', [], implode(',', $names));
        add($pair, DS, 'ds:X509SerialNumber', [], decimal($facts['serialNumberHex']));
    } else {
        $ski = hex2bin(str_replace([':', ' '], '', $facts['extensions']['subjectKeyIdentifier']));
        $value = $way === 'ski' ? $ski : sha1(der($pem), true);
        $kind = $way === 'ski' ? SKI : THUMBPRINT;
        add($reference, WSSE, 'wsse:KeyIdentifier', ['EncodingType' => BASE64, 'ValueType' => $kind], base64_encode($value));
    }
}

function decimal(string $hex): string
{
    $digits = [0];
    foreach (str_split($hex) as $letter) {
        $carry = hexdec($letter);
        foreach ($digits as $place => $digit) {
            $sum = $digit * 16 + $carry;
            $digits[$place] = $sum % 10;
            $carry = intdiv($sum, 10);
        }
        while ($carry > 0) {
            $digits[] = $carry % 10;
            $carry = intdiv($carry, 10);
        }
    }
    return strrev(implode('', $digits));
}

/** The envelope, signed over Body and Timestamp. */
function sign(string $text, string $pem, string $way, string $hash = 'sha1'): string
{
    [$method, $digest] = ALGORITHMS[$hash];
    $document = parse($text);
    $root = $document->documentElement;
    $body = child($root, 'Body');
    $header = child($root, 'Header');
    if ($header === null) {
        $header = $document->createElementNS(SOAP, $root->prefix === '' ? 'Header' : "{$root->prefix}:Header");
        $root->insertBefore($header, $body);
    }
    $security = add($header, WSSE, 'wsse:Security');
    $security->setAttributeNS(SOAP, ($root->prefix === '' ? 'soap' : $root->prefix) . ':mustUnderstand', '1');
    if ($way === 'token') {
        $token = add($security, WSSE, 'wsse:BinarySecurityToken', ['EncodingType' => BASE64, 'ValueType' => X509], base64_encode(der($pem)));
        $token->setAttributeNS(WSU, 'wsu:Id', 'token');
    }
    $stamp = add($security, WSU, 'wsu:Timestamp');
    $stamp->setAttributeNS(WSU, 'wsu:Id', 'time');
    add($stamp, WSU, 'wsu:Created', [], gmdate('Y-m-d\TH:i:s\Z'));
    add($stamp, WSU, 'wsu:Expires', [], gmdate('Y-m-d\TH:i:s\Z', time() + 60));
    $body->setAttributeNS(WSU, 'wsu:Id', 'body');
    $signature = add($security, DS, 'ds:Signature');
    $info = add($signature, DS, 'ds:SignedInfo');
    add($info, DS, 'ds:CanonicalizationMethod', ['Algorithm' => EXCLUSIVE]);
    add($info, DS, 'ds:SignatureMethod', ['Algorithm' => $method]);
    foreach (['time' => $stamp, 'body' => $body] as $name => $part) {
        $reference = add($info, DS, 'ds:Reference', ['URI' => "#$name"]);
        add(add($reference, DS, 'ds:Transforms'), DS, 'ds:Transform', ['Algorithm' => EXCLUSIVE]);
        add($reference, DS, 'ds:DigestMethod', ['Algorithm' => $digest]);
        add($reference, DS, 'ds:DigestValue', [], base64_encode(hash($hash, $part->C14N(true), true)));
    }
    openssl_sign($info->C14N(true), $value, openssl_pkey_get_private($pem), $hash);
    add($signature, DS, 'ds:SignatureValue', [], base64_encode($value));
    name_certificate(add(add($signature, DS, 'ds:KeyInfo'), WSSE, 'wsse:SecurityTokenReference'), $pem, $way);
    return $document->saveXML();
}

/** "verified", or why not: Body and Timestamp of the header must be what was signed, by a certificate that is known. */
function verdict(string $text, string $pem): string
{
    $hashes = ['sha1' => OPENSSL_ALGO_SHA1, 'sha256' => OPENSSL_ALGO_SHA256];
    $root = parse($text)->documentElement;
    $header = child($root, 'Header');
    $security = $header === null ? null : child($header, 'Security');
    $signature = $security === null ? null : child($security, 'Signature');
    if ($signature === null) {
        return 'not verified: there is no signature';
    }
    $info = child($signature, 'SignedInfo');
    $left = [child($root, 'Body'), child($security, 'Timestamp')];
    foreach ($info->childNodes as $reference) {
        if (!$reference instanceof DOMElement || $reference->localName !== 'Reference') {
            continue;
        }
        foreach ($left as $place => $part) {
            if ($part !== null && '#' . $part->getAttributeNS(WSU, 'Id') === $reference->getAttribute('URI')) {
                $method = preg_replace('/.*#/', '', child($reference, 'DigestMethod')->getAttribute('Algorithm'));
                if (base64_encode(hash($method, $part->C14N(true), true)) !== trim(child($reference, 'DigestValue')->textContent)) {
                    return "not verified: $part->localName was changed";
                }
                unset($left[$place]);
            }
        }
    }
    if ($left !== []) {
        return 'not verified: Body and Timestamp are not both signed';
    }
    $method = preg_replace('/.*rsa-/', '', child($info, 'SignatureMethod')->getAttribute('Algorithm'));
    $value = base64_decode(child($signature, 'SignatureValue')->textContent);
    $good = openssl_verify($info->C14N(true), $value, openssl_pkey_get_public($pem), $hashes[$method]);
    return $good === 1 ? 'verified' : 'not verified: the signature does not fit';
}

/** What stands in the Body, in the words that the tests use, and the result set. */
function outcome(string $text): array
{
    $body = child(parse($text)->documentElement, 'Body');
    foreach ($body->childNodes as $inside) {
        if (!$inside instanceof DOMElement) {
            continue;
        }
        if ($inside->localName === 'Fault') {
            $group = $inside->getElementsByTagNameNS('*', 'CodeGroup')->item(0);
            return ['fault ' . ($group === null ? 'without a detail' : $group->textContent), ''];
        }
        if ($inside->getAttributeNS('http://www.w3.org/2001/XMLSchema-instance', 'nil') === 'true') {
            return ['nil', ''];
        }
        $set = child($inside, 'Identification');
        return ['answer', $set === null ? '' : $set->textContent];
    }
    return ['empty', ''];
}
