// What was answered with 200 arrives, whatever happens to the bridge and the vendors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { everyKindArrivedOnce } from "../lib/arrived.js";
import { insights, view, viewedAtAlgolia, viewedAtSegment } from "../lib/insights.js";
import { KINDS, asDocumented } from "../lib/kinds.js";
import { poll } from "../lib/poll.js";
import { withWorld } from "../lib/world.js";

const EVERY_KIND = KINDS.map((kind) => asDocumented(kind, "visitor-1"));

test("killed between the answer and the delivery, the bridge delivers everything once after its restart", () =>
  withWorld({}, async (world) => {
    const { bridge, sandbox } = world;
    const since = Date.now();
    await sandbox.fail(503);
    await insights(bridge).pushEvents({ events: EVERY_KIND });
    assert.deepEqual(await bridge.crash(), { code: null, signal: "SIGKILL" });
    assert.deepEqual(await sandbox.messages(), []);
    await sandbox.recover();
    await bridge.start();
    await bridge.settled(KINDS.length);
    await everyKindArrivedOnce(world, { since, token: "visitor-1" });
  }));

test("killed in the middle of the traffic, the bridge loses no event that it had answered for", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    let ended;
    const accepted = await traffic(bridge, { until: 60, then: () => (ended = bridge.crash()) });
    assert.deepEqual(await ended, { code: null, signal: "SIGKILL" });
    await bridge.start();
    await poll("every accepted event is at both vendors", async () => {
      const both = [await viewedAtSegment(sandbox), await viewedAtAlgolia(sandbox)];
      return both.every((arrived) => missing(accepted, arrived).length === 0);
    });
    const arrived = await viewedAtSegment(sandbox);
    assert.equal(new Set(arrived).size, arrived.length, "at Segment each is there once");
  }));

test("told to stop in the middle of the traffic, the bridge delivers what it had answered for before it ends", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    let ended;
    const accepted = await traffic(bridge, { until: 60, then: () => (ended = bridge.stop()) });
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.deepEqual(missing(accepted, await viewedAtSegment(sandbox)), []);
    assert.deepEqual(missing(accepted, await viewedAtAlgolia(sandbox)), []);
    await bridge.start();
  }));

test("an outage of both vendors delays the events and loses none", () =>
  withWorld({}, async (world) => {
    const { bridge, sandbox } = world;
    const since = Date.now();
    await sandbox.fail(503);
    await insights(bridge).pushEvents({ events: EVERY_KIND });
    await sandbox.struck(3);
    await sandbox.recover();
    await bridge.settled(KINDS.length);
    await everyKindArrivedOnce(world, { since, token: "visitor-1" });
  }));

/**
 * Four visitors send views one by one until the bridge is gone; `then` is called once so many were accepted. Answers
 * the objects whose view was accepted.
 */
async function traffic(bridge, { until, then }) {
  const accepted = [];
  const visitor = async (_, number) => {
    for (let count = 0; ; count += 1) {
      const object = `object-${number}-${count}`;
      const event = view(object, { userToken: `visitor-${number}` });
      const sent = insights(bridge).pushEvents({ events: [event] });
      if (!(await sent.catch(() => undefined))) return;
      if (accepted.push(object) === until) then();
    }
  };
  await Promise.all(Array.from({ length: 4 }, visitor));
  return accepted;
}

const missing = (wanted, there) => wanted.filter((object) => !there.includes(object));
