// A proxy that changes nothing and remembers what passed it, byte for byte.

import { once } from "node:events";
import http from "node:http";
import { isDeepStrictEqual } from "node:util";

/** Headers that concern one connection, the length of its pieces too, and the host, which is another behind each proxy. */
const OF_ONE_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host"]);

export class Tap {
  /** What passed, in the order of the answers: `{ request: { line, headers, body }, answer: { status, headers, body } }`. */
  exchanges = [];

  /** Starts a proxy to this origin. While that can't be reached it answers 502, as proxies do. */
  static async start(origin) {
    const tap = new Tap();
    tap.origin = new URL(origin);
    tap.server = http.createServer({ keepAliveTimeout: 0 }, (request, reply) => tap.#pass(request, reply));
    tap.server.listen(0, "127.0.0.1");
    await once(tap.server, "listening");
    return tap;
  }

  get address() {
    return `127.0.0.1:${this.server.address().port}`;
  }

  get url() {
    return `http://${this.address}`;
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #pass(request, reply) {
    reply.sendDate = false;
    const asked = { line: `${request.method} ${request.url}`, headers: headers(request), body: await all(request) };
    const answer = await this.#ask(request, asked.body).catch(() => undefined);
    if (!answer) return reply.writeHead(502).end();
    this.exchanges.push({ request: asked, answer });
    reply.writeHead(answer.status, answer.headers.flat()).end(answer.body);
  }

  async #ask({ method, url: path, headers: given }, body) {
    const headers = { ...given, host: this.origin.host, connection: "close" };
    const onward = http.request(this.origin, { agent: false, method, path, headers });
    onward.end(body);
    const [response] = await once(onward, "response");
    return answered(response);
  }
}

/** Runs a test with a tap in front of an origin. */
export async function withTap(origin, test) {
  const tap = await Tap.start(origin);
  try {
    return await test(tap);
  } finally {
    tap.stop();
  }
}

/** The first of two lists of exchanges that differ, as a pair; nothing if none do. */
export function firstDifference(some, others) {
  const longer = some.length > others.length ? some : others;
  const place = longer.findIndex((_, place) => !isDeepStrictEqual(some[place], others[place]));
  return place < 0 ? undefined : [some[place], others[place]].map(readable);
}

async function answered(response) {
  return { status: response.statusCode, headers: headers(response), body: await all(response) };
}

function headers({ rawHeaders }) {
  const pairs = rawHeaders.flatMap((name, place) =>
    place % 2 ? [] : [[name.toLowerCase(), rawHeaders[place + 1]]]);
  return pairs.filter(([name]) => !OF_ONE_CONNECTION.has(name)).sort();
}

async function all(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

function readable(exchange) {
  return JSON.stringify(exchange, (_, value) => (value?.type === "Buffer" ? beginning(value.data) : value), 2);
}

const beginning = (bytes) => Buffer.from(bytes).toString().slice(0, 200);
