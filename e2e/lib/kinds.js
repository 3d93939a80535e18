// Every kind of event that Insights knows, one of each, and what it must become on its way.
//
// `sent` is the event in the words of search-insights, whose methods add the types by themselves. `search` and
// `ecommerce` are the Segment messages that the contract promises under the two namings.

const INDEX = "products";
const QUERY = "43b15df305339e827f0ac0bdc5ebcaa7";
const OTHER_QUERY = "8a1f2c3d4e5f60718293a4b5c6d7e8f9";

/** A message without what all of them share. */
const message = (event, properties) => ({ event, properties });

const FILTERS = ["brand:apple", "discount:10%", "category:Home & Garden", "time:10:30"];
const FILTERS_READ = [
  { type: "brand", value: "apple" },
  { type: "discount", value: "10%" },
  { type: "category", value: "Home & Garden" },
  { type: "time", value: "10:30" },
];

export const KINDS = [
  {
    method: "clickedObjectIDsAfterSearch",
    type: "click",
    sent: { objectIDs: ["shoe-1", "shoe-2"], positions: [1, 7], queryID: QUERY },
    search: [
      message("Search Result Clicked", { product_id: "shoe-1", position: 1, query_id: QUERY }),
      message("Search Result Clicked", { product_id: "shoe-2", position: 7, query_id: QUERY }),
    ],
    ecommerce: [
      message("Product Clicked", { product_id: "shoe-1", position: 1, query_id: QUERY }),
      message("Product Clicked", { product_id: "shoe-2", position: 7, query_id: QUERY }),
    ],
  },
  {
    method: "clickedObjectIDs",
    type: "click",
    sent: { objectIDs: ["shoe-3"] },
    search: [message("Search Result Clicked", { product_id: "shoe-3" })],
    ecommerce: [message("Product Clicked", { product_id: "shoe-3" })],
  },
  {
    method: "clickedFilters",
    type: "click",
    sent: { filters: FILTERS },
    search: [message("Search Filter Clicked", { filters: FILTERS_READ })],
    ecommerce: [message("Product List Filtered", { filters: FILTERS_READ })],
  },
  {
    method: "convertedObjectIDsAfterSearch",
    type: "conversion",
    sent: { objectIDs: ["shoe-1", "shoe-4"], queryID: QUERY },
    search: [
      message("Search Result Converted", {
        products: [{ product_id: "shoe-1" }, { product_id: "shoe-4" }],
        query_id: QUERY,
      }),
    ],
    ecommerce: [
      message("e2e convertedObjectIDsAfterSearch", {
        products: [{ product_id: "shoe-1" }, { product_id: "shoe-4" }],
        query_id: QUERY,
      }),
    ],
  },
  {
    method: "convertedObjectIDs",
    type: "conversion",
    sent: { objectIDs: ["shoe-5"] },
    search: [message("Search Result Converted", { products: [{ product_id: "shoe-5" }] })],
    ecommerce: [message("e2e convertedObjectIDs", { products: [{ product_id: "shoe-5" }] })],
  },
  {
    method: "convertedFilters",
    type: "conversion",
    sent: { filters: ["brand:apple"] },
    search: [message("Search Filter Converted", { filters: [{ type: "brand", value: "apple" }] })],
    ecommerce: [message("Product List Filtered", { filters: [{ type: "brand", value: "apple" }] })],
  },
  {
    method: "addedToCartObjectIDsAfterSearch",
    type: "conversion",
    subtype: "addToCart",
    sent: {
      objectIDs: ["shoe-1", "shoe-6"],
      queryID: QUERY,
      objectData: [
        { queryID: QUERY, price: 19.99, quantity: 2, discount: 2.5 },
        { queryID: OTHER_QUERY, price: 29.99, quantity: 1 },
      ],
      currency: "EUR",
    },
    search: [
      message("Search Result Added To Cart", {
        products: [
          { product_id: "shoe-1", price: 19.99, quantity: 2, discount: 2.5, query_id: QUERY },
          { product_id: "shoe-6", price: 29.99, quantity: 1, query_id: OTHER_QUERY },
        ],
        revenue: 69.97,
        currency: "EUR",
        query_id: QUERY,
      }),
    ],
    ecommerce: [
      message("Product Added", {
        product_id: "shoe-1", price: 19.99, quantity: 2, discount: 2.5, currency: "EUR", query_id: QUERY,
      }),
      message("Product Added", {
        product_id: "shoe-6", price: 29.99, quantity: 1, currency: "EUR", query_id: OTHER_QUERY,
      }),
    ],
  },
  {
    method: "addedToCartObjectIDs",
    type: "conversion",
    subtype: "addToCart",
    sent: { objectIDs: ["shoe-7"], objectData: [{ price: 12.25, quantity: 3 }], value: 36.75, currency: "USD" },
    search: [
      message("Search Result Added To Cart", {
        products: [{ product_id: "shoe-7", price: 12.25, quantity: 3 }],
        revenue: 36.75,
        currency: "USD",
      }),
    ],
    ecommerce: [message("Product Added", { product_id: "shoe-7", price: 12.25, quantity: 3, currency: "USD" })],
  },
  {
    method: "purchasedObjectIDsAfterSearch",
    type: "conversion",
    subtype: "purchase",
    sent: {
      objectIDs: ["shoe-1", "shoe-8"],
      objectData: [
        { queryID: QUERY, price: 19.99, quantity: 1 },
        { queryID: OTHER_QUERY, price: 5, quantity: 4 },
      ],
      value: 39.99,
      currency: "USD",
    },
    search: [
      message("Search Result Purchased", {
        products: [
          { product_id: "shoe-1", price: 19.99, quantity: 1, query_id: QUERY },
          { product_id: "shoe-8", price: 5, quantity: 4, query_id: OTHER_QUERY },
        ],
        revenue: 39.99,
        currency: "USD",
      }),
    ],
    ecommerce: [
      message("Order Completed", {
        products: [
          { product_id: "shoe-1", price: 19.99, quantity: 1, query_id: QUERY },
          { product_id: "shoe-8", price: 5, quantity: 4, query_id: OTHER_QUERY },
        ],
        revenue: 39.99,
        currency: "USD",
      }),
    ],
  },
  {
    method: "purchasedObjectIDs",
    type: "conversion",
    subtype: "purchase",
    sent: { objectIDs: ["shoe-9"], value: 120, currency: "USD" },
    search: [
      message("Search Result Purchased", { products: [{ product_id: "shoe-9" }], revenue: 120, currency: "USD" }),
    ],
    ecommerce: [message("Order Completed", { products: [{ product_id: "shoe-9" }], revenue: 120, currency: "USD" })],
  },
  {
    method: "viewedObjectIDs",
    type: "view",
    sent: { objectIDs: ["shoe-1", "shoe-2", "shoe-3"] },
    search: [
      message("Search Results Viewed", {
        products: [{ product_id: "shoe-1" }, { product_id: "shoe-2" }, { product_id: "shoe-3" }],
      }),
    ],
    ecommerce: [
      message("Product List Viewed", {
        products: [{ product_id: "shoe-1" }, { product_id: "shoe-2" }, { product_id: "shoe-3" }],
      }),
    ],
  },
  {
    method: "viewedFilters",
    type: "view",
    sent: { filters: ["brand:apple", "colour:bleu ciel"] },
    search: [
      message("Search Filter Viewed", {
        filters: [{ type: "brand", value: "apple" }, { type: "colour", value: "bleu ciel" }],
      }),
    ],
    ecommerce: [
      message("Product List Filtered", {
        filters: [{ type: "brand", value: "apple" }, { type: "colour", value: "bleu ciel" }],
      }),
    ],
  },
].map((kind) => ({ ...kind, sent: { eventName: `e2e ${kind.method}`, index: INDEX, ...kind.sent } }));

/** The same events as the Insights API documents them, for clients that send what they are given. */
export function asDocumented({ type, subtype, sent }, userToken) {
  const event = { eventType: type, ...(subtype && { eventSubtype: subtype }), userToken, ...sent };
  return sent.filters ? { ...event, filters: sent.filters.map(encodeFilter) } : event;
}

/** `attribute:value` with the value percent-encoded. */
function encodeFilter(filter) {
  const [attribute, ...value] = filter.split(":");
  return `${attribute}:${encodeURIComponent(value.join(":"))}`;
}
