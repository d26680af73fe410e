// A server that answers what its address names, HOW/WHAT/SERVICE: `node server.mjs HUB.pem PARTY.pem ANSWERS LOG`.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { child, children, parse, sign, verdict } from "./wsse.mjs";

const [own, party, answers, log] = process.argv.slice(2);
const pem = readFileSync(own, "utf8");
const trusted = readFileSync(party, "utf8");

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const [, way, what] = request.url.split("/");
    writeFileSync(log, verdict(Buffer.concat(parts).toString("utf8"), trusted));
    const plain = readFileSync(`${answers}/${what}.xml`, "utf8");
    const inside = children(child(parse(plain).documentElement, "Body"))[0].toString();
    const body = way === "unsigned" ? plain : sign(inside, pem, way);
    response.writeHead(what.includes("fault") ? 500 : 200, { "Content-Type": "text/xml; charset=utf-8" });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
