// A page of the shop that searches with one of the vendor's libraries, through the bridge first.

import { ACCOUNT } from "./sandbox.js";

/** Opens a page, instantsearch or autocomplete, in the name of somebody. */
export async function open({ browser, url }, name, { bridge, sandbox }, options) {
  const page = await browser.newPage();
  await page.goto(`${url}/${name}.html`);
  const { appId, apiKey } = ACCOUNT;
  const algolia = new URL(sandbox.url).host;
  await page.evaluate((options) => window.start(options), { appId, apiKey, bridge: bridge.address, algolia, ...options });
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
