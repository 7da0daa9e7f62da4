// @signpdf: a placeholder without a visible stamp, PAdES, file to file, as its readme shows it.
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [folder, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { SignPdf } = require("@signpdf/signpdf");
const { P12Signer } = require("@signpdf/signer-p12");
const { plainAddPlaceholder } = require("@signpdf/placeholder-plain");
const key = readFileSync(`${folder}/key.p12`);

for await (const line of createInterface({ input: process.stdin })) {
  const { source, target } = JSON.parse(line);
  const before = performance.now(), used = process.cpuUsage();
  const pdfBuffer = plainAddPlaceholder({
    pdfBuffer: readFileSync(source), reason: "Stempel", contactInfo: "", name: "Uji", location: "",
    signatureLength: 8192, subFilter: "ETSI.CAdES.detached",
  });
  writeFileSync(target, await new SignPdf().sign(pdfBuffer, new P12Signer(key, { passphrase: "bench" })));
  const { user, system } = process.cpuUsage(used);
  console.log(JSON.stringify({ processor: (user + system) / 1000, clock: performance.now() - before }));
}
