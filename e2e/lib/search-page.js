// A page of the shop that searches with one of the vendor's libraries, through the bridge first.

import { ACCOUNT } from "./sandbox.js";

/** How long a page waits for a host, in milliseconds: long enough for the busiest machine. */
const PATIENT = { connect: 30_000, read: 30_000, write: 30_000 };

/** What a page has by itself. What it calls `connect` is the time until an answer begins. */
export const TIMEOUTS = { connect: 1000, read: 2000, write: 30_000 };

/** Opens a page, instantsearch or autocomplete, in the name of somebody. */
export async function open({ browser, url }, name, { bridge, sandbox }, options) {
  const page = await browser.newPage();
  await page.goto(`${url}/${name}.html`);
  const { appId, apiKey } = ACCOUNT;
  const hosts = { bridge: bridge.address, algolia: new URL(sandbox.url).host };
  await page.evaluate((given) => window.start(given), { appId, apiKey, ...hosts, timeouts: PATIENT, ...options });
  return page;
}

/** Types letter by letter and waits for the answer; answers what the page says of each object, from the first on. */
export async function type(page, letters) {
  const box = page.locator("input[type=search]");
  await box.pressSequentially(letters, { delay: 80 });
  await page.waitForFunction((query) => window.answered === query, await box.inputValue());
  return page.locator("[data-object]").evaluateAll((all) => all.map(({ dataset }) => ({ ...dataset })));
}

/** Clicks on the first object. */
export function clickFirst(page) {
  return page.locator("[data-object]").first().click();
}
