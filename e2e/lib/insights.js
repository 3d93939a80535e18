// The vendor's JavaScript client, pointed at the bridge.

import { algoliasearch } from "algoliasearch";
import { ACCOUNT } from "./sandbox.js";

export function insights(bridge, options, { apiKey } = ACCOUNT) {
  const hosts = [{ url: bridge.address, protocol: "http", accept: "readWrite" }];
  return algoliasearch(ACCOUNT.appId, apiKey).initInsights({ options: { hosts, ...options } });
}

/** An event that nothing is wrong with. */
export const view = (object, rest) => ({
  eventType: "view",
  eventName: "Viewed",
  index: "products",
  userToken: "visitor-1",
  objectIDs: [object],
  ...rest,
});

/** The objects whose views reached Segment, in their order. */
export async function viewedAtSegment(sandbox) {
  return (await sandbox.messages()).map(({ properties }) => properties.products[0].product_id);
}

/** The objects whose views reached Algolia. */
export async function viewedAtAlgolia(sandbox) {
  return (await sandbox.events()).map(({ objectIDs }) => objectIDs[0]);
}
