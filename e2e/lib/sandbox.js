// The stand-ins of both vendors, and what reached them.

import { CAUSEWAY } from "./causeway.js";
import { poll } from "./poll.js";
import { Program } from "./process.js";

/** The account that exists at the stand-ins. */
export const ACCOUNT = {
  appId: "SANDBOXAPP",
  apiKey: "sandbox-search-key",
  adminKey: "sandbox-admin-key",
  writeKey: "sandbox-write-key",
};

export class Sandbox {
  static async start() {
    const program = new Program(CAUSEWAY, ["sandbox", "--listen", "127.0.0.1:0"]);
    const [, url] = await program.printed(/listen on (http:\S+)/);
    return new Sandbox(program, url);
  }

  constructor(program, url) {
    this.program = program;
    this.url = url;
  }

  /** What Segment kept. */
  messages() {
    return this.#get("segment/messages");
  }

  /** What Segment answered 200 for and threw away. */
  dropped() {
    return this.#get("segment/dropped");
  }

  /** What Algolia kept. */
  events() {
    return this.#get("algolia/events");
  }

  /** The record of an index `people` with this id, without the id; nothing if there is none. */
  async record(objectID) {
    const [found] = await this.#get(`algolia/records?index=people&objectID=${encodeURIComponent(objectID)}`);
    const { objectID: _, ...attributes } = found?.record ?? {};
    return found && attributes;
  }

  /** Every search that Algolia answered. */
  searches() {
    return this.#get("algolia/searches");
  }

  /** Every operation on an index that Algolia accepted. */
  writes() {
    return this.#get("algolia/writes");
  }

  stats() {
    return this.#get("stats");
  }

  /** Segment sends one message, or several in one array, to a receiver; answers the receiver's status. */
  async webhook(receiver, ...messages) {
    const what = messages.length === 1 ? { message: messages[0] } : { messages };
    const { status } = await this.#fetch("webhook", "POST", { ...receiver, ...what });
    return status;
  }

  /** Engage says that somebody entered an audience or left it, once for each identifier. */
  audience(receiver, key, entered, identifiers, how) {
    return this.#ask("segment/audience", "POST", { ...receiver, key, entered, identifiers, ...how });
  }

  /** From now on everything that Segment keeps is sent to a receiver. */
  echo(receiver, how) {
    return this.#ask("segment/echo", "POST", { ...receiver, ...how });
  }

  /** Waits until the echo has told this many messages and none waits; answers its counts. */
  echoed(messages) {
    return poll(`the echo has told ${messages} messages`, async () => {
      const { counts } = await this.#get("segment/echo");
      return counts.delivered >= messages && counts.waiting === 0 && counts;
    });
  }

  /** Waits until a fault struck this many requests to each vendor. */
  struck(times) {
    return poll(`a fault strikes ${times} requests to each vendor`, async () => {
      const { segment, algolia } = await this.stats();
      return segment.faulted >= times && algolia.faulted >= times;
    });
  }

  /** Both vendors answer this status until further notice. */
  async fail(status) {
    for (const target of ["segment", "insights"]) {
      await this.#ask("faults", "POST", { target, status });
    }
  }

  recover() {
    return this.#ask("faults", "DELETE");
  }

  stop() {
    return this.program.end();
  }

  #get(path) {
    return this.#ask(path, "GET");
  }

  async #ask(path, method, body) {
    const answer = await this.#fetch(path, method, body);
    if (!answer.ok) throw new Error(`${method} /_sandbox/${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  #fetch(path, method, body) {
    const headers = { "content-type": "application/json" };
    return fetch(`${this.url}/_sandbox/${path}`, { method, headers, body: JSON.stringify(body) });
  }
}
