// What Segment's clients tell of people and orders, and what must have become of it at Algolia.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { poll } from "./poll.js";

export const QUERY = "43b15df305339e827f0ac0bdc5ebcaa7";

/** How long a change may take from the bridge's answer to the record at Algolia, in milliseconds. */
const RECORD_WITHIN = 2000;

/** A click on a search's result and an order, in the words of Segment's e-commerce spec. */
export const CLICK = {
  event: "Product Clicked",
  properties: { product_id: "shoe-1", position: 3, query_id: QUERY, colour: "no business of Algolia's" },
};
export const ORDER = {
  event: "Order Completed",
  properties: {
    order_id: "o-1",
    revenue: 49.98,
    currency: "EUR",
    products: [
      { product_id: "shoe-1", price: "19.99", quantity: 1, query_id: QUERY },
      { product_id: "shoe-8", price: 29.99, quantity: 1 },
    ],
  },
};

/** The same two as Algolia's events, without who and when. */
export const CLICK_AT_ALGOLIA = {
  eventType: "click",
  eventName: "Product Clicked",
  index: "products",
  queryID: QUERY,
  objectIDs: ["shoe-1"],
  positions: [3],
};
export const ORDER_AT_ALGOLIA = {
  eventType: "conversion",
  eventSubtype: "purchase",
  eventName: "Order Completed",
  index: "products",
  objectIDs: ["shoe-1", "shoe-8"],
  objectData: [
    { queryID: QUERY, price: 19.99, quantity: 1 },
    { price: 29.99, quantity: 1 },
  ],
  value: 49.98,
  currency: "EUR",
};

/** The events that Algolia has, without their times, which must be since the client began to send. */
export async function eventsSince(sandbox, since) {
  return (await sandbox.events()).map(({ timestamp, ...event }) => {
    assert.ok(since <= timestamp && timestamp <= Date.now(), `${timestamp} is when the client sent`);
    return event;
  });
}

/** Waits until somebody's record at Algolia is this one, and no longer than it may take. */
export async function recordBecomes(sandbox, token, expected) {
  const began = Date.now();
  await poll(`the record of ${token} is ${JSON.stringify(expected)}`, async () => {
    return isDeepStrictEqual(await sandbox.record(token), expected);
  });
  assert.ok(Date.now() - began < RECORD_WITHIN, "the record follows within two seconds");
}
