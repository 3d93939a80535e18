// With everything off the gateway changes nothing, whichever of the vendor's clients asks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { CLIENTS, v4, v5 } from "../lib/searchers.js";
import { firstDifference, withTap } from "../lib/tap.js";
import { withWorld } from "../lib/world.js";

for (const [name, client] of Object.entries(CLIENTS)) {
  test(`${name}: every read reaches Algolia byte for byte, and its answer the client, as without the bridge`, () =>
    withWorld({ additions: false }, async ({ bridge, sandbox, algolia }) => {
      const throughBridge = await exchanges(client, bridge.url, sandbox.url);
      assert.ok(throughBridge.length >= 11, "every read went through the bridge");
      assert.equal(firstDifference(throughBridge, algolia.exchanges), undefined);
      const direct = await exchanges(client, sandbox.url, sandbox.url);
      assert.equal(firstDifference(throughBridge.map(timeless), direct.map(timeless)), undefined);
    }));
}

for (const [name, client] of [["algoliasearch 4", v4], ["algoliasearch 5", v5]]) {
  test(`${name}: writes go to Algolia's own hosts, since the bridge's accepts reads only`, () =>
    withWorld({ additions: false }, ({ bridge, sandbox }) =>
      withTap(bridge.url, async (tap) => {
        await client([tap.url, sandbox.url]).save({ objectID: "sku-new", name: "New" });
        assert.deepEqual(tap.exchanges, []);
        assert.equal((await sandbox.writes()).at(-1).objectID, "sku-new");
      })));
}

/** What passes between a client and its first host while it makes every kind of read. */
function exchanges(client, first, behind) {
  return withTap(first, async (tap) => {
    await client([tap.url, behind]).all();
    return tap.exchanges;
  });
}

/** What differs from one time to the next: when it was, and a request's own number. */
const OF_ONE_TIME = new Set(["date", "request-id"]);

/** Without what differs from one time to the next. */
function timeless({ request, answer }) {
  const packed = answer.headers.some(([name, value]) => name === "content-encoding" && value === "gzip");
  const text = (packed ? gunzipSync(answer.body) : answer.body).toString();
  return {
    request: { ...request, headers: lasting(request) },
    status: answer.status,
    headers: lasting(answer),
    body: text.replaceAll(/"(processing|server)TimeMS":\d+/g, '"$1TimeMS":0'),
  };
}

const lasting = ({ headers }) => headers.filter(([name]) => !OF_ONE_TIME.has(name));
