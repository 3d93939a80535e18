// search-insights in a page of another origin, by each of the three ways in which it can send.

import assert from "node:assert/strict";
import { test } from "node:test";
import { everyKindArrivedOnce } from "../lib/arrived.js";
import { KINDS } from "../lib/kinds.js";
import { poll } from "../lib/poll.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withShop } from "../lib/shop.js";
import { withWorld } from "../lib/world.js";

const CALLS = KINDS.map(({ method, sent }) => [method, sent]);

/** Opens the shop, with the library ready and pointed at the bridge. */
async function enter({ browser, url }, bridge, options) {
  const page = await browser.newPage();
  await page.goto(`${url}/shop.html`);
  const { appId, apiKey } = ACCOUNT;
  await page.evaluate((options) => window.aa("init", options), { appId, apiKey, host: bridge.url, ...options });
  return page;
}

test("sendBeacon: every method arrives though the page goes away at once, with the cookie's token", () =>
  withShop((shop) =>
    withWorld({}, async ({ bridge, sandbox }) => {
      const since = Date.now();
      const page = await enter(shop, bridge, { useCookie: true });
      const [cookie] = (await shop.browser.cookies()).filter(({ name }) => name === "_ALGOLIA");
      assert.match(cookie.value, /^anonymous-/);
      await Promise.all([
        page.waitForURL("**/next.html"),
        page.evaluate((calls) => {
          for (const [method, event] of calls) window.aa(method, event);
          location.href = "/next.html";
        }, CALLS),
      ]);
      await bridge.settled(KINDS.length);
      await everyKindArrivedOnce({ sandbox }, { since, token: cookie.value });
    })));

test("sendBeacon: the token of the cookie stays the same person on the next visit", () =>
  withShop((shop) =>
    withWorld({}, async ({ bridge, sandbox }) => {
      const event = { eventName: "Viewed", index: "products", objectIDs: ["a"] };
      for (const object of ["first", "second"]) {
        const page = await enter(shop, bridge, { useCookie: true });
        await page.evaluate((event) => window.aa("viewedObjectIDs", event), { ...event, objectIDs: [object] });
        await page.close();
      }
      await bridge.settled(2);
      const people = new Set((await sandbox.messages()).map(({ anonymousId }) => anonymousId));
      assert.equal(people.size, 1);
    })));

for (const [way, missing] of [["XMLHttpRequest", ["sendBeacon"]], ["fetch", ["sendBeacon", "XMLHttpRequest"]]]) {
  test(`${way}: every method arrives from another origin, for a known user`, () =>
    withShop((shop) =>
      withWorld({}, async ({ bridge, sandbox }) => {
        const since = Date.now();
        await shop.browser.addInitScript(withoutInBrowser, missing);
        const page = await enter(shop, bridge, { userToken: "browser-1", authenticatedUserToken: "user-1" });
        const failures = [];
        page.on("requestfailed", (request) => failures.push(request.failure().errorText));
        await page.evaluate((calls) => calls.forEach(([method, event]) => window.aa(method, event)), CALLS);
        await bridge.settled(KINDS.length);
        await everyKindArrivedOnce({ sandbox }, { since, token: "browser-1", user: "user-1" });
        assert.deepEqual(failures, [], "the page may read every answer");
      })));
}

/** Takes away what the library would rather use. */
function withoutInBrowser(missing) {
  if (missing.includes("sendBeacon")) delete Navigator.prototype.sendBeacon;
  if (missing.includes("XMLHttpRequest")) delete window.XMLHttpRequest;
}

test("calls made before the library is there are sent once it is", () =>
  withShop(({ browser, url }) =>
    withWorld({}, async ({ bridge, sandbox }) => {
      const page = await browser.newPage();
      const { appId, apiKey } = ACCOUNT;
      await page.route("**/search-insights.min.js", async (route) => {
        await page.evaluate(
          ([options, event]) => {
            window.aa("init", options);
            window.aa("viewedObjectIDs", event);
          },
          [{ appId, apiKey, host: bridge.url }, { eventName: "Early", index: "products", objectIDs: ["a"] }],
        );
        await route.continue();
      });
      await page.goto(`${url}/shop.html`);
      await poll("the early event is at Segment", async () => (await sandbox.messages()).length === 1);
      assert.match((await sandbox.messages())[0].anonymousId, /^anonymous-/);
      await bridge.settled(1);
    })));
