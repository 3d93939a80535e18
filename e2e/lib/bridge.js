// A running bridge with a configuration and a store of its own.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAUSEWAY } from "./causeway.js";
import { poll } from "./poll.js";
import { Program, run } from "./process.js";
import { ACCOUNT } from "./sandbox.js";

/** What a webhook must prove, where a test asks for webhooks. */
export const WEBHOOK = { secret: "e2e-webhook-secret", token: "e2e-webhook-token" };

export class Bridge {
  /** Writes the configuration and starts. */
  static async start(sandbox, settings) {
    const bridge = new Bridge();
    bridge.home = await mkdtemp(join(tmpdir(), "causeway-e2e-"));
    bridge.config = join(bridge.home, "causeway.toml");
    bridge.address = `127.0.0.1:${await freePort()}`;
    bridge.admin = `http://127.0.0.1:${await freePort()}`;
    await writeFile(bridge.config, configuration(bridge, sandbox.url, settings));
    await bridge.start();
    return bridge;
  }

  /** Starts, or starts again, and waits until it is ready. */
  async start() {
    this.program = new Program(CAUSEWAY, ["--config", this.config, "run"]);
    await poll("the bridge is ready", async () => {
      this.program.mustRun();
      const answer = await fetch(`${this.admin}/readyz`).catch(() => undefined);
      return answer?.ok;
    });
  }

  /** The origin that front ends send to. */
  get url() {
    return `http://${this.address}`;
  }

  /** Runs another command against the same configuration. */
  command(...args) {
    return run(CAUSEWAY, ["--config", this.config, ...args]);
  }

  /** The books, one entry a flow. */
  async ledger() {
    const answer = await fetch(`${this.admin}/api/ledger`);
    return (await answer.json()).flows;
  }

  /** Query parameters for whoever is behind a token or an id. */
  async searchContext(id) {
    const answer = await fetch(`${this.url}/v1/search-context/${encodeURIComponent(id)}`);
    return answer.json();
  }

  /** Waits until this many events were accepted and nothing is pending. */
  async settled(accepted) {
    const books = await poll(`${accepted} events were accepted and nothing is pending`, async () => {
      const flows = await this.ledger();
      const intake = flows.find(({ flow }) => flow === "intake");
      return intake?.accepted >= accepted && flows.every(({ pending }) => pending === 0) && intake;
    });
    assert.equal(books.accepted, accepted, "no more was accepted than was sent");
  }

  /** Waits until a search is known; a shopper's click comes later than that. */
  knows(queryID) {
    return poll(`the search ${queryID} is known`, async () => (await fetch(`${this.admin}/api/events/${queryID}`)).ok);
  }

  stop() {
    return this.program.end("SIGTERM");
  }

  crash() {
    return this.program.end("SIGKILL");
  }

  /** Takes connections and answers nothing. */
  hang() {
    this.program.child.kill("SIGSTOP");
  }

  wake() {
    this.program.child.kill("SIGCONT");
  }

  forget() {
    return rm(this.home, { recursive: true, force: true });
  }
}

/** Segment's people, audiences and orders reach Algolia, and its calls Segment. */
const THE_OTHER_WAY = `
commerce-events = { index = "products", currency = "USD" }
trait-sync = { traits = ["tier", "brand"], index = "people" }
audience-sync = { index = "people" }
[[search_context.rules]]
when = 'traits.tier = "gold"'
analytics_tags = ["tier-gold"]
[[search_context.rules]]
optional_filters = ["brand:{{traits.brand}}<score=3>"]
`;

/** The gateway only passes on. */
const NOTHING_ADDED = `
[gateway]
click_analytics = false
user_token = false
search_context = false
observe = false
`;

function configuration(bridge, vendors, settings) {
  const { address, admin } = bridge;
  const { naming = "search", strict = false, webhook = false, otherWay = false } = settings;
  const { searchHost = vendors, additions = true, zeroResults = false } = settings;
  return `
listen = "${address}"
[admin]
listen = "${new URL(admin).host}"
[store]
path = "data"
[algolia]
app_id = "${ACCOUNT.appId}"
api_key = "${ACCOUNT.apiKey}"
admin_key = "${ACCOUNT.adminKey}"
insights_url = "${vendors}"
search_hosts = ["${searchHost}"]
forward_events = true
strict = ${strict}
[segment]
write_key = "${ACCOUNT.writeKey}"
tracking_url = "${vendors}"
naming = "${naming}"
forward_calls = ${otherWay}
${webhook ? `webhook_secret = "${WEBHOOK.secret}"\nwebhook_token = "${WEBHOOK.token}"` : ""}
${additions ? "" : NOTHING_ADDED}
[recipes]
search-events = true
zero-results = ${zeroResults}
${otherWay ? THE_OTHER_WAY : ""}
[delivery]
retry_first = "50ms"
retry_longest = "500ms"
`;
}

// Below the range from which systems take ports for outgoing connections: a port stays free while the bridge is down.
const PORTS = { from: 20_000, count: 10_000 };

/** A port that nobody listens on now. */
async function freePort() {
  const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
  const server = createServer().listen(port, "127.0.0.1");
  const [outcome] = await Promise.race([once(server, "listening").then(() => ["free"]), once(server, "error")]);
  server.close();
  return outcome === "free" ? port : freePort();
}
