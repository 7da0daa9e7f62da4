// Lighthouse on its default slow phone, for tests/web/slow.py: reads { chromium, flags, urls, categories } and writes, for each
// address, the score of each category out of 100, the audits that cost points and the figures behind the speed. Asks nobody but
// the addresses.

import { readFileSync } from "node:fs";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const FIGURES = ["first-contentful-paint", "largest-contentful-paint", "speed-index", "total-blocking-time", "cumulative-layout-shift"];
const { chromium, flags, urls, categories } = JSON.parse(readFileSync(0));
const chrome = await launch({ chromePath: chromium, chromeFlags: ["--headless=new", ...flags], logLevel: "silent" });
const found = {};
try {
  for (const url of urls) {
    const { lhr } = await lighthouse(url, {
      port: chrome.port, logLevel: "silent", disableFullPageScreenshot: true, onlyCategories: categories,
    }); // prettier-ignore
    if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
    const judged = Object.values(lhr.categories);
    const weighed = judged.flatMap((one) => one.auditRefs).filter((one) => one.weight > 0);
    found[url] = {
      scores: Object.fromEntries(judged.map((one) => [one.id, Math.round(one.score * 100)])),
      lost: [...new Set(weighed.map((one) => one.id))].filter((id) => lhr.audits[id].score !== null && lhr.audits[id].score < 0.9),
      figures: Object.fromEntries(FIGURES.map((id) => [id, lhr.audits[id]?.numericValue])),
      version: lhr.lighthouseVersion,
    };
  }
} finally {
  chrome.kill();
}
process.stdout.write(JSON.stringify(found));
