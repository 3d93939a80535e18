// What the bridge is told of people, and what Segment was told of them.

import assert from "node:assert/strict";
import { poll } from "./poll.js";
import { ACCOUNT } from "./sandbox.js";

/** Says with Segment's Tracking API who somebody is, and what they are like. */
export async function identify(bridge, who) {
  const authorization = `Basic ${btoa(`${ACCOUNT.writeKey}:`)}`;
  const headers = { authorization, "content-type": "application/json" };
  const answer = await fetch(`${bridge.url}/v1/identify`, { method: "POST", headers, body: JSON.stringify(who) });
  assert.equal(answer.status, 200, await answer.text());
}

/** Waits until Segment has a track event of this name; answers all of them. */
export function track(sandbox, name) {
  return poll(`Segment has ${name}`, async () => {
    const found = (await sandbox.messages()).filter(({ event }) => event === name);
    return found.length > 0 && found;
  });
}
