// search-insights in Node, both builds: the module one sends through fetch, the CommonJS one through node:http.

import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { test } from "node:test";
import * as modules from "search-insights";
import { everyKindArrivedOnce } from "../lib/arrived.js";
import { KINDS } from "../lib/kinds.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withWorld } from "../lib/world.js";

const commonjs = createRequire(import.meta.url)("search-insights");

function client(build, host, options) {
  const aa = build.createInsightsClient(build.getRequesterForNode());
  const { appId, apiKey } = ACCOUNT;
  aa("init", { appId, apiKey, host, ...options });
  return aa;
}

async function sendEveryKind(aa) {
  for (const { method, sent } of KINDS) {
    assert.equal(await aa(method, sent), true, `${method} is accepted`);
  }
}

for (const naming of ["search", "ecommerce"]) {
  test(`search-insights in Node: every method reaches both vendors once, naming = "${naming}"`, () =>
    withWorld({ naming }, async (world) => {
      const since = Date.now();
      await sendEveryKind(client(modules, world.bridge.url, { userToken: "node-1" }));
      await world.bridge.settled(KINDS.length);
      await everyKindArrivedOnce(world, { naming, since, token: "node-1" });
    }));
}

test("search-insights for CommonJS: every method reaches both vendors once", () =>
  withWorld({}, async (world) => {
    const since = Date.now();
    const stop = standsInFor("insights.test", world.bridge.address);
    try {
      await sendEveryKind(client(commonjs, "http://insights.test", { userToken: "node-2" }));
    } finally {
      stop();
    }
    await world.bridge.settled(KINDS.length);
    await everyKindArrivedOnce(world, { since, token: "node-2" });
  }));

/** This build can't be told a port, so the name of a proxy on the standard one leads to the bridge. */
function standsInFor(name, address) {
  const usual = http.globalAgent;
  const [host, port] = address.split(":");
  http.globalAgent = new http.Agent();
  http.globalAgent.createConnection = (options) => {
    assert.equal(options.host, name);
    return net.connect({ host, port });
  };
  return () => (http.globalAgent = usual);
}

test("a user token that is a number arrives as text", () =>
  withWorld({}, async (world) => {
    const since = Date.now();
    const aa = client(modules, world.bridge.url, {});
    aa("setUserToken", 4711);
    await sendEveryKind(aa);
    await world.bridge.settled(KINDS.length);
    await everyKindArrivedOnce(world, { since, token: "4711" });
  }));

test("without a token the client's anonymous one is the anonymous id", () =>
  withWorld({}, async (world) => {
    const since = Date.now();
    const aa = client(modules, world.bridge.url, {});
    await sendEveryKind(aa);
    let token;
    aa("getUserToken", null, (_, value) => (token = value));
    assert.match(token, /^anonymous-/);
    await world.bridge.settled(KINDS.length);
    await everyKindArrivedOnce(world, { since, token });
  }));

test("an authenticated user is the user id, and Segment is told of the link once", () =>
  withWorld({}, async (world) => {
    const since = Date.now();
    const aa = client(modules, world.bridge.url, { userToken: "node-3" });
    aa("setAuthenticatedUserToken", "user-3");
    await sendEveryKind(aa);
    await world.bridge.settled(KINDS.length);
    await everyKindArrivedOnce(world, { since, token: "node-3", user: "user-3" });
    const links = (await world.sandbox.messages()).filter(({ type }) => type === "identify");
    const ids = links.map(({ anonymousId, userId }) => ({ anonymousId, userId }));
    assert.deepEqual(ids, [{ anonymousId: "node-3", userId: "user-3" }]);
  }));

test("what a visitor does after logging in stays the user's, also on pages that don't know of the login", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const event = { eventName: "Viewed", index: "products" };
    const page = (options) => client(modules, bridge.url, { userToken: "node-7", ...options });
    await page()("viewedObjectIDs", { ...event, objectIDs: ["before"] });
    await page({ authenticatedUserToken: "user-7" })("viewedObjectIDs", { ...event, objectIDs: ["login"] });
    await page()("viewedObjectIDs", { ...event, objectIDs: ["after"] });
    await bridge.settled(3);
    const views = (await sandbox.messages()).filter(({ type }) => type === "track");
    const people = views.map(({ properties, userId }) => [properties.products[0].product_id, userId ?? undefined]);
    assert.deepEqual(people, [["before", undefined], ["login", "user-7"], ["after", "user-7"]]);
  }));

test("an event that the client sends twice goes on once", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const aa = client(modules, bridge.url, { userToken: "node-4" });
    const event = { eventName: "Clicked twice", index: "products", objectIDs: ["a"], timestamp: Date.now() };
    assert.equal(await aa("clickedObjectIDs", event), true);
    assert.equal(await aa("clickedObjectIDs", event), true);
    await bridge.settled(2);
    assert.equal((await sandbox.messages()).length, 1);
    assert.equal((await sandbox.events()).length, 1);
  }));

test("several events of one call arrive in their order", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const aa = client(modules, bridge.url, { userToken: "node-5" });
    const objects = Array.from({ length: 200 }, (_, number) => `object-${number}`);
    const events = objects.map((object) => ({ eventName: "Viewed", index: "products", objectIDs: [object] }));
    assert.equal(await aa("viewedObjectIDs", ...events), true);
    await bridge.settled(events.length);
    const arrived = (await sandbox.messages()).map(({ properties }) => properties.products[0].product_id);
    assert.deepEqual(arrived, objects);
  }));

test("a body that the CommonJS build cuts short is refused, since its end is missing", () =>
  withWorld({}, async ({ bridge }) => {
    const stop = standsInFor("insights.test", bridge.address);
    try {
      const aa = client(commonjs, "http://insights.test", { userToken: "node-6" });
      const accents = { eventName: "Viewed", index: "products", objectIDs: ["é".repeat(20)] };
      assert.equal(await aa("viewedObjectIDs", accents), false);
    } finally {
      stop();
    }
    const { stdout } = await bridge.command("dead-letters", "list");
    assert.match(stdout, /no dead letters/);
  }));
