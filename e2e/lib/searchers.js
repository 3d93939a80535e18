// The vendor's clients that search, set up as the handbook says: the bridge first, Algolia's hosts behind it.
//
// Each has `all()`, which makes every kind of read that the stand-in knows, and `searches(queries, headers)`, which asks one
// query after the other and answers their results.

import algoliasearchV4 from "algoliasearch-v4";
import { algoliasearch } from "algoliasearch";
import { searchWithPython } from "./python.js";
import { ACCOUNT } from "./sandbox.js";

const { appId, apiKey, adminKey } = ACCOUNT;

/** Of the hosts that each client is given the first is the bridge, or what stands in its place. */
const addresses = (hosts) => hosts.map((url) => new URL(url).host);

/** What every client asks, in the words of the search API. */
export const QUERY = { query: "lamp", hitsPerPage: 5, facets: ["brand", "category"], filters: "price > 20" };
const SEVERAL = [
  { indexName: "products", query: "red chair", hitsPerPage: 3 },
  { indexName: "products", query: "zzqxj" },
  { indexName: "products", query: "", facets: ["*"], hitsPerPage: 0, analytics: false },
];
const OBJECTS = ["sku-0340", "sku-0337"];

/** How long a client waits for a host, in seconds: long enough for the busiest machine. */
const PATIENCE = 30;
const MILLISECONDS = 1000;

/** Options are version 4's, times in seconds. */
export function v4(hosts, options) {
  const [bridge, ...behind] = addresses(hosts);
  const setUp = {
    hosts: [
      { url: bridge, protocol: "http", accept: 1 },
      ...behind.map((url) => ({ url, protocol: "http", accept: 3 })),
    ],
    timeouts: { connect: PATIENCE, read: PATIENCE, write: PATIENCE },
    ...options,
  };
  const client = algoliasearchV4(appId, apiKey, setUp);
  const { query, ...params } = QUERY;
  return {
    async all() {
      const { search } = algoliasearchV4(appId, apiKey, setUp);
      const admin = algoliasearchV4(appId, adminKey, setUp).initIndex("products");
      await search(SEVERAL.map(({ indexName, query, ...params }) => ({ indexName, query, params })));
      await client.multipleGetObjects([{ indexName: "products", objectID: OBJECTS[0] }]);
      const index = client.initIndex("products");
      await index.search(query, params);
      await index.searchForFacetValues("brand", "a");
      await index.getObject(OBJECTS[0]);
      await index.getObjects(OBJECTS);
      await admin.browseObjects({ hitsPerPage: 200, batch: () => {} });
      await admin.getSettings();
      await admin.searchRules("");
      await refused(index.getObject("no-such-object"));
      await refused(client.initIndex("nowhere").search(query));
    },
    searches: (queries, headers) =>
      inTurn(queries, async ({ query, ...params }) => {
        const { results } = await client.search([{ indexName: "products", query, params }], { headers });
        return results[0];
      }),
    save: (object) => algoliasearchV4(appId, adminKey, setUp).initIndex("products").saveObject(object),
  };
}

/** Options are version 5's, times in milliseconds. */
export function v5(hosts, options) {
  const [bridge, ...behind] = addresses(hosts);
  const setUp = {
    hosts: [
      { url: bridge, protocol: "http", accept: "read" },
      ...behind.map((url) => ({ url, protocol: "http", accept: "readWrite" })),
    ],
    timeouts: { connect: PATIENCE * MILLISECONDS, read: PATIENCE * MILLISECONDS, write: PATIENCE * MILLISECONDS },
    ...options,
  };
  const client = algoliasearch(appId, apiKey, setUp);
  const admin = algoliasearch(appId, adminKey, setUp);
  const indexName = "products";
  return {
    async all() {
      await client.search({ requests: SEVERAL });
      await client.searchForHits({ requests: SEVERAL });
      await client.search({ requests: [{ indexName, type: "facet", facet: "brand", facetQuery: "a" }] });
      await client.searchSingleIndex({ indexName, searchParams: QUERY });
      await client.searchForFacetValues({ indexName, facetName: "brand", searchForFacetValuesRequest: { facetQuery: "a" } });
      await client.getObject({ indexName, objectID: OBJECTS[0] });
      await client.getObjects({ requests: OBJECTS.map((objectID) => ({ indexName, objectID })) });
      await admin.browseObjects({ indexName, browseParams: { hitsPerPage: 200 }, aggregator: () => {} });
      await admin.getSettings({ indexName });
      await admin.searchRules({ indexName });
      await admin.listIndices();
      await refused(client.getObject({ indexName, objectID: "no-such-object" }));
      await refused(client.searchSingleIndex({ indexName: "nowhere", searchParams: QUERY }));
    },
    searches: (queries, headers) =>
      inTurn(queries, async (params) => {
        const { results } = await client.search({ requests: [{ indexName, ...params }] }, { headers });
        return results[0];
      }),
    save: (object) => admin.saveObjects({ indexName, objects: [object] }),
  };
}

/** `mode` is sync or async. `readTimeout` is in milliseconds. A search that fails has `{ error }` for its result. */
export function python(mode, hosts, options) {
  const index_name = "products";
  const account = { appId, hosts, readTimeout: PATIENCE * MILLISECONDS, ...options };
  const ask = (calls, apiKey = ACCOUNT.apiKey) => searchWithPython(mode, { ...account, apiKey }, calls);
  return {
    async all() {
      const calls = [
        ["search", { search_method_params: { requests: SEVERAL } }],
        ["search_single_index", { index_name, search_params: QUERY }],
        [
          "search_for_facet_values",
          { index_name, facet_name: "brand", search_for_facet_values_request: { facetQuery: "a" } },
        ],
        ["get_object", { index_name, object_id: OBJECTS[0] }],
        [
          "get_objects",
          { get_objects_params: { requests: OBJECTS.map((objectID) => ({ indexName: index_name, objectID })) } },
        ],
        ["browse", { index_name, browse_params: { hitsPerPage: 200 } }],
        ["get_settings", { index_name }],
        ["search_rules", { index_name }],
        ["list_indices", {}],
        ["get_object", { index_name, object_id: "no-such-object" }],
        ["search_single_index", { index_name: "nowhere", search_params: QUERY }],
      ];
      const answers = await ask(calls, adminKey);
      const unexpected = answers.slice(0, -2).find(({ error }) => error);
      if (unexpected) throw new Error(unexpected.error);
    },
    async searches(queries, headers) {
      const asked = (params) => ({ search_method_params: { requests: [{ indexName: index_name, ...params }] }, headers });
      const answers = await ask(queries.map((params) => ["search", asked(params)]));
      return answers.map(({ error, answer }) => (error ? { error } : answer.results[0]));
    },
  };
}

export const CLIENTS = {
  "algoliasearch 4": v4,
  "algoliasearch 5": v5,
  "algoliasearch 5 that packs its requests": (hosts, options) => v5(hosts, { compression: "gzip", ...options }),
  "algoliasearch for Python": (hosts, options) => python("sync", hosts, options),
  "algoliasearch for Python, async": (hosts, options) => python("async", hosts, options),
};

async function inTurn(queries, ask) {
  const results = [];
  for (const query of queries) results.push(await ask(query));
  return results;
}

/** What Algolia refuses must be refused. */
async function refused(answer) {
  const error = await answer.then(() => undefined, (error) => error);
  if (error?.status !== 404) throw new Error(`expected a 404 of Algolia's, but got ${error ?? "an answer"}`);
}
