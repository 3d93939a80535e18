// algoliasearch for JavaScript, its insights client with a host of its own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { algoliasearch } from "algoliasearch";
import { everyKindArrivedOnce } from "../lib/arrived.js";
import { insights, view, viewedAtAlgolia, viewedAtSegment } from "../lib/insights.js";
import { KINDS, asDocumented } from "../lib/kinds.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withWorld } from "../lib/world.js";

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

const WAYS = [
  ["credentials in the query", { authMode: "WithinQueryParameters" }],
  ["gzip", { compression: "gzip" }],
];

for (const [name, options] of WAYS) {
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
    await insights(bridge).pushEvents({ events: objects.map((object) => view(object)) });
    await bridge.settled(objects.length);
    assert.deepEqual(await viewedAtSegment(sandbox), objects);
    assert.deepEqual((await viewedAtAlgolia(sandbox)).sort(), objects.toSorted());
  }));

test("algoliasearch: a secured key made from the known one may send, one that has run out may not", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const now = Math.round(Date.now() / 1000);
    const withKey = (restrictions) => {
      const apiKey = algoliasearch(ACCOUNT.appId, ACCOUNT.apiKey).generateSecuredApiKey({
        parentApiKey: ACCOUNT.apiKey,
        restrictions,
      });
      return insights(bridge, {}, { apiKey });
    };
    await withKey({ validUntil: now + 600, userToken: "js-4" }).pushEvents({ events: [view("a")] });
    const late = withKey({ validUntil: now - 600 }).pushEvents({ events: [view("b")] });
    await assert.rejects(late, { status: 401, message: "Invalid credentials" });
    await bridge.settled(1);
    assert.deepEqual(await viewedAtSegment(sandbox), ["a"]);
    assert.deepEqual(await viewedAtAlgolia(sandbox), ["a"]);
  }));
