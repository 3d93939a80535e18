// segment-analytics-python, pointed at the bridge by its setting `host`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLICK, CLICK_AT_ALGOLIA, ORDER, ORDER_AT_ALGOLIA, eventsSince, recordBecomes } from "../lib/other-way.js";
import { callWithPython } from "../lib/python.js";
import { withWorld } from "../lib/world.js";

const WHO = { user_id: "u-7", anonymous_id: "a-7" };
const CALLS = [
  ["identify", { ...WHO, traits: { tier: "gold", brand: "Blå Kafé" } }],
  ["track", { ...WHO, ...CLICK }],
  ["track", { ...WHO, ...ORDER }],
  ["page", { ...WHO, name: "Home" }],
  ["screen", { ...WHO, name: "Start" }],
  ["group", { ...WHO, group_id: "g-1", traits: { size: 3 } }],
  ["alias", { previous_id: "u-0", user_id: "u-7" }],
];

for (const encoding of ["plain", "gzip"]) {
  test(`segment-analytics-python, ${encoding}: every call arrives, at Segment as made and at Algolia as events`, () =>
    withWorld({ otherWay: true }, async ({ bridge, sandbox }) => {
      const since = Date.now();
      assert.deepEqual(await callWithPython(bridge, encoding, CALLS), [], "the library saw no error");
      await recordBecomes(sandbox, "u-7", { tier: "gold", brand: "Blå Kafé" });
      await bridge.settled(CALLS.length);
      const fromPython = (await sandbox.messages()).filter(({ context }) => context.library?.name === "analytics-python");
      assert.deepEqual(fromPython.map(({ type }) => type).sort(), CALLS.map(([name]) => name).sort());
      const who = { userToken: "a-7", authenticatedUserToken: "u-7" };
      const events = await eventsSince(sandbox, since);
      assert.deepEqual(events, [{ ...CLICK_AT_ALGOLIA, ...who }, { ...ORDER_AT_ALGOLIA, ...who }]);
    }));
}

test("segment-analytics-python: a wrong write key is told", () =>
  withWorld({ otherWay: true }, async ({ bridge }) => {
    const [error] = await callWithPython(bridge, "plain", CALLS.slice(0, 1), { writeKey: "no-such-key" });
    assert.match(error, /401/);
  }));
