// The destination function of the documents, in a runtime like Segment's.

import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";

const SOURCE = new URL("../../docs/functions/causeway-destination.js", import.meta.url);

/** Segment's own error types, told apart by their names. */
function errors() {
  const names = ["EventNotSupported", "InvalidEventPayload", "RetryError", "ValidationError"];
  const type = (name) => class extends Error { name = name; };
  return Object.fromEntries(names.map((name) => [name, type(name)]));
}

/** The handlers: `onTrack(event, settings)` and the others. */
export function destinationFunction() {
  const runtime = createContext({ crypto, fetch, ...errors() });
  runInContext(readFileSync(SOURCE, "utf8"), runtime);
  return runtime;
}
