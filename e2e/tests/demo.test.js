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
  const [, seen] = /\b([1-9]\d*) searches  delivered/.exec(stdout);
  const [, counted] = /^searches +(\d+)/m.exec(stdout);
  assert.ok(Number(counted) >= Number(seen), "every search that passed the gateway is in the ledger");
  const wide = stdout.split("\n").filter((line) => [...line].length > 80);
  assert.deepEqual(wide, [], "it fits into 80 columns");
});

test("causeway demo shows who finds what, who finds nothing, and what Segment's people change at Algolia", async () => {
  const demo = new Program(CAUSEWAY, ["demo", "--shoppers", "200"]);
  await demo.printed(/Segment told: \S+ found no "/);
  await demo.printed(/customer-\d+ finds for "(\w+)" +somebody new finds for "\1"/);
  await demo.printed(/carries brand:[A-Z]/);
  assert.deepEqual(await demo.end("SIGINT"), { code: 0, signal: null }, demo.output);
  const [, writes, people] = /(\d+) writes to records of (\d+) people/.exec(demo.output);
  assert.ok(writes > 0 && people > 0, "people's records reached Algolia");
});
