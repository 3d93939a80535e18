// causeway.js, the middleware that the bridge serves: what it tells, and that a page never notices it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const SOURCE = readFileSync(fileURLToPath(new URL("../../crates/causeway/assets/causeway.js", import.meta.url)), "utf8");
const OPTIONS = { url: "https://search.example/", appId: "APP", apiKey: "key" };
const NOW = 1_764_000_000_000;

const RESULT = {
  index: "products",
  query: "lamp",
  nbHits: 2,
  page: 0,
  hitsPerPage: 20,
  hits: [{ objectID: "a" }, { objectID: "b" }],
};
const REQUEST = { indexName: "products", params: { query: "lamp" } };

/** A page with nothing but what a test gives it, whose clock the test moves. */
class Page {
  beacons = [];
  warnings = [];
  listeners = {};
  timers = new Map();
  now = NOW;

  constructor(globals = {}) {
    const page = this;
    const listen = (name, listener) => (this.listeners[name] = listener);
    this.globals = vm.createContext({
      URLSearchParams,
      console: { warn: (text) => this.warnings.push(text) },
      addEventListener: listen,
      document: { cookie: "", visibilityState: "visible", addEventListener: listen },
      navigator: { sendBeacon: (url, body) => this.beacons.push({ url, ...JSON.parse(body) }) },
      setTimeout: (run, ms) => this.#timer(run, ms),
      clearTimeout: (timer) => this.timers.delete(timer),
      ...globals,
    });
    vm.runInContext("Date.now = () => clock()", Object.assign(this.globals, { clock: () => page.now }));
    vm.runInContext(SOURCE, this.globals);
  }

  #timer(run, ms) {
    const timer = this.timers.size + 1;
    this.timers.set(timer, { run, at: this.now + ms });
    return timer;
  }

  /** Lets time go by. */
  pass(ms) {
    this.now += ms;
    for (const [timer, { run, at }] of this.timers) {
      if (at <= this.now && this.timers.delete(timer)) run();
    }
  }

  /** What was told of all searches so far. */
  get told() {
    return this.beacons.flatMap(({ searches }) => searches);
  }
}

/** A client that answers these results, whatever it is asked. */
const client = (...results) => ({ appId: "APP", search: async () => ({ results }) });

/** Searches once through the middleware; answers what is told. */
async function told(page, { request = REQUEST, result = RESULT, options } = {}) {
  await page.globals.causeway(client(result), { ...OPTIONS, ...options }).search([request]);
  page.pass(200);
  return page.told;
}

test("a search is told in full, to the address that the options name, with its age when it is sent", async () => {
  const page = new Page();
  const slow = { search: async () => ((page.now += 30), { results: [{ ...RESULT, queryID: "q", facets: { brand: { Apple: 1, Zeta: 5 }, none: {} } }] }) };
  const params = { query: "lamp", userToken: "u-1", filters: "price > 5", facetFilters: [["b:2", "b:1"], "c:3"] };
  await page.globals.causeway(slow, OPTIONS).search([{ indexName: "products", params }]);
  assert.equal(page.beacons.length, 0, "searches are gathered for a moment");
  page.pass(200);
  assert.deepEqual(page.beacons, [
    {
      url: "https://search.example/1/searches?x-algolia-application-id=APP&x-algolia-api-key=key",
      searches: [
        {
          index: "products",
          query: "lamp",
          queryID: "q",
          userToken: "u-1",
          filters: "price > 5 AND (b:1 OR b:2) AND c:3",
          page: 0,
          hitsPerPage: 20,
          nbHits: 2,
          tookMs: 30,
          objectIDs: ["a", "b"],
          facets: { brand: "Zeta" },
          ageMs: 230,
        },
      ],
    },
  ]);
});

const FORMS = [
  ["version 4's search", "search", [[REQUEST]], { results: [RESULT] }],
  ["version 4 with parameters as text", "search", [[{ indexName: "products", params: "query=lamp&hitsPerPage=20" }]], { results: [RESULT] }],
  ["version 5's search", "search", [{ requests: [{ indexName: "products", query: "lamp" }] }], { results: [RESULT] }],
  ["version 5's searchForHits", "searchForHits", [{ requests: [{ indexName: "products", query: "lamp" }] }], { results: [RESULT] }],
  ["version 5's searchSingleIndex", "searchSingleIndex", [{ indexName: "products", searchParams: { query: "lamp" } }], RESULT],
];
for (const [form, method, asked, answered] of FORMS) {
  test(`${form} goes to the client as it came, and its answer comes back as it is`, async () => {
    const page = new Page();
    const calls = [];
    const wrapped = {
      search: () => {},
      [method]: async (...args) => (calls.push(args), answered),
      other() {
        return this === searchClient;
      },
    };
    const searchClient = page.globals.causeway(wrapped, OPTIONS);
    const options = { headers: {} };
    assert.equal(await searchClient[method](...asked, options), answered);
    assert.equal(calls[0][0], asked[0]);
    assert.equal(calls[0][1], options);
    assert.ok(searchClient.other(), "all else is the client's own");
    page.pass(200);
    assert.deepEqual(page.told.map(({ index, query, nbHits }) => [index, query, nbHits]), [["products", "lamp", 2]]);
  });
}

