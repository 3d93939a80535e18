// The stand-ins of both vendors, and what reached them.

import { CAUSEWAY } from "./causeway.js";
import { poll } from "./poll.js";
import { Program } from "./process.js";

/** The account that exists at the stand-ins. */
export const ACCOUNT = {
  appId: "SANDBOXAPP",
  apiKey: "sandbox-search-key",
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

  stats() {
    return this.#get("stats");
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
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.url}/_sandbox/${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} /_sandbox/${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
