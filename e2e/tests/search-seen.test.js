// What a search through the gateway becomes, whichever of the vendor's clients asks.

import assert from "node:assert/strict";
import { test } from "node:test";
import { insights } from "../lib/insights.js";
import { CLIENTS, QUERY, v5 } from "../lib/searchers.js";
import { identify, track } from "../lib/told.js";
import { withWorld } from "../lib/world.js";

for (const [name, client] of Object.entries(CLIENTS)) {
  test(`${name}: a search gets a queryID and becomes one event on its person, and a click that names it has its text`, () =>
    withWorld({}, async ({ bridge, sandbox }) => {
      await identify(bridge, { anonymousId: "anonymous-1", userId: "ann" });
      const searcher = client([bridge.url, sandbox.url]);
      const [answer] = await searcher.searches([{ ...QUERY, userToken: "anonymous-1" }]);
      const [asked] = await sandbox.searches();
      assert.deepEqual(
        [asked.userToken, String(asked.params.clickAnalytics), asked.queryID],
        ["anonymous-1", "true", answer.queryID],
        "Algolia was told who searches, and asked for a queryID",
      );
      await bridge.knows(answer.queryID);
      await click(bridge, answer);
      const [searched] = await track(sandbox, "Search Performed");
      const { query, query_id, search_index, filters, nb_hits } = searched.properties;
      assert.deepEqual(
        { query, query_id, search_index, filters, nb_hits },
        {
          query: "lamp", query_id: answer.queryID, search_index: "products", filters: "price > 20", nb_hits: answer.nbHits,
        },
      );
      const [clicked] = await track(sandbox, "Search Result Clicked");
      assert.equal(clicked.properties.query, "lamp");
      for (const { anonymousId, userId } of [searched, clicked]) {
        assert.deepEqual({ anonymousId, userId }, { anonymousId: "anonymous-1", userId: "ann" });
      }
    }));

  test(`${name}: a query typed to its end that finds nothing becomes one event`, () =>
    withWorld({ zeroResults: true }, async ({ bridge, sandbox }) => {
      const searcher = client([bridge.url, sandbox.url]);
      await searcher.searches(["zzq", "zzqx", "zzqxj"].map((query) => ({ query, userToken: "anonymous-1" })));
      const events = await track(sandbox, "Search Returned No Results");
      assert.deepEqual(
        events.map(({ anonymousId, properties }) => [anonymousId, properties.query, properties.nb_hits]),
        [["anonymous-1", "zzqxj", 0]],
      );
      assert.equal((await sandbox.messages()).filter(({ event }) => event === "Search Performed").length, 1);
    }));
}

const WHO = [
  ["the header of the vendor's documents", { "X-Algolia-UserToken": "server-1" }, "server-1"],
  ["the cookie of Algolia's library", { cookie: "_ALGOLIA=anonymous-2" }, "anonymous-2"],
  ["the cookie of Segment's library", { cookie: "ajs_anonymous_id=%220b1c%22" }, "0b1c"],
];
for (const [what, headers, token] of WHO) {
  test(`a server that hands on ${what} searches for that person`, () =>
    withWorld({}, async ({ bridge, sandbox }) => {
      const [answer] = await v5([bridge.url, sandbox.url]).searches([QUERY], headers);
      await bridge.knows(answer.queryID);
      await click(bridge, { ...answer, token });
      const [searched] = await track(sandbox, "Search Performed");
      assert.equal(searched.anonymousId, token);
    }));
}

/** Clicks on the first result, which settles the search. */
function click(bridge, { queryID, hits, token = "anonymous-1" }) {
  const event = { eventType: "click", eventName: "Clicked", index: "products", userToken: token, queryID };
  return insights(bridge).pushEvents({ events: [{ ...event, objectIDs: [hits[0].objectID], positions: [1] }] });
}