test("queries that libraries add for facets, and those that show no hits, are nobody's search", async () => {
  for (const params of [{ analytics: false }, { hitsPerPage: 0 }, "hitsPerPage=0", "analytics=false"]) {
    assert.deepEqual(await told(new Page(), { request: { indexName: "products", params } }), []);
  }
  assert.deepEqual(await told(new Page(), { request: { ...REQUEST, type: "facet" } }), []);
  assert.deepEqual(await told(new Page(), { result: { index: "products", processed: false } }), []);
});

test("an answer out of the client's own cache is not told twice", async () => {
  const page = new Page();
  const searchClient = page.globals.causeway(client({ ...RESULT, queryID: "q" }), OPTIONS);
  await searchClient.search([REQUEST]);
  page.pass(200);
  await searchClient.search([REQUEST]);
  page.pass(200);
  assert.equal(page.told.length, 1);
});

const STORED = { getItem: (name) => (name === "ajs_anonymous_id" ? '"stored"' : null) };
const document = (cookie) => ({ cookie, visibilityState: "visible", addEventListener() {} });
const TOKENS = [
  ["the option", { userToken: "mine" }, "_ALGOLIA=cookie", "request", "mine"],
  ["what the option's function says", { userToken: () => "said" }, "", "request", "said"],
  ["the request's, if the function fails", { userToken: () => assert.fail() }, "", "request", "request"],
  ["the request's", {}, "_ALGOLIA=cookie", "request", "request"],
  ["the cookie of Algolia's library", {}, "a=b; _ALGOLIA=anonymous-1; ajs_anonymous_id=s", undefined, "anonymous-1"],
  ["the cookie of Segment's library", {}, "ajs_anonymous_id=%22quoted%22", undefined, "quoted"],
  ["what Segment's library stored", {}, "", undefined, "stored"],
];
for (const [source, options, cookie, userToken, expected] of TOKENS) {
  test(`who searches: ${source}`, async () => {
    const page = new Page({ document: document(cookie), localStorage: STORED });
    const request = { indexName: "products", params: { query: "lamp", userToken } };
    assert.deepEqual((await told(page, { request, options })).map((search) => search.userToken), [expected]);
  });
}

test("a page that hides its cookies and storage is told of without a name", async () => {
  const forbidden = { get cookie() { throw new Error("denied"); }, visibilityState: "visible", addEventListener() {} };
  const localStorage = { getItem() { throw new Error("denied"); } };
  const page = new Page({ document: forbidden, localStorage });
  assert.deepEqual((await told(page)).map((search) => search.userToken), [undefined]);
});

test("twenty searches go out at once, and a page that goes away sends what it has", async () => {
  const page = new Page();
  const searchClient = page.globals.causeway(client(...Array(25).fill(RESULT)), OPTIONS);
  await searchClient.search(Array(25).fill(REQUEST));
  assert.deepEqual(page.beacons.map(({ searches }) => searches.length), [20]);
  page.listeners.pagehide();
  assert.deepEqual(page.beacons.map(({ searches }) => searches.length), [20, 5]);
  await searchClient.search([REQUEST]);
  page.globals.document.visibilityState = "hidden";
  page.listeners.visibilitychange();
  assert.equal(page.told.length, 26);
  page.pass(1000);
  assert.equal(page.beacons.length, 3, "nothing is sent twice");
});

test("where beacons are refused or unknown, a request that outlives the page carries them", async () => {
  for (const navigator of [{ sendBeacon: () => false }, {}, undefined]) {
    const requests = [];
    const fetch = async (url, request) => requests.push(request);
    const page = new Page({ navigator, fetch });
    await told(page);
    assert.deepEqual(requests.map(({ method, keepalive }) => [method, keepalive]), [["POST", true]]);
    assert.equal(JSON.parse(requests[0].body).searches.length, 1);
  }
});

test("nothing that goes wrong reaches the page, and the client's own failures do", async () => {
  const broken = () => { throw new Error("broken"); };
  const page = new Page({ navigator: { sendBeacon: broken }, fetch: broken, setTimeout: broken });
  const odd = [undefined, null, "text", {}, { results: null }, { results: [null] }, { results: [{ nbHits: 1, hits: 7, facets: 7 }] }];
  for (const answer of odd) {
    const searchClient = page.globals.causeway({ search: async () => answer }, OPTIONS);
    assert.equal(await searchClient.search([REQUEST]), answer);
  }
  assert.equal(page.globals.causeway({ search: () => "no promise" }, OPTIONS).search([REQUEST]), "no promise");
  const failing = page.globals.causeway({ search: async () => { throw new Error("unreachable"); } }, OPTIONS);
  await assert.rejects(failing.search([REQUEST]), /unreachable/);
});

test("options that can't work are named in the console, and the client stays as it is", () => {
  const page = new Page();
  const plain = { search: () => {} };
  assert.equal(page.globals.causeway(plain, { ...OPTIONS, url: "" }), plain);
  assert.equal(page.globals.causeway(plain, { url: "https://search.example" }), plain);
  assert.equal(page.globals.causeway(undefined, OPTIONS), undefined);
  assert.deepEqual(page.warnings, [
    "causeway: the option url is missing; searches are not reported",
    "causeway: the option appId is missing; searches are not reported",
    "causeway: the first argument is no search client; searches are not reported",
  ]);
});
