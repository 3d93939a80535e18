// @segment/analytics-node, pointed at the bridge by its setting `host`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Analytics } from "@segment/analytics-node";
import { CLICK, CLICK_AT_ALGOLIA, ORDER, ORDER_AT_ALGOLIA, eventsSince, recordBecomes } from "../lib/other-way.js";
import { poll } from "../lib/poll.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withWorld } from "../lib/world.js";

const OTHER_WAY = { otherWay: true };

/** The client, and the answers that it got. */
function client(bridge, settings) {
  const answers = [];
  const httpClient = async (url, request) => {
    const answer = await fetch(url, request);
    const { status, headers } = answer;
    answers.push({ status, quarantined: headers.get("causeway-quarantined"), body: await answer.clone().json() });
    return answer;
  };
  const analytics = new Analytics({ writeKey: ACCOUNT.writeKey, host: bridge.url, httpClient, ...settings });
  return { analytics, answers };
}

const ACCEPTED = { status: 200, quarantined: null, body: { success: true } };

test("analytics-node: every call reaches Segment as it was made, in batches and with the last flush", () =>
  withWorld(OTHER_WAY, async ({ bridge, sandbox }) => {
    const { analytics, answers } = client(bridge, { flushAt: 4 });
    const who = { userId: "u-7", anonymousId: "a-7" };
    analytics.identify({ ...who, traits: { tier: "gold" } });
    analytics.track({ ...who, event: "Signed Up", properties: { plan: "Café 😀" } });
    analytics.page({ ...who, category: "Shop", name: "Home" });
    analytics.screen({ ...who, name: "Start" });
    // The client does not wait for the first request before it makes the second, which might be the first to arrive.
    await poll("the first four are answered", () => answers.length === 1);
    analytics.group({ ...who, groupId: "g-1", traits: { size: 3 } });
    analytics.alias({ userId: "u-7", previousId: "u-0" });
    await analytics.closeAndFlush();
    assert.deepEqual(answers, [ACCEPTED, ACCEPTED], "four in the first request, two in the last");

    await bridge.settled(6);
    const arrived = (await sandbox.messages()).filter(({ context }) => context.integration?.name !== "causeway");
    const meant = ({ type, event, name, groupId, previousId }) => event ?? name ?? groupId ?? previousId ?? type;
    const made = ["identify", "Signed Up", "Home", "Start", "g-1"];
    assert.deepEqual(arrived.filter(({ anonymousId }) => anonymousId === "a-7").map(meant), made, "in their order");
    assert.deepEqual(arrived.map(meant).sort(), [...made, "u-0"].sort());
    for (const { userId, context, messageId } of arrived) {
      assert.deepEqual([userId, context.library.name], ["u-7", "@segment/analytics-node"]);
      assert.match(messageId, /^node-next-/);
    }
    assert.equal(arrived.find(({ event }) => event === "Signed Up").properties.plan, "Café 😀");
  }));

test("analytics-node: a person's traits change the record at Algolia and the search, everybody's their own", () =>
  withWorld(OTHER_WAY, async ({ bridge, sandbox }) => {
    const { analytics } = client(bridge, { flushAt: 1 });
    analytics.identify({ userId: "u-1", anonymousId: "a-1", traits: { tier: "gold", brand: "Acme", email: "a@b.example" } });
    analytics.identify({ userId: "u-2", traits: { tier: "silver", brand: "Zeta" } });
    await analytics.flush();
    await recordBecomes(sandbox, "u-1", { tier: "gold", brand: "Acme" });
    await recordBecomes(sandbox, "u-2", { tier: "silver", brand: "Zeta" });

    const gold = { optionalFilters: ["brand:Acme<score=3>"], analyticsTags: ["tier-gold"] };
    assert.deepEqual(await bridge.searchContext("u-1"), { userToken: "u-1", ...gold });
    assert.deepEqual(await bridge.searchContext("a-1"), { userToken: "a-1", ...gold }, "by the anonymous id, too");
    const silver = { userToken: "u-2", optionalFilters: ["brand:Zeta<score=3>"] };
    assert.deepEqual(await bridge.searchContext("u-2"), silver);
    assert.deepEqual(await bridge.searchContext("nobody"), { userToken: "nobody" });

    analytics.identify({ userId: "u-1", traits: { tier: "silver" } });
    await analytics.closeAndFlush();
    await recordBecomes(sandbox, "u-1", { tier: "silver", brand: "Acme" });
    assert.deepEqual(await bridge.searchContext("a-1"), { userToken: "a-1", optionalFilters: gold.optionalFilters });
    await bridge.settled(3);
  }));

test("analytics-node: a click and an order become Algolia's events, which Algolia takes", () =>
  withWorld(OTHER_WAY, async ({ bridge, sandbox }) => {
    const since = Date.now();
    const { analytics } = client(bridge, { flushAt: 15 });
    analytics.track({ anonymousId: "a-3", ...CLICK });
    analytics.track({ anonymousId: "a-3", userId: "u-3", ...ORDER });
    await analytics.closeAndFlush();
    await bridge.settled(2);
    const events = await eventsSince(sandbox, since);
    assert.deepEqual(events, [
      { ...CLICK_AT_ALGOLIA, userToken: "a-3" },
      { ...ORDER_AT_ALGOLIA, userToken: "a-3", authenticatedUserToken: "u-3" },
    ]);
  }));

test("analytics-node: what Segment would throw away is named in the answer, kept aside, and its neighbours go on", () =>
  withWorld(OTHER_WAY, async ({ bridge, sandbox }) => {
    const { analytics, answers } = client(bridge, { flushAt: 3 });
    const order = (messageId, more) => analytics.track({ userId: "u-4", ...ORDER, messageId, ...more });
    order("m-1");
    order("m-2", { timestamp: "yesterday" });
    order("m-3");
    await analytics.closeAndFlush();
    assert.deepEqual(answers.map(({ status, quarantined }) => [status, quarantined]), [[200, "1"]]);
    const [{ index, reason }] = answers[0].body.quarantined;
    assert.equal(index, 1);
    assert.match(reason, /timestamp/);

    await bridge.settled(3);
    assert.deepEqual((await sandbox.messages()).map(({ messageId }) => messageId), ["m-1", "m-3"]);
    assert.equal((await sandbox.events()).length, 2);
    const { stdout } = await bridge.command("--json", "dead-letters", "list");
    const letter = JSON.parse(stdout);
    assert.deepEqual([letter.flow, letter.cause, letter.payload.messageId], ["intake", "invalid", "m-2"]);
  }));

test("analytics-node: a wrong write key is told, and nothing of it is kept", () =>
  withWorld(OTHER_WAY, async ({ bridge, sandbox }) => {
    const { analytics, answers } = client(bridge, { writeKey: "no-such-key", maxRetries: 0 });
    analytics.track({ userId: "u-5", event: "Sneaked" });
    await analytics.closeAndFlush();
    assert.equal(answers[0].status, 401);
    assert.match(answers[0].body.message, /segment\.intake_keys/);
    assert.deepEqual(await sandbox.messages(), []);
  }));
