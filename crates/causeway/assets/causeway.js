/*! Causeway's middleware for a page's search client: tells Causeway what was searched, and touches nothing.
 *  const searchClient = causeway(algoliasearch(appId, apiKey), { url: "https://search.example", appId, apiKey });
 *  Handbook: "Searches without the gateway". MIT OR Apache-2.0. */
((page) => {
  "use strict";
  const WAIT_MS = 200; // searches of this time share a beacon
  const MOST = 20; // searches of a beacon, objects of a search
  const FACETS = 5;
  const REMEMBERED = 200; // queryIDs, so that an answer out of the client's own cache is not told twice
  const KEEPALIVE_BYTES = 60000; // browsers refuse to keep larger requests alive

  /** Runs it; whatever goes wrong is not the page's business. */
  const quietly = (run) => {
    try {
      return run();
    } catch {
      return undefined;
    }
  };

  const stored = (text) => text && decodeURIComponent(text).replace(/^"|"$/g, "");
  const cookie = (name) =>
    quietly(() => stored(document.cookie.split("; ").find((pair) => pair.startsWith(name + "="))?.slice(name.length + 1)));
  const item = (name) => quietly(() => stored(localStorage.getItem(name)));

  const tokenOf = (given, params) =>
    quietly(() => (typeof given === "function" ? given() : given)) ||
    params.userToken ||
    cookie("_ALGOLIA") ||
    cookie("ajs_anonymous_id") ||
    item("ajs_anonymous_id") ||
    undefined;

  /** A request's parameters, whether beside the index's name, in `params`, or in `params` as a query string. */
  const paramsOf = ({ params, ...request }) => ({
    ...request,
    ...(typeof params === "string" ? Object.fromEntries(new URLSearchParams(params)) : params),
  });

  const listOf = (filters) => {
    const list = typeof filters === "string" ? quietly(() => JSON.parse(filters)) ?? filters : filters;
    return [].concat(list ?? []);
  };
  /** All filters as one text, the same for the same filters in another order. */
  const filtersOf = (params) => {
    const any = (filter) => (Array.isArray(filter) && filter.length > 1 ? `(${[...filter].sort().join(" OR ")})` : `${filter}`);
    const lists = ["facetFilters", "numericFilters", "tagFilters"].flatMap((name) => listOf(params[name]).map(any));
    const given = params.filters && (lists.length && / OR /i.test(params.filters) ? `(${params.filters})` : params.filters);
    return [given, ...lists.sort()].filter(Boolean).join(" AND ") || undefined;
  };

  const topOf = (facets) => {
    const top = (counts) => Object.keys(counts).reduce((best, value) => (counts[value] > counts[best] ? value : best));
    const some = Object.entries(facets ?? {}).filter(([, counts]) => Object.keys(counts).length);
    return some.length ? Object.fromEntries(some.slice(0, FACETS).map(([name, counts]) => [name, top(counts)])) : undefined;
  };

  /** Queries that a library adds for counts of facets, and those that found nothing out, are nobody's search. */
  const isSearch = (params, result) =>
    typeof result?.nbHits === "number" &&
    params.type !== "facet" &&
    `${params.analytics}` !== "false" &&
    Number(params.hitsPerPage ?? result.hitsPerPage) !== 0;

  const searchOf = (params, result, at, userToken) => ({
    at,
    index: params.indexName ?? result.index,
    query: params.query ?? result.query ?? "",
    queryID: result.queryID,
    userToken,
    filters: filtersOf(params),
    page: result.page,
    hitsPerPage: result.hitsPerPage,
    nbHits: result.nbHits,
    tookMs: Date.now() - at,
    objectIDs: result.hits?.slice(0, MOST).map((hit) => hit.objectID),
    facets: topOf(result.facets),
  });

  /** Gathers searches, and sends them off soon. */
  const reporter = (address) => {
    const told = new Set();
    let waiting = [];
    let timer;
    const send = (body) => {
      if (page.navigator?.sendBeacon?.(address, body)) return;
      const keepalive = body.length < KEEPALIVE_BYTES;
      page.fetch?.(address, { method: "POST", body, keepalive, credentials: "omit" }).catch(() => {});
    };
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      const searches = waiting.map(({ at, ...search }) => ({ ...search, ageMs: Date.now() - at }));
      waiting = [];
      if (searches.length) quietly(() => send(JSON.stringify({ searches })));
    };
    const hidden = () => document.visibilityState === "hidden" && flush();
    quietly(() => page.addEventListener("pagehide", flush));
    quietly(() => document.addEventListener("visibilitychange", hidden));
    return (search) => {
      if (search.queryID && told.has(search.queryID)) return;
      if (told.size >= REMEMBERED) told.clear();
      told.add(search.queryID);
      waiting.push(search);
      if (waiting.length >= MOST) flush();
      else timer ??= setTimeout(flush, WAIT_MS);
    };
  };

  const missing = (client, { url, appId, apiKey }) => {
    if (typeof client?.search !== "function") return "the first argument is no search client";
    const [name] = Object.entries({ url, appId, apiKey }).find(([, value]) => typeof value !== "string" || !value) ?? [];
    return name && `the option ${name} is missing`;
  };

  /**
   * Wraps a search client. The wrapper has all that the client has, and answers what the client answers.
   * Options: `url` of Causeway; `appId`, `apiKey` (the client's own if left out); `userToken`, a text or a function.
   */
  page.causeway = (client, options) => {
    const settings = { appId: client?.appId, apiKey: client?.apiKey, ...options };
    const fault = missing(client, settings);
    if (fault) {
      page.console?.warn(`causeway: ${fault}; searches are not reported`);
      return client;
    }
    const { url, appId, apiKey, userToken } = settings;
    const account = new URLSearchParams({ "x-algolia-application-id": appId, "x-algolia-api-key": apiKey });
    const report = reporter(`${url.replace(/\/+$/, "")}/1/searches?${account}`);

    const look = (requests, results, at) =>
      requests.forEach((request, place) => {
        const params = paramsOf(request);
        const result = results[place];
        if (isSearch(params, result)) report(searchOf(params, result, at, tokenOf(userToken, params)));
      });
    /** A method of the client's, whose answers are looked at. */
    const watched = (method, requestsOf, resultsOf) =>
      function (...args) {
        const at = Date.now();
        const answer = client[method](...args);
        quietly(() => {
          const looked = (given) => quietly(() => look(requestsOf(args[0]), resultsOf(given), at));
          answer.then(looked, () => {});
        });
        return answer;
      };
    const many = [(asked) => asked.requests ?? asked, (given) => given.results];
    const single = [({ indexName, searchParams }) => [{ indexName, params: searchParams }], (given) => [given]];
    const methods = { search: many, searchForHits: many, searchSingleIndex: single };
    const wrapper = Object.create(client);
    for (const [name, how] of Object.entries(methods)) {
      if (typeof client[name] === "function") wrapper[name] = watched(name, ...how);
    }
    return wrapper;
  };
})(globalThis);
