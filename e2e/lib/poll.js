import { setTimeout as pause } from "node:timers/promises";

const EVERY_MS = 20;
const AT_MOST_MS = 30_000;

/** Asks again until the answer is truthy; an answer that never comes is an error that says what was waited for. */
export async function poll(what, ask) {
  const deadline = Date.now() + AT_MOST_MS;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer) return answer;
    await pause(EVERY_MS);
  }
  throw new Error(`waited ${AT_MOST_MS / 1000} s in vain: ${what}`);
}
