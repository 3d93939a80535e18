// A bridge in front of both vendors' stand-ins, for the length of one test.

import assert from "node:assert/strict";
import { Bridge } from "./bridge.js";
import { Sandbox } from "./sandbox.js";
import { Tap } from "./tap.js";

/**
 * Runs a test in a world of its own. At its end the bridge must drain and end well, its books must balance with nothing
 * pending, and Segment must have thrown nothing away. A failure shows what the bridge logged. What the bridge's searches ask
 * of Algolia passes the tap `algolia`.
 */
export async function withWorld(settings, test) {
  const sandbox = await Sandbox.start();
  const algolia = await Tap.start(sandbox.url);
  let bridge;
  try {
    bridge = await Bridge.start(sandbox, { searchHost: algolia.url, ...settings });
    await test({ bridge, sandbox, algolia });
    await endsWell(bridge);
    assert.deepEqual(await lost(sandbox), [], "Segment kept every message");
  } catch (error) {
    error.message += `\n--- the bridge's log\n${bridge?.program.output}`;
    throw error;
  } finally {
    await bridge?.crash();
    await bridge?.forget();
    algolia.stop();
    await sandbox.stop();
  }
}

/** What Segment threw away, but for what it had already: after a crash some messages are sent again. */
async function lost(sandbox) {
  return (await sandbox.dropped()).filter(({ reason }) => reason !== "duplicate");
}

async function endsWell(bridge) {
  assert.deepEqual(await bridge.stop(), { code: 0, signal: null }, "SIGTERM drains and ends with 0");
  const books = await bridge.command("--json", "ledger");
  assert.equal(books.code, 0, `causeway ledger says it balances: ${books.stdout}${books.stderr}`);
  for (const { flow, accepted, delivered, filtered, dead_lettered, pending } of JSON.parse(books.stdout).flows) {
    assert.equal(pending, 0, `${flow}: nothing is pending`);
    assert.equal(accepted, delivered + filtered + dead_lettered, `${flow}: every event came to an end`);
  }
}
