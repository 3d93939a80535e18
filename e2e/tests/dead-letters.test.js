// Events that can't go on: kept aside, explained, repaired, sent again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { insights, view, viewedAtAlgolia, viewedAtSegment } from "../lib/insights.js";
import { withWorld } from "../lib/world.js";

/** The dead letters that the command lists. */
async function deadLetters(bridge, ...options) {
  const { code, stdout, stderr } = await bridge.command("--json", "dead-letters", "list", ...options);
  assert.equal(code, 0, stderr);
  return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

test("a bad event among good ones is kept aside and named; repaired, it goes on", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    const bad = view("b", { userToken: "ann@example.org" });
    const { requester, quarantined } = listening();
    await insights(bridge, { requester }).pushEvents({ events: [view("a"), bad, view("c")] });
    assert.deepEqual(quarantined, ["1"]);

    await bridge.settled(3);
    assert.deepEqual(await viewedAtSegment(sandbox), ["a", "c"]);
    const [letter] = await deadLetters(bridge);
    assert.deepEqual([letter.flow, letter.cause, letter.status], ["intake", "invalid", "dead"]);
    assert.match(letter.reason, /userToken.*UserToken must contain only/s);
    assert.deepEqual(letter.payload, bad);

    const order = { payload: { ...bad, userToken: "ann" }, note: "an address is no token" };
    const answer = await fetch(`${bridge.admin}/api/dead-letters/${letter.id}/retry`, post(order));
    assert.equal(answer.status, 200, await answer.text());
    await bridge.settled(3);
    assert.deepEqual(await viewedAtSegment(sandbox), ["a", "c", "b"]);
    assert.deepEqual(await viewedAtAlgolia(sandbox), ["a", "c", "b"]);
    assert.deepEqual(await deadLetters(bridge), []);
    const [retried] = await deadLetters(bridge, "--status", "retried");
    assert.deepEqual([retried.id, retried.note], [letter.id, "an address is no token"]);
  }));

test("what both vendors refuse becomes dead letters with their answer, and goes on when retried", () =>
  withWorld({}, async ({ bridge, sandbox }) => {
    await sandbox.fail(400);
    await insights(bridge).pushEvents({ events: [view("a"), view("b")] });
    await bridge.settled(2);
    const letters = await deadLetters(bridge);
    const destinations = letters.map(({ destination }) => destination).sort();
    assert.deepEqual(destinations, ["insights", "insights", "segment", "segment"]);
    for (const { attempts } of letters) assert.equal(attempts.at(-1).status, 400);

    await sandbox.recover();
    const { code, stdout } = await bridge.command("dead-letters", "retry", "--all");
    assert.deepEqual([code, stdout], [0, "4 retried\n"]);
    await bridge.settled(2);
    assert.deepEqual((await viewedAtSegment(sandbox)).sort(), ["a", "b"]);
    assert.deepEqual((await viewedAtAlgolia(sandbox)).sort(), ["a", "b"]);
    assert.deepEqual(await deadLetters(bridge), []);
  }));

test("a dead letter can be given up, also while the bridge is down", () =>
  withWorld({}, async ({ bridge }) => {
    await insights(bridge).pushEvents({ events: [view("a"), view("b", { index: "" })] });
    await bridge.settled(2);
    const [{ id }] = await deadLetters(bridge);
    await bridge.stop();
    const { code, stderr } = await bridge.command("dead-letters", "discard", id, "--note", "a test's");
    assert.equal(code, 0, stderr);
    const [discarded] = await deadLetters(bridge, "--status", "discarded");
    assert.deepEqual([discarded.id, discarded.note], [id, "a test's"]);
    await bridge.start();
  }));

const post = (body) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** A way of sending for the vendor's client that notes how many events each answer calls quarantined. */
function listening() {
  const quarantined = [];
  const requester = {
    async send({ url, method, headers, data }) {
      const answer = await fetch(url, { method, headers, body: data });
      quarantined.push(answer.headers.get("causeway-quarantined"));
      return { status: answer.status, content: await answer.text(), isTimedOut: false };
    },
  };
  return { requester, quarantined };
}
