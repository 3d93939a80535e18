// The first command that a newcomer runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CAUSEWAY } from "../lib/causeway.js";
import { Program, run } from "../lib/process.js";

test("causeway demo needs nothing, shows the traffic, and ends by itself with balanced books", async () => {
  const { code, stdout, stderr } = await run(CAUSEWAY, ["demo", "--for", "3"]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /the ledger balances: nothing was lost/);
  const [, messages, events] = /kept (\d+) Segment messages and (\d+) Algolia events/.exec(stdout);
  assert.ok(messages > 0 && events > 0, "events reached both vendors");
});

test("causeway demo shows what Segment's people change at Algolia", async () => {
  const demo = new Program(CAUSEWAY, ["demo", "--shoppers", "200"]);
  await demo.printed(/a search of (\S+) carries \{"userToken":"\1",.*"optionalFilters":\["brand:/);
  assert.deepEqual(await demo.end("SIGINT"), { code: 0, signal: null }, demo.output);
  const [, writes, people] = /(\d+) writes to records of (\d+) people/.exec(demo.output);
  assert.ok(writes > 0 && people > 0, "people's records reached Algolia");
});
