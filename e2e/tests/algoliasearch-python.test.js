// algoliasearch for Python, its insights client with a host of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { everyKindArrivedOnce } from "../lib/arrived.js";
import { KINDS, asDocumented } from "../lib/kinds.js";
import { pushWithPython } from "../lib/python.js";
import { withWorld } from "../lib/world.js";

for (const [mode, naming] of [["sync", "search"], ["async", "ecommerce"]]) {
  test(`algoliasearch for Python, ${mode}: every kind reaches both vendors once, naming = "${naming}"`, () =>
    withWorld({ naming }, async (world) => {
      const since = Date.now();
      const answer = await pushWithPython(world.bridge, mode, KINDS.map((kind) => asDocumented(kind, "python-1")));
      assert.deepEqual(answer, { status: 200, message: "OK" });
      await world.bridge.settled(KINDS.length);
      await everyKindArrivedOnce(world, { naming, since, token: "python-1" });
    }));
}

test("algoliasearch for Python: a refusal is told in the vendor's words", () =>
  withWorld({}, async ({ bridge }) => {
    const nameless = { eventType: "view", index: "products", userToken: "python-2", objectIDs: ["a"] };
    const { error } = await pushWithPython(bridge, "sync", [nameless]);
    assert.match(error, /EventName is required/);
  }));
