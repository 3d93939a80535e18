// @segment/analytics-next in a page of another origin, beside search-insights.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, enter, view } from "../lib/member-shop.js";
import { CLICK, CLICK_AT_ALGOLIA, ORDER, ORDER_AT_ALGOLIA, eventsSince, recordBecomes } from "../lib/other-way.js";
import { poll } from "../lib/poll.js";
import { withShop } from "../lib/shop.js";
import { withWorld } from "../lib/world.js";

/** Runs a test with a bridge and a page; at the end the page must have talked with nobody else. */
function withVisitor(run) {
  return withShop((shop) =>
    withWorld({ otherWay: true }, async (world) => {
      const { bridge } = world;
      const strangers = new Set();
      const failures = [];
      shop.browser.on("request", (request) => {
        const { origin } = new URL(request.url());
        if (![shop.url, bridge.url].includes(origin)) strangers.add(origin);
      });
      shop.browser.on("requestfailed", (request) => failures.push(`${request.url()} ${request.failure().errorText}`));
      await run({ ...world, shop, page: await enter(shop, bridge) });
      assert.deepEqual([...strangers], [], "the page talks with the shop and the bridge alone");
      assert.deepEqual(failures, [], "the page may read every answer");
    }));
}

/** Waits until so many objects' views are at Algolia; answers who viewed each. */
function viewers(sandbox, count) {
  return poll(`${count} views are at Algolia`, async () => {
    const views = (await sandbox.events()).filter(({ eventType }) => eventType === "view");
    const who = views.map((view) => [view.objectIDs[0], [view.userToken, view.authenticatedUserToken]]);
    return who.length >= count && Object.fromEntries(who);
  });
}

test("analytics-next: every call reaches Segment as made, a click and an order become Algolia's events", () =>
  withVisitor(async ({ bridge, sandbox, page }) => {
    const since = Date.now();
    const { anonymousId } = await call(page, "page", "Home");
    await call(page, "track", CLICK.event, CLICK.properties);
    await call(page, "identify", "u-1", { tier: "gold" });
    await call(page, "group", "g-1", { size: 3 });
    await call(page, "screen", "Start");
    await call(page, "track", ORDER.event, ORDER.properties);
    await call(page, "alias", "u-1", "u-0");
    await bridge.settled(7);
    const fromPage = (await sandbox.messages()).filter(({ context }) => context.library?.name === "analytics.js");
    const types = fromPage.map(({ type }) => type);
    assert.deepEqual(types.sort(), ["alias", "group", "identify", "page", "screen", "track", "track"]);
    const events = (await eventsSince(sandbox, since)).toSorted((one, other) => one.eventName < other.eventName ? 1 : -1);
    assert.deepEqual(events, [
      { ...CLICK_AT_ALGOLIA, userToken: anonymousId },
      { ...ORDER_AT_ALGOLIA, userToken: anonymousId, authenticatedUserToken: "u-1" },
    ]);
  }));

test("analytics-next: who identifies after anonymous browsing takes their history along, and later events are theirs", () =>
  withVisitor(async ({ bridge, sandbox, shop, page }) => {
    const { anonymousId } = await call(page, "identify", { brand: "Acme" });
    await recordBecomes(sandbox, anonymousId, { brand: "Acme" });
    await view(page, "before");
    await viewers(sandbox, 1);

    await call(page, "identify", "u-1", { tier: "gold" });
    await recordBecomes(sandbox, "u-1", { brand: "Acme", tier: "gold" });
    assert.equal(await sandbox.record(anonymousId), undefined, "the record of the nameless visitor is gone");
    const params = { optionalFilters: ["brand:Acme<score=3>"], analyticsTags: ["tier-gold"] };
    assert.deepEqual(await bridge.searchContext(anonymousId), { userToken: anonymousId, ...params });
    assert.deepEqual(await bridge.searchContext("u-1"), { userToken: "u-1", ...params });

    await view(page, "after");
    const nextVisit = await enter(shop, bridge);
    await view(nextVisit, "next visit");
    assert.deepEqual(await viewers(sandbox, 3), {
      before: [anonymousId, undefined],
      after: [anonymousId, "u-1"],
      "next visit": [anonymousId, "u-1"],
    });
    await bridge.settled(5);
    const views = (await sandbox.messages()).filter(({ event }) => event === "Search Results Viewed");
    const people = views.map(({ properties, userId }) => [properties.products[0].product_id, userId ?? undefined]);
    assert.deepEqual(people, [["before", undefined], ["after", "u-1"], ["next visit", "u-1"]]);
  }));

test("analytics-next: after reset() the next one on the same browser is somebody else, and the two are never merged", () =>
  withVisitor(async ({ bridge, sandbox, page }) => {
    const first = await call(page, "identify", "u-1", { tier: "gold" });
    await view(page, "first");
    const between = await call(page, "reset");
    assert.deepEqual([between.userId, between.anonymousId === first.anonymousId], [null, false]);
    await view(page, "between");
    const second = await call(page, "identify", "u-2", { tier: "silver", brand: "Zeta" });
    await view(page, "second");

    await recordBecomes(sandbox, "u-1", { tier: "gold" });
    await recordBecomes(sandbox, "u-2", { tier: "silver", brand: "Zeta" });
    const gold = { analyticsTags: ["tier-gold"] };
    const zeta = { optionalFilters: ["brand:Zeta<score=3>"] };
    for (const [id, context] of [[first.anonymousId, gold], ["u-1", gold], [second.anonymousId, zeta], ["u-2", zeta]]) {
      assert.deepEqual(await bridge.searchContext(id), { userToken: id, ...context });
    }
    const seen = await viewers(sandbox, 3);
    assert.deepEqual(seen.first, [first.anonymousId, "u-1"]);
    assert.equal(seen.between[0], second.anonymousId);
    assert.deepEqual(seen.second, [second.anonymousId, "u-2"]);
    await bridge.settled(5);
  }));

test("analytics-next: a second login without reset() does not merge the two who share the browser", () =>
  withVisitor(async ({ bridge, sandbox, page }) => {
    await call(page, "identify", "u-1", { tier: "gold" });
    const { userId } = await call(page, "identify", "u-2", { brand: "Zeta" });
    assert.equal(userId, "u-2");
    await recordBecomes(sandbox, "u-1", { tier: "gold" });
    await recordBecomes(sandbox, "u-2", { brand: "Zeta" });
    assert.deepEqual(await bridge.searchContext("u-1"), { userToken: "u-1", analyticsTags: ["tier-gold"] });
    assert.deepEqual(await bridge.searchContext("u-2"), { userToken: "u-2", optionalFilters: ["brand:Zeta<score=3>"] });
    await bridge.settled(2);
  }));
