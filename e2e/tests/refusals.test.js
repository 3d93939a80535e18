// What a client does wrong, and what it is told: the vendor's own status and words.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as modules from "search-insights";
import { insights, view, viewedAtSegment } from "../lib/insights.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withWorld } from "../lib/world.js";

const SECONDS = Math.round(Date.now() / 1000);
const QUERY = "43b15df305339e827f0ac0bdc5ebcaa7";
const click = (rest) => view("a", { eventType: "click", ...rest });

const WRONG = [
  ["no name", [view("a", { eventName: undefined })], "EventName is required"],
  ["no index", [view("a", { index: undefined })], "The index field is required"],
  ["no user", [view("a", { userToken: undefined })], "The userToken field is required"],
  ["an address as a token", [view("a", { userToken: "ann@example.org" })], /^UserToken must contain only/],
  ["an unknown type", [view("a", { eventType: "look" })], /^EventType must be one of/],
  ["objects and filters", [view("a", { filters: ["b:c"] })], "Event should specify ObjectIDs or Filters, but not both"],
  ["neither", [view("a", { objectIDs: undefined })], "Event should specify either some ObjectIDs or some Filters"],
  ["too few positions", [click({ queryID: QUERY, objectIDs: ["a", "b"], positions: [1] })], /same number of ObjectIDs/],
  ["a position of zero", [click({ queryID: QUERY, positions: [0] })], /strictly positive positions/],
  ["positions without a query", [click({ positions: [1] })], /with positions should specify a queryID/],
  ["a time in seconds", [view("a", { timestamp: SECONDS })], "The timestamp is too far in the past"],
  ["nothing", [], "No events to process"],
  ["too much", Array(1001).fill(view("a")), "Cannot process more than 1000 events in a batch"],
];

test("a request without a valid event gets the vendor's status and words, and leaves nothing behind", async (t) => {
  await withWorld({}, async ({ bridge, sandbox }) => {
    for (const [what, events, words] of WRONG) {
      await t.test(what, () => refused(insights(bridge).pushEvents({ events }), 422, words));
    }
    const stranger = insights(bridge, {}, { apiKey: "no-such-key" });
    const sneaked = stranger.pushEvents({ events: [view("a")] });
    await t.test("a wrong key", () => refused(sneaked, 401, "Invalid credentials"));
    const heavy = { events: Array(1000).fill(view("a".repeat(2500))) };
    const client = insights(bridge);
    await t.test("two megabytes", () => refused(client.pushEvents(heavy), 413, "Request Entity Too Large"));
    const next = () => refused(client.pushEvents({ events: [] }), 422, "No events to process");
    await t.test("what the same client sends after them", next);
    const lost = insights(bridge).customPost({ path: "1/event", body: {} });
    await t.test("a wrong path", () => refused(lost, 404, /^Path not supported/));
    assert.deepEqual(await sandbox.messages(), []);
    assert.match((await bridge.command("dead-letters", "list")).stdout, /no dead letters/);
  });
});

function refused(answer, status, words) {
  return assert.rejects(answer, (error) => {
    assert.equal(error.status, status);
    typeof words === "string" ? assert.equal(error.message, words) : assert.match(error.message, words);
    return true;
  });
}

test("with strict = true one bad event refuses the whole request, as at Algolia", () =>
  withWorld({ strict: true }, async ({ bridge, sandbox }) => {
    const mixed = { events: [view("a"), view("b", { index: "" })] };
    await refused(insights(bridge).pushEvents(mixed), 422, "The index field is required");
    await insights(bridge).pushEvents({ events: [view("c")] });
    await bridge.settled(1);
    assert.deepEqual(await viewedAtSegment(sandbox), ["c"]);
  }));

test("search-insights learns that its event was refused", () =>
  withWorld({}, async ({ bridge }) => {
    const aa = modules.createInsightsClient(modules.getRequesterForNode());
    aa("init", { appId: ACCOUNT.appId, apiKey: ACCOUNT.apiKey, host: bridge.url, userToken: "ann@example.org" });
    const event = { eventName: "Viewed", index: "products", objectIDs: ["a"] };
    assert.equal(await aa("viewedObjectIDs", event), false);
  }));
