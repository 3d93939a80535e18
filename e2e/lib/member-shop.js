// A page of the shop with both vendors' libraries, pointed at the bridge as their documents say.

import { ACCOUNT } from "./sandbox.js";

/** Opens the page; `browser` remembers who was there before. */
export async function enter({ browser, url }, bridge) {
  const page = await browser.newPage();
  await page.route("**/v1/projects/*/settings", (route) => route.fulfill({ json: settings(bridge) }));
  await page.goto(`${url}/member.html`);
  await page.evaluate(load, { cdnURL: url, bridge: bridge.url, ...ACCOUNT });
  return page;
}

/** What Segment's CDN would say of a source whose calls go elsewhere. */
function settings(bridge) {
  const destination = { apiKey: ACCOUNT.writeKey, apiHost: `${bridge.address}/v1`, protocol: "http" };
  return { integrations: { "Segment.io": destination }, metrics: { sampleRate: 0 } };
}

/** Runs in the page. Algolia's library is given Segment's anonymous id as its token, so that both speak of one visitor. */
async function load({ cdnURL, bridge, appId, apiKey, writeKey }) {
  const { AnalyticsBrowser } = window.AnalyticsNext;
  [window.analytics] = await AnalyticsBrowser.load({ writeKey, cdnURL });
  window.aa("init", { appId, apiKey, host: bridge, userToken: window.analytics.user().anonymousId() });
}

/** Makes one call of Segment's library; answers the ids that it has then. */
export function call(page, name, ...args) {
  return page.evaluate(async ([name, args]) => {
    await window.analytics[name](...args);
    const user = window.analytics.user();
    return { userId: user.id(), anonymousId: user.anonymousId() };
  }, [name, args]);
}

/** Views an object with Algolia's library. */
export function view(page, object) {
  const event = { eventName: "Viewed", index: "products", objectIDs: [object] };
  return page.evaluate((event) => {
    window.aa("setUserToken", window.analytics.user().anonymousId());
    window.aa("viewedObjectIDs", event);
  }, event);
}
