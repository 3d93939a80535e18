// InstantSearch in a browser, its search client and its events pointed at the bridge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { poll } from "../lib/poll.js";
import { TIMEOUTS, clickFirst, open, type } from "../lib/search-page.js";
import { withShop } from "../lib/shop.js";
import { identify, track } from "../lib/told.js";
import { withWorld } from "../lib/world.js";

const ANONYMOUS = { userToken: "anonymous-1" };

/** Runs a test with a browser in front of a world. */
const inShop = (settings, test) => () => withShop((shop) => withWorld(settings, (world) => test(shop, world)));

test("InstantSearch: a word typed letter by letter is one search, and a click on what it found has its text", inShop(
  {},
  async (shop, world) => {
    await identify(world.bridge, { anonymousId: "anonymous-1", userId: "ann" });
    const page = await open(shop, "instantsearch", world, ANONYMOUS);
    const [first] = await type(page, "lamp");
    assert.deepEqual(await asked(world.sandbox), ["", "l", "la", "lam", "lamp"], "the page asks at each letter");
    await clickFirst(page);
    const [clicked] = await track(world.sandbox, "Search Result Clicked");
    const searched = await track(world.sandbox, "Search Performed");
    assert.deepEqual(searched.map(({ properties }) => properties.query), ["lamp"]);
    const { query, query_id, product_id, position } = clicked.properties;
    const expected = { query: "lamp", query_id: searched[0].properties.query_id, product_id: first.object, position: 1 };
    assert.deepEqual({ query, query_id, product_id, position }, expected);
    for (const { anonymousId, userId } of [clicked, ...searched]) {
      assert.deepEqual({ anonymousId, userId }, { anonymousId: "anonymous-1", userId: "ann" });
    }
  },
));

test("InstantSearch: a word that finds nothing is one search without results", inShop(
  { zeroResults: true },
  async (shop, world) => {
    const page = await open(shop, "instantsearch", world, ANONYMOUS);
    assert.deepEqual(await type(page, "zzqxj"), []);
    const events = await track(world.sandbox, "Search Returned No Results");
    assert.deepEqual(events.map(({ properties }) => properties.query), ["zzqxj"]);
    assert.deepEqual(events.map(({ anonymousId }) => anonymousId), ["anonymous-1"]);
  },
));

test("InstantSearch: two customers who type the same see what each of them likes first", inShop(
  { otherWay: true },
  async (shop, world) => {
    for (const [token, brand] of [["anonymous-1", "Fjordal"], ["anonymous-2", "Lumen North"]]) {
      await identify(world.bridge, { anonymousId: token, userId: `user-of-${token}`, traits: { brand } });
      await poll(`${token} is known to like ${brand}`, async () => {
        const { optionalFilters = [] } = await world.bridge.searchContext(token);
        return optionalFilters.includes(`brand:${brand}<score=3>`);
      });
      const page = await open(shop, "instantsearch", world, { userToken: token });
      const seen = await type(page, "lamp");
      const liked = seen.filter((object) => object.brand === brand).length;
      assert.ok(liked > 1 && liked < seen.length, "what others like is there as well");
      assert.ok(seen.slice(0, liked).every((object) => object.brand === brand), `${brand} comes first`);
    }
  },
));

test("InstantSearch: what it sends by itself is one view for each answer on the page, without the query's text", inShop(
  {},
  async (shop, world) => {
    const page = await open(shop, "instantsearch", world, { ...ANONYMOUS, views: true });
    for (const letter of ["", "l", "a"]) await type(page, letter);
    const views = await poll("the views of three answers are at Segment", async () => {
      const found = (await world.sandbox.messages()).filter(({ event }) => event === "Search Results Viewed");
      return found.length >= 3 && found;
    });
    assert.equal(views.length, 3);
    for (const { properties } of views) {
      assert.deepEqual([properties.event_name, properties.products.length], ["Hits Viewed", 20]);
      assert.deepEqual([properties.query, properties.query_id], [undefined, undefined]);
    }
  },
));

const OUTAGES = [
  ["is killed", (bridge) => bridge.crash(), (bridge) => bridge.start()],
  ["hangs", (bridge) => bridge.hang(), (bridge) => bridge.wake()],
];
for (const [what, goes, comes] of OUTAGES) {
  test(`InstantSearch: a page that is open when the bridge ${what} goes on searching`, inShop({}, async (shop, world) => {
    const page = await open(shop, "instantsearch", world, { ...ANONYMOUS, timeouts: TIMEOUTS });
    await type(page, "la");
    await goes(world.bridge);
    assert.equal((await type(page, "mp")).length, 20);
    assert.deepEqual([...new Set(await asked(world.sandbox))], ["", "l", "la", "lam", "lamp"]);
    await comes(world.bridge);
  }));
}

/** What Algolia was asked, whatever came first. */
async function asked(sandbox) {
  return (await sandbox.searches()).map(({ query }) => query).sort();
}
