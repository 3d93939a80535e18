// A shop's web site, and a browser that visits it.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const FILES = {
  "/shop.html": { type: "text/html", path: file("../pages/shop.html") },
  "/next.html": { type: "text/html", path: file("../pages/next.html") },
  "/member.html": { type: "text/html", path: file("../pages/member.html") },
  "/instantsearch.html": { type: "text/html", path: file("../pages/instantsearch.html") },
  "/autocomplete.html": { type: "text/html", path: file("../pages/autocomplete.html") },
  "/instantsearch.js": {
    type: "text/javascript",
    path: file("../node_modules/instantsearch.js/dist/instantsearch.production.min.js"),
  },
  "/autocomplete.js": {
    type: "text/javascript",
    path: file("../node_modules/@algolia/autocomplete-js/dist/umd/index.production.js"),
  },
  "/algoliasearch-lite.js": {
    type: "text/javascript",
    path: file("../node_modules/algoliasearch/dist/lite/builds/browser.umd.js"),
  },
  "/analytics-next.js": {
    type: "text/javascript",
    path: file("../node_modules/@segment/analytics-next/dist/umd/index.js"),
  },
  "/search-insights.min.js": {
    type: "text/javascript",
    path: file("../node_modules/search-insights/dist/search-insights.min.js"),
  },
};

function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** A part that analytics-next loads when it needs it. */
const PART = /^\/analytics-next\/bundles\/([\w.-]+\.js)$/;

function known(path) {
  const part = PART.exec(path)?.[1];
  const type = "text/javascript";
  return part ? { type, path: file(`../node_modules/@segment/analytics-next/dist/umd/${part}`) } : FILES[path];
}

/** Runs a test with a browser of its own and the URL of a shop. */
export async function withShop(test) {
  const server = createServer(serve).listen(0, "127.0.0.1");
  const profile = await mkdtemp(join(tmpdir(), "causeway-e2e-browser-"));
  const browser = await chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, args: QUIET });
  try {
    await test({ browser, url: `http://127.0.0.1:${server.address().port}` });
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
    server.close();
  }
}

async function serve({ url }, answer) {
  const found = known(new URL(url, "http://shop").pathname);
  if (!found) return answer.writeHead(404).end();
  answer.writeHead(200, { "content-type": found.type }).end(await readFile(found.path));
}
