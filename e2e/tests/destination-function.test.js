// The ready-made destination function hands Segment's events on to a real bridge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WEBHOOK } from "../lib/bridge.js";
import { destinationFunction } from "../lib/destination-function.js";
import { poll } from "../lib/poll.js";
import { withWorld } from "../lib/world.js";

const HANDLERS = {
  onIdentify: { type: "identify", traits: { name: "Café Grün 😀\u2028" } },
  onTrack: { type: "track", event: "Order Completed" },
  onPage: { type: "page", name: "Home" },
  onScreen: { type: "screen", name: "Home" },
  onGroup: { type: "group", groupId: "g-1" },
  onAlias: { type: "alias", previousId: "u-0" },
  onDelete: { type: "delete" },
};
const event = (more, index = 0) => ({ messageId: `m-${more.type}-${index}`, userId: "u-1", timestamp: new Date(), ...more });
const track = (index) => event(HANDLERS.onTrack, index);
const nameless = event({ type: "track" });

const settings = (bridge, more) => ({ endpoint: `${bridge.url}/webhooks/segment`, ...WEBHOOK, ...more });

/** Waits until so many events came in by webhook. */
function received(bridge, count) {
  return poll(`${count} events were received`, async () => {
    const metrics = await (await fetch(`${bridge.admin}/metrics`)).text();
    return metrics.includes(`causeway_events_received_total{intake="webhook"} ${count}\n`);
  });
}

test("every type of call is handed on, alone and in batches", () =>
  withWorld({ webhook: true }, async ({ bridge }) => {
    const handlers = destinationFunction();
    for (const [name, more] of Object.entries(HANDLERS)) {
      await handlers[name](event(more), settings(bridge));
    }
    await received(bridge, 7);
    const batch = Object.values(HANDLERS).map((more) => event(more, 1));
    const statuses = await handlers.onBatch(batch, settings(bridge));
    assert.deepEqual(plain(statuses), batch.map(() => ({ status: 200 })));
    await received(bridge, 14);
  }));

test("an invalid event is discarded with its reason, and its neighbours in a batch are not", () =>
  withWorld({ webhook: true }, async ({ bridge }) => {
    const handlers = destinationFunction();
    const refused = { name: "InvalidEventPayload", message: /answered 400: .*event is missing or empty on a track/ };
    await assert.rejects(handlers.onTrack(nameless, settings(bridge)), refused);
    const statuses = await handlers.onBatch([track(1), nameless, track(2)], settings(bridge));
    assert.deepEqual(statuses.map(({ status }) => status), [200, 400, 200]);
    assert.match(statuses[1].errormessage, /event is missing/);
    const none = await handlers.onBatch([nameless, nameless], settings(bridge));
    assert.deepEqual(none.map(({ status }) => status), [400, 400]);
    await received(bridge, 2);
  }));

test("what is not the event's fault is tried again, and a setting that is missing is named", () =>
  withWorld({ webhook: true }, async ({ bridge }) => {
    const { onTrack, onBatch } = destinationFunction();
    const again = (message) => ({ name: "RetryError", message });
    await assert.rejects(onTrack(track(1), settings(bridge, { secret: "x" })), again(/401: the signature is missing or wrong/));
    await assert.rejects(onBatch([track(1)], settings(bridge, { token: "x" })), again(/401: the token is missing or wrong/));
    await assert.rejects(onTrack(track(1), settings(bridge, { token: "" })), { name: "ValidationError", message: /setting token/ });
    await bridge.stop();
    await assert.rejects(onTrack(track(1), settings(bridge)), again(/can't be reached/));
    await bridge.start();
    await onTrack(track(1), settings(bridge));
    await received(bridge, 1);
  }));

/** Values of the function's runtime as values of this one. */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}
