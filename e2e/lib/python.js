// The vendors' Python clients, in the environment that the test command made.

import { fileURLToPath } from "node:url";
import { run } from "./process.js";
import { ACCOUNT } from "./sandbox.js";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PYTHON = process.env.E2E_PYTHON ?? path("../../.e2e/python/bin/python");
const INSIGHTS = path("../clients/insights.py");
const SEARCH = path("../clients/search.py");
const SEGMENT = path("../clients/segment_calls.py");

/** Pushes events; answers what the client answers. `mode` is sync or async. */
export function pushWithPython(bridge, mode, events) {
  return python([INSIGHTS, bridge.address, ACCOUNT.appId, ACCOUNT.apiKey, mode], { events });
}

/** Makes calls of the search client, each `[method, arguments]`; of each its `{ answer }` or `{ error }`. */
export function searchWithPython(mode, account, calls) {
  return python([SEARCH, mode], { account, calls });
}

/** Makes calls of Segment's library and flushes; answers its errors. `encoding` is plain or gzip. */
export function callWithPython(bridge, encoding, calls, { writeKey } = ACCOUNT) {
  return python([SEGMENT, bridge.url, writeKey, encoding], calls);
}

async function python([script, ...args], input) {
  const { code, stdout, stderr } = await run(PYTHON, [script, ...args], JSON.stringify(input));
  if (code !== 0) throw new Error(`${script} ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout);
}
