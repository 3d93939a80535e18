// algoliasearch for JavaScript, its insights client with a host of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { algoliasearch } from "algoliasearch";
import { everyKindArrivedOnce } from "../lib/arrived.js";
import { KINDS, asDocumented } from "../lib/kinds.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withWorld } from "../lib/world.js";

function insights(bridge, options) {
  const hosts = [{ url: bridge.address, protocol: "http", accept: "readWrite" }];
  return algoliasearch(ACCOUNT.appId, ACCOUNT.apiKey).initInsights({ options: { hosts, ...options } });
}

for (const naming of ["search", "ecommerce"]) {
  test(`algoliasearch: every kind in one request reaches both vendors once, naming = "${naming}"`, () =>
    withWorld({ naming }, async (world) => {
      const since = Date.now();
      const events = KINDS.map((kind) => asDocumented(kind, "js-1"));
      const answer = await insights(world.bridge).pushEvents({ events });
      assert.deepEqual(answer, { status: 200, message: "OK" });
      await world.bridge.settled(KINDS.length);
      await everyKindArrivedOnce(world, { naming, since, token: "js-1" });
    }));
}

for (const [name, options] of [["credentials in the query", { authMode: "WithinQueryParameters" }], ["gzip", { compression: "gzip" }]]) {
  test(`algoliasearch with ${name}: every kind reaches both vendors once`, () =>
    withWorld({}, async (world) => {
      const since = Date.now();
      const events = KINDS.map((kind) => asDocumented(kind, "js-2"));
      await insights(world.bridge, options).pushEvents({ events });
      await world.bridge.settled(KINDS.length);
      await everyKindArrivedOnce(world, { since, token: "js-2" });
    }));
}

test("algoliasearch: the largest request that Insights takes arrives whole and in order", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const objects = Array.from({ length: 1000 }, (_, number) => `object-${number}`);
    const view = { eventType: "view", eventName: "Viewed", index: "products", userToken: "js-3" };
    await insights(bridge).pushEvents({ events: objects.map((object) => ({ ...view, objectIDs: [object] })) });
    await bridge.settled(objects.length);
    const arrived = (await sandbox.messages()).map(({ properties }) => properties.products[0].product_id);
    assert.deepEqual(arrived, objects);
    assert.equal((await sandbox.events()).length, objects.length);
  }));
