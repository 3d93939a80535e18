// Segment as the sender: webhooks, audiences, and everything that it is told handed back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { WEBHOOK } from "../lib/bridge.js";
import { insights, view } from "../lib/insights.js";
import { CLICK, ORDER, ORDER_AT_ALGOLIA, eventsSince, recordBecomes } from "../lib/other-way.js";
import { ACCOUNT } from "../lib/sandbox.js";
import { withWorld } from "../lib/world.js";

const BOTH_WAYS = { otherWay: true, webhook: true };

/** Where Segment sends. */
const receiver = (bridge) => ({
  url: `${bridge.url}/webhooks/segment`,
  secret: WEBHOOK.secret,
  bearer: WEBHOOK.token,
});

const order = (messageId) => ({ type: "track", messageId, anonymousId: "a-7", userId: "u-7", ...ORDER });
const now = () => ({ timestamp: new Date().toISOString() });

test("a webhook with one message and one with several become records and Algolia's events", () =>
  withWorld(BOTH_WAYS, async ({ bridge, sandbox }) => {
    const since = Date.now();
    const identify = { type: "identify", messageId: "m-1", userId: "u-7", anonymousId: "a-7", traits: { tier: "gold" } };
    assert.equal(await sandbox.webhook(receiver(bridge), { ...identify, ...now() }), 200);
    await recordBecomes(sandbox, "u-7", { tier: "gold" });
    const several = [{ ...order("m-2"), ...now() }, { ...order("m-3"), ...now() }];
    assert.equal(await sandbox.webhook(receiver(bridge), ...several), 200);
    await bridge.settled(3);
    const events = await eventsSince(sandbox, since);
    const bought = { ...ORDER_AT_ALGOLIA, userToken: "a-7", authenticatedUserToken: "u-7" };
    assert.deepEqual(events, [bought, bought]);
    assert.deepEqual(await sandbox.messages(), [], "what came from Segment does not go back there");
  }));

test("a webhook with a wrong signature, or without the token, is refused", () =>
  withWorld(BOTH_WAYS, async ({ bridge, sandbox }) => {
    for (const wrong of [{ secret: "guessed" }, { bearer: "guessed" }, { bearer: undefined }]) {
      const status = await sandbox.webhook({ ...receiver(bridge), ...wrong }, order("m-1"));
      assert.equal(status, 401, JSON.stringify(wrong));
    }
    assert.deepEqual(await sandbox.events(), []);
  }));

for (const [name, how] of [["identify", {}], ["track", { as: "track" }], ["the text true", { value: "true" }]]) {
  test(`an audience by ${name}: one person with five identifiers is written once on entering and once on leaving`, () =>
    withWorld(BOTH_WAYS, async ({ bridge, sandbox }) => {
      const devices = ["a-1", "a-2", "a-3", "a-4"];
      const logins = devices.map((anonymousId) => ({ type: "identify", userId: "u-1", anonymousId, ...now() }));
      await sandbox.webhook(receiver(bridge), ...logins);
      await bridge.settled(4);
      assert.deepEqual(await sandbox.writes(), [], "nothing to keep yet");

      const identifiers = [{ userId: "u-1" }, ...devices.map((anonymousId) => ({ userId: "u-1", anonymousId }))];
      await sandbox.audience(receiver(bridge), "vip", true, identifiers, how);
      await recordBecomes(sandbox, "u-1", { audiences: ["vip"] });
      for (const id of ["u-1", ...devices]) {
        assert.deepEqual(await bridge.searchContext(id), { userToken: id, ruleContexts: ["audience_vip"] });
      }
      await bridge.settled(9);
      assert.equal((await sandbox.writes()).length, 1);

      const left = how.value ? { value: "false" } : {};
      await sandbox.audience(receiver(bridge), "vip", false, identifiers, { ...how, ...left });
      await recordBecomes(sandbox, "u-1", { audiences: [] });
      assert.deepEqual(await bridge.searchContext("a-1"), { userToken: "a-1" });
      await bridge.settled(14);
      assert.equal((await sandbox.writes()).length, 2);
    }));
}

// Under "ecommerce" what the bridge tells Segment has the very names that commerce-events listens to.
for (const [naming, batch] of [["ecommerce", 1], ["search", 100]]) {
  test(`nothing goes round when Segment hands back all it is told, ${batch} in a webhook, naming = "${naming}"`, () =>
    withWorld({ ...BOTH_WAYS, naming }, async ({ bridge, sandbox }) => {
      await sandbox.echo(receiver(bridge), { batch });
      await insights(bridge).pushEvents({
        events: [view("a"), view("b", { userToken: "a-7", authenticatedUserToken: "u-7" })],
      });
      for (const call of [order("m-1"), { type: "track", messageId: "m-2", anonymousId: "a-8", ...CLICK }]) {
        await callTo(bridge, "track", call);
      }
      await callTo(bridge, "identify", { messageId: "m-3", userId: "u-7", traits: { tier: "gold" } });
      await sandbox.audience({}, "vip", true, [{ userId: "u-7" }, { anonymousId: "a-7" }]);
      await recordBecomes(sandbox, "u-7", { tier: "gold", audiences: ["vip"] });
      const echoed = await sandbox.echoed(6);
      assert.deepEqual([echoed.taken, echoed.refused, echoed.lost], [6, 0, 0], "two views, a link, three calls came back");
      await bridge.settled(2 + 3 + 2 + 6);

      const reached = await counts(sandbox);
      assert.deepEqual(reached, { messages: 6, events: 4, writes: 2 });
      await pause(500);
      await bridge.settled(2 + 3 + 2 + 6);
      assert.deepEqual(await counts(sandbox), reached, "nothing more comes of it");
    }));
}

/** Sends a call as a library without one of ours would. */
async function callTo(bridge, type, call) {
  const headers = { authorization: `Basic ${btoa(`${ACCOUNT.writeKey}:`)}` };
  const answer = await fetch(`${bridge.url}/v1/${type}`, { method: "POST", headers, body: JSON.stringify(call) });
  assert.equal(answer.status, 200, await answer.text());
}

async function counts(sandbox) {
  const [messages, events, writes] = await Promise.all([sandbox.messages(), sandbox.events(), sandbox.writes()]);
  return { messages: messages.length, events: events.length, writes: writes.length };
}
