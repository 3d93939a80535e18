// The vendor's Python client, in the environment that the test command made.

import { fileURLToPath } from "node:url";
import { run } from "./process.js";
import { ACCOUNT } from "./sandbox.js";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const PYTHON = process.env.E2E_PYTHON ?? path("../../.e2e/python/bin/python");
const SCRIPT = path("../clients/insights.py");

/** Pushes events; answers what the client answers. `mode` is sync or async. */
export async function pushWithPython(bridge, mode, events) {
  const args = [SCRIPT, bridge.address, ACCOUNT.appId, ACCOUNT.apiKey, mode];
  const { code, stdout, stderr } = await run(PYTHON, args, JSON.stringify({ events }));
  if (code !== 0) throw new Error(`${SCRIPT} ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout);
}
