// Whatever becomes of the bridge, clients that are set up as the handbook says go on searching.

import assert from "node:assert/strict";
import { test } from "node:test";
import { poll } from "../lib/poll.js";
import { QUERY, python, v4, v5 } from "../lib/searchers.js";
import { withTap } from "../lib/tap.js";
import { withWorld } from "../lib/world.js";

const JAVASCRIPT = [["algoliasearch 4", v4], ["algoliasearch 5", v5]];

/**
 * The time-outs that version 4 has by itself in Node, in seconds. What it calls `connect`, as version 5 does, is the time
 * until an answer begins.
 */
const TIMEOUTS = { connect: 2, read: 5, write: 30 };

for (const [name, client] of JAVASCRIPT) {
  test(`${name}: killed in the middle of many searches, the bridge makes none of them fail`, () =>
    withWorld({}, async ({ bridge, sandbox, algolia }) => {
      const load = new Load(() => client([bridge.url, sandbox.url]));
      await poll("searches pass the bridge", () => algolia.exchanges.length >= 40);
      await bridge.crash();
      const before = load.answered;
      await poll("searches go on without it", () => load.answered >= before + 80 || load.failures.length > 0);
      await load.stop();
      assert.deepEqual(load.failures, []);
      await bridge.start();
    }));
}

test("algoliasearch 4: a bridge that hangs costs one search its time-out, and later searches nothing", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const [first, second] = await whileItHangs(bridge, v4([bridge.url, sandbox.url], { timeouts: TIMEOUTS }));
    const patience = TIMEOUTS.connect * 1000;
    assert.ok(first >= patience, `the first waited out its time, ${first} ms`);
    assert.ok(second < patience, `the second went elsewhere at once, in ${second} ms`);
  }));

test("algoliasearch 5: a bridge that hangs costs each search its time-out, and none fails", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const timeouts = { connect: 500, read: 5000, write: 30_000 };
    const searches = await whileItHangs(bridge, v5([bridge.url, sandbox.url], { timeouts }));
    for (const took of searches) assert.ok(took >= timeouts.connect, `it waited out its time, ${took} ms`);
  }));

for (const mode of ["sync", "async"]) {
  test(`algoliasearch for Python, ${mode}: fails where nobody listens, and goes on where a proxy answers 502`, () =>
    withWorld({}, ({ bridge, sandbox, algolia }) =>
      withTap(bridge.url, async (proxy) => {
        const queries = Array(60).fill(QUERY);
        const searching = python(mode, [proxy.url, sandbox.url]).searches(queries);
        await poll("searches pass the bridge", () => algolia.exchanges.length >= 5);
        await bridge.crash();
        const results = await searching;
        assert.ok(algolia.exchanges.length < queries.length, "the bridge was gone before the last search");
        assert.deepEqual(results.filter(({ hits }) => hits?.length !== QUERY.hitsPerPage), []);
        const [refused] = await python(mode, [bridge.url, sandbox.url]).searches([QUERY]);
        assert.match(refused.error, /^(ConnectionError|ClientConnectorError): /);
        await bridge.start();
      })));

  test(`algoliasearch for Python, ${mode}: a bridge that hangs costs each search its time-out, and none fails`, () =>
    withWorld({}, async ({ bridge, sandbox }) => {
      const readTimeout = 300;
      bridge.hang();
      const { took, results } = await timed(() =>
        python(mode, [bridge.url, sandbox.url], { readTimeout }).searches([QUERY, QUERY, QUERY]));
      bridge.wake();
      assert.deepEqual(results.map(({ error, hits }) => error ?? hits.length), Array(3).fill(QUERY.hitsPerPage));
      assert.ok(took >= 3 * readTimeout, `every search waited out its time, ${took} ms in all`);
    }));
}

/** Searches twice while the bridge hangs; answers how long each took. */
async function whileItHangs(bridge, searcher) {
  bridge.hang();
  const [first, second] = [await timed(() => searcher.searches([QUERY])), await timed(() => searcher.searches([QUERY]))];
  bridge.wake();
  for (const { results } of [first, second]) assert.equal(results[0].hits.length, QUERY.hitsPerPage);
  return [first.took, second.took];
}

async function timed(work) {
  const began = performance.now();
  const results = await work();
  return { results, took: performance.now() - began };
}

/** Eight shoppers, each with a client of its own, who search until they are stopped. */
class Load {
  answered = 0;
  failures = [];
  #stopped = false;

  constructor(client) {
    this.shoppers = Array.from({ length: 8 }, () => this.#search(client()));
  }

  async #search(searcher) {
    while (!this.#stopped) {
      await searcher.searches([QUERY]).then(
        () => (this.answered += 1),
        (error) => this.failures.push(error),
      );
    }
  }

  stop() {
    this.#stopped = true;
    return Promise.all(this.shoppers);
  }
}
