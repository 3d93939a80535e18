// Autocomplete in a browser, its search client and its events pointed at the bridge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { clickFirst, open, type } from "../lib/search-page.js";
import { withShop } from "../lib/shop.js";
import { track } from "../lib/told.js";
import { withWorld } from "../lib/world.js";

test("Autocomplete: a word typed letter by letter is one search, and a click on what it found has its text", () =>
  withShop((shop) =>
    withWorld({}, async (world) => {
      const page = await open(shop, "autocomplete", world, { userToken: "anonymous-1" });
      const [first] = await type(page, "lamp");
      await clickFirst(page);
      const [clicked] = await track(world.sandbox, "Search Result Clicked");
      const searched = await track(world.sandbox, "Search Performed");
      assert.deepEqual(searched.map(({ properties }) => properties.query), ["lamp"]);
      const { query, query_id, product_id } = clicked.properties;
      assert.deepEqual(
        { query, query_id, product_id },
        { query: "lamp", query_id: searched[0].properties.query_id, product_id: first.object },
      );
      assert.deepEqual([clicked.anonymousId, searched[0].anonymousId], ["anonymous-1", "anonymous-1"]);
    })));

test("Autocomplete: a word that finds nothing is one search without results", () =>
  withShop((shop) =>
    withWorld({ zeroResults: true }, async (world) => {
      const page = await open(shop, "autocomplete", world, { userToken: "anonymous-1" });
      assert.deepEqual(await type(page, "zzqxj"), []);
      const events = await track(world.sandbox, "Search Returned No Results");
      assert.deepEqual(events.map(({ properties }) => properties.query), ["zzqxj"]);
    })));
