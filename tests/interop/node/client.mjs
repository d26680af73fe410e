// node soap as a client: `node client.mjs JOBS OWN.pem HUB.pem SETTING`.

import { readFileSync } from "node:fs";
import soap from "soap";
import { outcome, verdict } from "./wsse.mjs";

const [jobs, own, hub, setting] = process.argv.slice(2);
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SETTINGS = {
  default: {},
  ids: { signerOptions: { idMode: "wssecurity" } },
  sha1: {
    signatureAlgorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    digestAlgorithm: "http://www.w3.org/2000/09/xmldsig#sha1",
  },
  transforms: { signerOptions: { idMode: "wssecurity" }, signatureTransformations: [EXCLUSIVE] },
};
const pem = readFileSync(own, "utf8");
const trusted = readFileSync(hub, "utf8");
let resultSet = "";

for (const line of readFileSync(jobs, "utf8").trim().split("\n")) {
  const [name, , address, action, , file] = line.split("\t");
  const request = readFileSync(file, "utf8").replaceAll("RESULT-SET", resultSet);
  let said;
  try {
    const client = await soap.createClientAsync(`${address}?WSDL`);
    const certificate = pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"));
    client.setSecurity(new soap.WSSecurityCert(pem, certificate, "", SETTINGS[setting]));
    let raw;
    try {
      raw = (await client[`${action}Async`]({ _xml: request }))[1];
    } catch (error) {
      raw = error.body ?? error.response?.data;
      if (typeof raw !== "string" || !raw.startsWith("<")) {
        throw error;
      }
    }
    const [what, set] = outcome(raw);
    resultSet = set || resultSet;
    said = [what, verdict(raw, trusted)];
  } catch (error) {
    said = [`error ${String(error.message).replace(/\s+/g, " ").slice(0, 300)}`, "-"];
  }
  console.log([name, ...said].join("\t"));
}
